//! Calls whose values live as bytes do what all calls do: share computations, keep to filters, store no errors.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;

use futures::executor::block_on;
use memo::{Event, Unstored, memoize};
use memo_testkit::assert_computed;

use crate::store::{self, Isolated};
use crate::support::{Gate, Runs, in_time, until_waiting};

#[test]
fn concurrent_callers_share_one_computation() {
    static RUNS: Runs = Runs::new();
    static GO: Gate = Gate::new();
    #[memoize(key = "shared-far:{n}", large_data)]
    fn shared(n: u64) -> Vec<u64> {
        RUNS.add();
        GO.pass();
        vec![n; 3]
    }
    let test = Isolated::new();
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| test.run(|| assert_eq!(shared(7), [7, 7, 7])));
        }
        until_waiting(&test, 7);
        GO.open();
    });
    assert_eq!(RUNS.get(), 1);
    let stats = shared::site().stats();
    assert_eq!((stats.calls, stats.misses, stats.joined), (8, 8, 7));
}

#[test]
fn a_follower_of_a_failure_is_a_call_a_miss_and_a_computation() {
    static GO: Gate = Gate::new();
    #[derive(Debug)]
    struct Unclonable;
    #[memoize(key = "far-failures", large_data)]
    fn failing() -> Result<u32, Unclonable> {
        GO.pass();
        Err(Unclonable)
    }
    let test = Isolated::new();
    thread::scope(|scope| {
        let call = || scope.spawn(|| test.run(|| failing().is_err()));
        let callers = [call(), call()];
        until_waiting(&test, 1);
        GO.open();
        assert!(callers.map(|caller| caller.join().expect("no panic")) == [true; 2]);
    });
    let stats = failing::site().stats();
    assert_eq!((stats.calls, stats.misses, stats.computed), (2, 2, 2));
}

#[test]
fn a_value_computed_before_an_invalidation_is_not_served_after_it() {
    static STARTED: Barrier = Barrier::new(2);
    static GOES_ON: Barrier = Barrier::new(2);
    #[memoize(key = "voided-far:{n}", skip(first), large_data)]
    fn slow(n: u64, first: bool) -> u64 {
        if first {
            STARTED.wait();
            GOES_ON.wait();
        }
        n
    }
    let test = Isolated::new();
    thread::scope(|scope| {
        let caller = scope.spawn(|| test.run(|| slow(1, true)));
        STARTED.wait();
        test.run(|| slow::entry(1, true).invalidate());
        GOES_ON.wait();
        assert_eq!(caller.join().expect("no panic"), 1);
    });
    let voided = |event: &Event| {
        matches!(
            event,
            Event::Unstored {
                reason: Unstored::Voided,
                ..
            }
        )
    };
    assert_eq!(test.recorder().count(voided), 1);
    assert_eq!(test.run(|| slow::entry(1, true).peek()), None);
}

#[test]
fn errors_are_returned_and_not_stored() {
    #[memoize(key = "far-errors:{n}", large_data)]
    fn even(n: u32) -> Result<u32, String> {
        if n.is_multiple_of(2) {
            Ok(n)
        } else {
            Err(format!("{n} is odd"))
        }
    }
    Isolated::new().run(|| {
        assert_eq!(
            assert_computed!(2, [even(1), even(1)]).map(|odd| odd.is_err()),
            [true; 2]
        );
        assert_eq!(assert_computed!(1, [even(2), even(2)]), [Ok(2), Ok(2)]);
    });
}

