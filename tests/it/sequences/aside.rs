//! Readers on threads of their own, who take an item when they are told to.

use std::fmt::Debug;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::desk::Items;

/// Until it is dropped, which ends the reading first.
pub(super) struct Aside<V> {
    ask: Option<Sender<()>>,
    got: Receiver<Taken<V>>,
    thread: Option<JoinHandle<()>>,
}

/// What one call of `next` gave.
#[derive(Debug, PartialEq)]
pub(super) enum Taken<V> {
    Item(V),
    End,
    Panic,
}

impl<V: Send + Debug + PartialEq + 'static> Aside<V> {
    /// Asks for the items on the thread where they are read.
    pub(super) fn new(read: impl FnOnce() -> Items<V> + Send + 'static) -> Self {
        let (ask, asked) = channel();
        let (give, got) = channel();
        let thread = thread::spawn(move || {
            let mut items = read();
            for () in asked {
                let next = catch_unwind(AssertUnwindSafe(|| items.next()));
                let _ = give.send(match next {
                    Ok(Some(item)) => Taken::Item(item),
                    Ok(None) => Taken::End,
                    Err(_) => Taken::Panic,
                });
            }
        });
        Self {
            ask: Some(ask),
            got,
            thread: Some(thread),
        }
    }

    /// Has it take so many, and does not wait.
    pub(super) fn ask(&self, many: usize) {
        for _ in 0..many {
            let ask = self.ask.as_ref().expect("it lives");
            ask.send(()).expect("the reader lives");
        }
    }

    /// What it got next since it was asked.
    #[track_caller]
    pub(super) fn got(&self) -> Taken<V> {
        let got = self.got.recv_timeout(Duration::from_secs(20));
        got.expect("it waits for nothing")
    }

    #[track_caller]
    pub(super) fn next(&self) -> Taken<V> {
        self.ask(1);
        self.got()
    }

    /// Takes so many items.
    #[track_caller]
    pub(super) fn take(&self, many: usize) -> Vec<V> {
        self.ask(many);
        self.items(many)
    }

    /// Takes this many, and the end.
    #[track_caller]
    pub(super) fn take_all(&self, many: usize) -> Vec<V> {
        self.ask(many + 1);
        self.got_all(many)
    }

    /// Got this many since it was asked, and the end.
    #[track_caller]
    pub(super) fn got_all(&self, many: usize) -> Vec<V> {
        let items = self.items(many);
        assert_eq!(self.got(), Taken::End);
        items
    }

    #[track_caller]
    fn items(&self, many: usize) -> Vec<V> {
        let mut items = Vec::new();
        while items.len() < many {
            match self.got() {
                Taken::Item(item) => items.push(item),
                other => panic!("{other:?} instead of item {}", items.len()),
            }
        }
        items
    }
}

impl<V> Drop for Aside<V> {
    fn drop(&mut self) {
        drop(self.ask.take());
        if let Some(thread) = self.thread.take()
            && !thread::panicking()
        {
            thread.join().expect("panics are caught");
        }
    }
}
