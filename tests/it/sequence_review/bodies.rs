//! Bodies that panic, and bodies that outlive their consumer.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use memo::{Cache, Event, Policy};

use crate::store::Isolated;
use crate::support::in_time;

fn policy() -> Policy {
    Policy::named("sequence-bodies").expiration(3600)
}

/// Six numbers; some of them cannot be had, and the others all the same.
fn with_gaps(gaps: &'static [u32]) -> impl Iterator<Item = u32> {
    (0..6).inspect(|n| assert!(!gaps.contains(n), "as planned"))
}

/// What a consumer gets who is not put off by panics.
fn stubborn(mut items: impl Iterator<Item = u32>) -> Vec<u32> {
    let mut got = Vec::new();
    loop {
        match catch_unwind(AssertUnwindSafe(|| items.next())) {
            Ok(Some(item)) => got.push(item),
            Ok(None) => return got,
            Err(_) => got.push(99),
        }
    }
}

#[test]
fn a_body_that_panics_more_than_once_gives_what_it_gives_without_a_cache() {
    let expected = stubborn(with_gaps(&[1, 3]));
    assert_eq!(expected, [0, 99, 2, 99, 4, 5]);
    let test = Isolated::new();
    let call = |cache: &Cache| cache.iter(&1, &policy(), || with_gaps(&[1, 3]));
    assert_eq!(stubborn(call(test.cache())), expected);
    assert_eq!(stubborn(memo::bypass(|| call(test.cache()))), expected);
    assert_eq!(stubborn(call(&Cache::disabled())), expected);
}

/// A body whose `Drop` panics, and is dropped early.
struct PanicsInDrop(u32);

impl Iterator for PanicsInDrop {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        self.0 += 1;
        Some(self.0)
    }
}

impl Drop for PanicsInDrop {
    fn drop(&mut self) {
        panic!("as planned");
    }
}

#[test]
fn a_body_that_panics_in_drop_keeps_nobody_waiting() {
    in_time(|| {
        let test = Isolated::with(|cache| cache.patience(Duration::from_secs(3600)));
        let test = test.expect("sound");
        let mut producer = test.cache().iter(&1, &policy(), || PanicsInDrop(0));
        assert_eq!(producer.next(), Some(1));
        let cache = test.cache().clone();
        let follower =
            thread::spawn(move || cache.iter(&1, &policy(), || 1..4_u32).collect::<Vec<_>>());
        crate::support::until_waiting(&test, 1);
        let dropped = catch_unwind(AssertUnwindSafe(|| drop(producer)));
        assert!(dropped.is_err(), "the panic goes on");
        assert_eq!(follower.join().expect("it ends well"), [1, 2, 3]);
        let left = |event: &Event| matches!(event, Event::Abandoned { .. });
        assert_eq!(test.recorder().count(left), 1);
    });
}

/// A body that never ends, and says when it is dropped.
struct Endless(Arc<AtomicBool>);

impl Iterator for Endless {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        thread::yield_now();
        Some(0)
    }
}

impl Drop for Endless {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

#[test]
fn a_body_whose_items_are_not_stored_does_not_go_on_without_its_consumer() {
    let is_gone_with_its_consumer = |case: &str, cache: &Cache, bypasses: bool| {
        let gone = Arc::new(AtomicBool::new(false));
        let call = || {
            let endless = Endless(Arc::clone(&gone));
            cache.iter(&1, &policy(), move || endless).finish_on_drop()
        };
        let mut items = if bypasses { memo::bypass(call) } else { call() };
        assert_eq!(items.next(), Some(0));
        drop(items);
        assert!(gone.load(Ordering::SeqCst), "{case}");
    };
    is_gone_with_its_consumer("bypass", Isolated::new().cache(), true);
    is_gone_with_its_consumer("disabled", &Cache::disabled(), false);
}