#[test]
fn an_error_need_not_be_send() {
    #[derive(Debug)]
    struct Local(#[expect(dead_code, reason = "what makes it not `Send`")] std::rc::Rc<()>);
    #[memoize(key = "far-local-errors:{n}", large_data)]
    async fn checked(n: u32) -> Result<u32, Local> {
        if n > 0 {
            Ok(n)
        } else {
            Err(Local(std::rc::Rc::new(())))
        }
    }
    fn is_send<F: Future + Send>(future: F) -> F {
        future
    }
    let test = Isolated::new();
    block_on(test.run_async(is_send(async {
        assert!(checked(0).await.is_err());
        assert!(checked(1).await.is_ok());
        assert!(checked(1).await.is_ok());
    })));
    assert_eq!(checked::site().stats().hits, 1);
}

#[test]
fn what_the_filter_turns_away_takes_the_older_value_with_it() {
    static VALUE: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(5);
    #[memoize(key = "far-filter", large_data, cache_if = |n: &u32| *n > 3)]
    fn filtered() -> u32 {
        VALUE.load(Ordering::SeqCst)
    }
    Isolated::new().run(|| {
        assert_computed!(1, [filtered(), filtered()]);
        VALUE.store(2, Ordering::SeqCst);
        assert_eq!(memo::refresh(filtered), 2);
        assert_eq!(filtered::entry().peek(), None);
        assert_computed!(2, [filtered(), filtered()]);
    });
}

#[test]
fn asynchronous_calls_do_the_same() {
    #[memoize(key = "far-async:{n}", large_data)]
    async fn listed(n: u64) -> Vec<u64> {
        (0..n).collect()
    }
    let test = Isolated::new();
    block_on(test.run_async(async {
        assert_eq!(listed(3).await, [0, 1, 2]);
        assert_eq!(listed(3).await, [0, 1, 2]);
        let entry = listed::entry(3);
        assert_eq!(entry.peek().await, Some(vec![0, 1, 2]));
        entry.put(vec![9]).await;
        assert_eq!(listed(3).await, [9]);
        assert!(entry.explain().await.verdict.is_hit());
        assert!(entry.invalidate().await);
        assert_eq!(listed::site().invalidate_all_async().await, 0);
    }));
    let stats = listed::site().stats();
    assert_eq!((stats.hits, stats.computed), (2, 1));
}

#[test]
fn a_function_that_calls_itself_on_the_same_key_ends() {
    #[memoize(key = "far-reentrant:{n}", skip(depth), large_data)]
    fn again(n: u32, depth: u32) -> u32 {
        if depth == 0 {
            n
        } else {
            again(n, depth - 1) + 1
        }
    }
    Isolated::new().run(|| assert_eq!(again(1, 3), 4));
}

#[test]
fn an_asynchronous_function_that_calls_itself_on_the_same_key_ends() {
    #[memoize(key = "far-async-reentrant:{n}", skip(depth), large_data)]
    async fn again(n: u32, depth: u32) -> u32 {
        if depth == 0 {
            n
        } else {
            Box::pin(again(n, depth - 1)).await + 1
        }
    }
    in_time(|| Isolated::new().run(|| assert_eq!(block_on(again(1, 3)), 4)));
}

#[test]
fn a_function_that_calls_itself_through_an_executor_ends() {
    #[memoize(key = "far-block-on:{n}", skip(depth), large_data)]
    fn again(n: u32, depth: u32) -> u32 {
        if depth == 0 {
            n
        } else {
            block_on(async { again(n, depth - 1) + 1 })
        }
    }
    in_time(|| Isolated::new().run(|| assert_eq!(again(1, 1), 2)));
}

#[test]
fn an_observer_may_call_the_very_key() {
    #[memoize(key = "far-observed:{n}", large_data)]
    fn observed(n: u32) -> u32 {
        n
    }
    #[derive(Debug, Default)]
    struct Curious(AtomicBool);
    impl memo::Observer for Curious {
        fn on(&self, event: &Event) {
            if event
                .function()
                .is_some_and(|name| name.contains("observed"))
                && !self.0.swap(true, Ordering::SeqCst)
            {
                assert_eq!(observed(1), 1);
                self.0.store(false, Ordering::SeqCst);
            }
        }
    }
    let cache = store::builder()
        .observer(Arc::new(Curious::default()))
        .build();
    memo::with_cache(&cache.expect("sound"), || {
        assert_eq!(observed(1), 1);
        assert_eq!(observed(1), 1);
        assert!(observed::entry(1).invalidate());
        observed::entry(1).put(1);
    });
}
