//! The process's own threads: started when there is work, gone when there is none for a while, and none in a forked child.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use std::{mem, process, thread};

/// How long a thread waits for more work before it ends.
pub(crate) const IDLE: Duration = Duration::from_secs(10);

/// Starts a thread of this name; `false` if none can be had.
pub(crate) type Spawn = fn(&'static str, Box<dyn FnOnce() + Send>) -> bool;

/// [`Spawn`], as the system does it.
pub(crate) fn spawn(name: &'static str, work: Box<dyn FnOnce() + Send>) -> bool {
    thread::Builder::new().name(name.into()).spawn(work).is_ok()
}

/// A thread of which there is at most one, as noted under the lock of what it works on.
#[derive(Debug)]
pub(crate) struct LoneThread {
    name: &'static str,
    spawn: Spawn,
    /// Where it runs: a forked child has its parent's memory and none of the threads.
    process: Option<u32>,
}

impl LoneThread {
    pub(crate) const fn new(name: &'static str, spawn: Spawn) -> Self {
        Self {
            name,
            spawn,
            process: None,
        }
    }

    /// Starts it if it is not there; `false` if it cannot be had.
    pub(crate) fn start(&mut self, work: impl FnOnce() + Send + 'static) -> bool {
        if !self.is_there() && (self.spawn)(self.name, Box::new(work)) {
            self.process = Some(process::id());
        }
        self.is_there()
    }

    /// It looks for no more work after this: whoever has some starts another.
    pub(crate) fn end(&mut self) {
        self.process = None;
    }

    fn is_there(&self) -> bool {
        self.process == Some(process::id())
    }
}

/// Runs what may panic on a thread that has more to do. The panic hook has told of it by then.
pub(crate) fn contained(work: impl FnOnce()) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(work)) {
        // What it was raised with may panic as well when it is dropped; then that is let be.
        mem::forget(catch_unwind(AssertUnwindSafe(|| drop(panic))));
    }
}

/// Locks. Nothing here panics under a lock.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
pub(crate) mod tests {
    use std::sync::mpsc::channel;
    use std::time::Instant;

    use super::*;

    /// Longer than anything takes on any machine.
    pub(crate) const LIMIT: Duration = Duration::from_secs(60);

    pub(crate) fn no_thread(_: &'static str, _: Box<dyn FnOnce() + Send>) -> bool {
        false
    }

    /// Waits for what nothing tells of.
    #[track_caller]
    pub(crate) fn until(mut is_so: impl FnMut() -> bool) {
        let start = Instant::now();
        while !is_so() {
            assert!(start.elapsed() < LIMIT, "it never comes to pass");
            thread::yield_now();
        }
    }

    impl LoneThread {
        /// As the child of a fork finds it.
        pub(crate) fn lose(&mut self) {
            self.process = self.process.map(|process| process.wrapping_add(1));
        }

        pub(crate) fn has_ended(&self) -> bool {
            self.process.is_none()
        }
    }

    #[test]
    fn a_lone_thread_is_started_once_and_again_when_it_is_gone() {
        let (started, starts) = channel();
        let mut thread = LoneThread::new("memo-test", spawn);
        let start = |thread: &mut LoneThread| {
            let started = started.clone();
            thread.start(move || {
                let _ = started.send(thread::current().name().map(str::to_owned));
            })
        };
        assert!(start(&mut thread) && start(&mut thread));
        thread.end();
        assert!(start(&mut thread) && start(&mut thread));
        thread.lose();
        assert!(start(&mut thread) && start(&mut thread));
        drop(started);
        let names: Vec<_> = starts.iter().flatten().collect();
        assert_eq!(names, ["memo-test"; 3]);
    }

    #[test]
    fn a_thread_that_cannot_be_had_is_not_there_and_is_asked_for_again() {
        let mut thread = LoneThread::new("memo-test", no_thread);
        assert!(!thread.start(|| {}));
        thread.spawn = |_, _| true;
        assert!(thread.start(|| {}));
    }

    #[test]
    fn a_panic_is_contained_though_what_it_was_raised_with_panics_as_well() {
        struct Twice;
        impl Drop for Twice {
            fn drop(&mut self) {
                panic!("as planned, again");
            }
        }
        contained(|| std::panic::panic_any(Twice));
    }
}
