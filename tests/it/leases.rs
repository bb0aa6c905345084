//! `lock`: of several processes that miss one value, one computes it. Two caches over one store are two processes.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::Poll;
use std::thread;
use std::time::Duration;

use futures::executor::block_on;
use memo::backend::{Capability, Memory};
use memo::{Cache, Event, Policy, Unstored, memoize, refresh, with_cache};
use memo_testkit::{Chaos, Isolated, ManualClock, Operation, Recorder, Trouble};

use crate::shelf::{Shelf, noise, outside};
use crate::support::{Gate, Runs, in_time, poll, until};

fn leasing() -> Capability {
    let mut capability = outside(1 << 16);
    capability.leases = true;
    capability
}

fn shelf() -> Shelf {
    Shelf::with(leasing(), |cache| cache)
}

fn another(shelf: &Shelf) -> Shelf {
    shelf.beside(|cache| cache)
}

fn held(recorder: &Recorder) -> usize {
    recorder.count(|event| matches!(event, Event::LeaseHeld { .. }))
}

fn leased(recorder: &Recorder) -> usize {
    recorder.count(|event| matches!(event, Event::Leased { .. }))
}

fn unstored(recorder: &Recorder, why: Unstored) -> usize {
    recorder.count(|event| matches!(event, Event::Unstored { reason, .. } if *reason == why))
}

/// A call in another process that gets the lease, and no further.
fn stuck(beside: &Shelf, call: impl Future) -> Shelf {
    let process = another(beside);
    {
        let mut call = Box::pin(process.run_async(call));
        assert!(poll(&mut call).is_pending());
        std::mem::forget(call);
    }
    assert_eq!(leased(&process.recorder), 1);
    process
}

#[test]
fn two_processes_compute_once() {
    static RUNS: Runs = Runs::new();
    static GO: Gate = Gate::new();
    #[memoize(key = "once:{n}", lock)]
    fn slow(n: u64) -> u64 {
        RUNS.add();
        GO.pass();
        n
    }
    let one = shelf();
    let other = another(&one);
    thread::scope(|scope| {
        let first = scope.spawn(|| one.run(|| slow(1)));
        until(|| leased(&one.recorder) == 1);
        let second = scope.spawn(|| other.run(|| slow(1)));
        until(|| held(&other.recorder) == 1);
        GO.open();
        assert_eq!(first.join().expect("no panic"), 1);
        assert_eq!(second.join().expect("no panic"), 1);
    });
    assert_eq!(RUNS.get(), 1);
    let stats = slow::site().stats();
    assert_eq!((stats.calls, stats.joined, stats.computed), (2, 1, 1));
    assert_eq!((stats.leased, stats.lease_waits), (1, 1));
    assert_eq!(other.computed(|| slow(1)), (0, 1));
}

#[test]
fn many_callers_of_many_processes_compute_once() {
    static RUNS: Runs = Runs::new();
    #[memoize(name = "crowd", key = "{n}", lock)]
    fn slow(n: u64) -> u64 {
        RUNS.add();
        thread::sleep(Duration::from_millis(50));
        n
    }
    #[memoize(name = "crowd", key = "{n}", lock)]
    async fn slow_async(n: u64) -> u64 {
        RUNS.add();
        thread::sleep(Duration::from_millis(50));
        n
    }
    let first = shelf();
    let processes: Vec<_> = (0..6).map(|_| another(&first)).collect();
    thread::scope(|scope| {
        for process in &processes {
            for caller in 0..4 {
                scope.spawn(move || {
                    let call = slow_async(7);
                    let value = match caller % 2 {
                        0 => process.run(|| slow(7)),
                        _ => block_on(process.run_async(call)),
                    };
                    assert_eq!(value, 7);
                });
            }
        }
    });
    assert_eq!(RUNS.get(), 1);
}

#[test]
fn asynchronous_callers_wait_without_a_runtime() {
    static RUNS: Runs = Runs::new();
    static GO: Gate = Gate::new();
    #[memoize(key = "waits:{n}", lock)]
    async fn slow(n: u64) -> u64 {
        RUNS.add();
        GO.pass();
        n
    }
    let one = shelf();
    let other = another(&one);
    thread::scope(|scope| {
        let first = scope.spawn(|| block_on(one.run_async(slow(1))));
        until(|| leased(&one.recorder) == 1);
        let second = scope.spawn(|| block_on(other.run_async(slow(1))));
        until(|| held(&other.recorder) == 1);
        GO.open();
        assert_eq!(first.join().expect("no panic"), 1);
        assert_eq!(second.join().expect("no panic"), 1);
    });
    assert_eq!(RUNS.get(), 1);
}

/// Time stands still, so the lease does not end by itself.
#[test]
fn whatever_is_not_stored_makes_way_at_once() {
    #[memoize(key = "failing:{n}", lock)]
    fn failing(n: u64) -> Result<u64, String> {
        Err(format!("no {n}"))
    }
    #[memoize(key = "unwanted:{n}", lock, cache_if = |_| false)]
    fn unwanted(n: u64) -> u64 {
        n
    }
    #[memoize(key = "panicking:{n}", lock)]
    fn panicking(n: u64) -> u64 {
        panic!("{n}, as planned");
    }
    let one = shelf();
    let other = another(&one);
    for process in [&one, &other, &one] {
        assert!(process.run(|| failing(1)).is_err());
        assert_eq!(process.run(|| unwanted(1)), 1);
        let panicked = catch_unwind(AssertUnwindSafe(|| process.run(|| panicking(1))));
        assert!(panicked.is_err());
    }
    assert_eq!((held(&one.recorder), held(&other.recorder)), (0, 0));
    assert_eq!((leased(&one.recorder), leased(&other.recorder)), (6, 3));
}

#[test]
fn a_future_that_is_dropped_makes_way() {
    crate::store::at_once();
    static GO: Gate = Gate::new();
    #[memoize(key = "dropped:{n}", lock)]
    async fn slow(n: u64) -> u64 {
        std::future::poll_fn(|_| match GO.is_open() {
            true => Poll::Ready(()),
            false => Poll::Pending,
        })
        .await;
        n
    }
    let one = shelf();
    let other = another(&one);
    assert!(poll(&mut Box::pin(one.run_async(slow(1)))).is_pending());
    assert_eq!(leased(&one.recorder), 1);
    GO.open();
    in_time(move || assert_eq!(block_on(other.run_async(slow(1))), 1));
}

#[test]
fn a_future_that_is_dropped_while_it_waits_is_counted_as_abandoned() {
    crate::store::at_once();
    #[memoize(name = "left", key = "{n}", lock)]
    async fn slow(n: u64) -> u64 {
        n
    }
    #[memoize(name = "left", key = "{n}", lock)]
    async fn hanging(n: u64) -> u64 {
        std::future::pending::<()>().await;
        n
    }
    let one = shelf();
    stuck(&one, hanging(1));
    assert!(poll(&mut Box::pin(one.run_async(slow(1)))).is_pending());
    let stats = slow::site().stats();
    assert_eq!((stats.calls, stats.abandoned), (1, 1));
}

#[test]
fn a_value_from_before_an_invalidation_elsewhere_is_not_stored() {
    static GO: Gate = Gate::new();
    static SOURCE: Runs = Runs::new();
    static STARTED: Gate = Gate::new();
    #[memoize(key = "changed:{n}", lock)]
    fn read(n: u64) -> u64 {
        let value = SOURCE.get();
        STARTED.open();
        GO.pass();
        n + value
    }
    let one = shelf();
    let other = another(&one);
    thread::scope(|scope| {
        let older = scope.spawn(|| one.run(|| read(0)));
        STARTED.pass();
        SOURCE.add();
        other.run(|| read::entry(0).invalidate());
        let newer = scope.spawn(|| other.run(|| read(0)));
        until(|| leased(&other.recorder) == 1);
        GO.open();
        assert_eq!(older.join().expect("no panic"), 0);
        assert_eq!(newer.join().expect("no panic"), 1);
    });
    assert_eq!(unstored(&one.recorder, Unstored::Voided), 1);
    assert_eq!(one.computed(|| read(0)), (0, 1));
}

#[test]
fn what_is_put_elsewhere_is_not_replaced_by_what_was_computed_before() {
    static GO: Gate = Gate::new();
    #[memoize(key = "put:{n}", lock)]
    fn slow(n: u64) -> u64 {
        GO.pass();
        n
    }
    let one = shelf();
    let other = another(&one);
    thread::scope(|scope| {
        let older = scope.spawn(|| one.run(|| slow(1)));
        until(|| leased(&one.recorder) == 1);
        other.run(|| slow::entry(1).put(99));
        GO.open();
        assert_eq!(older.join().expect("no panic"), 1);
    });
    assert_eq!(one.computed(|| slow(1)), (0, 99));
}

#[test]
fn the_chunks_of_a_voided_value_go() {
    static GO: Gate = Gate::new();
    #[memoize(key = "voided-chunks:{n}", lock, large_data)]
    fn slow(n: u32) -> String {
        GO.pass();
        noise(n, 300_000)
    }
    let one = shelf();
    let other = another(&one);
    thread::scope(|scope| {
        let older = scope.spawn(|| one.run(|| slow(1).len()));
        until(|| leased(&one.recorder) == 1);
        other.run(|| slow::entry(1).invalidate());
        GO.open();
        assert_eq!(older.join().expect("no panic"), 300_000);
    });
    assert_eq!(one.names(), [""; 0]);
    assert!(
        one.store.sets() > 0,
        "the chunks were written before the head"
    );
    one.run(|| slow(1));
    assert!(one.chunks().len() > 3);
    assert_eq!(other.computed(|| slow(1).len()), (0, 300_000));
}

#[test]
fn a_process_that_died_costs_one_lease_time() {
    crate::store::at_once();
    #[memoize(name = "dead", key = "{n}", lock = "30s")]
    fn slow(n: u64) -> u64 {
        n
    }
    #[memoize(name = "dead", key = "{n}", lock = "30s")]
    async fn hanging(n: u64) -> u64 {
        std::future::pending::<()>().await;
        n
    }
    let one = shelf();
    stuck(&one, hanging(1));
    thread::scope(|scope| {
        let caller = scope.spawn(|| one.computed(|| slow(1)));
        until(|| held(&one.recorder) == 1);
        one.advance(31);
        assert_eq!(caller.join().expect("no panic"), (1, 1));
    });
    assert_eq!(one.names(), [":dead:1"]);
}

#[test]
fn who_has_waited_for_three_lease_times_computes_and_does_not_store() {
    crate::store::at_once();
    #[memoize(name = "endless", key = "{n}", lock = "20ms")]
    fn slow(n: u64) -> u64 {
        n
    }
    #[memoize(name = "endless", key = "{n}", lock = "20ms")]
    async fn hanging(n: u64) -> u64 {
        std::future::pending::<()>().await;
        n
    }
    let one = shelf();
    stuck(&one, hanging(1));
    assert_eq!(one.computed(|| slow(1)), (1, 1));
    assert_eq!(unstored(&one.recorder, Unstored::Leased), 1);
    assert_eq!(one.names(), [""; 0]);
}

/// Every two extensions the clock goes on by two thirds of the lease time.
#[test]
fn a_long_computation_keeps_its_lease() {
    static GO: Gate = Gate::new();
    #[memoize(key = "long:{n}", lock = "90ms")]
    fn slow(n: u64) -> u64 {
        GO.pass();
        n
    }
    let clock = ManualClock::new();
    let store = Chaos::limited(Memory::with_clock(1 << 20, clock.clone()), leasing());
    let cache = Cache::builder()
        .clock(clock.clone())
        .backend(store.clone())
        .build()
        .expect("sound");
    thread::scope(|scope| {
        let caller = scope.spawn(|| with_cache(&cache, || slow(1)));
        for _ in 1..=6 {
            let before = store.count(Operation::Extend);
            until(|| store.count(Operation::Extend) >= before + 2);
            clock.advance(Duration::from_millis(60));
        }
        GO.open();
        assert_eq!(caller.join().expect("no panic"), 1);
    });
    assert_eq!(store.entries().len(), 1);
    let extended = store.count(Operation::Extend);
    thread::sleep(Duration::from_millis(100));
    assert!(store.count(Operation::Extend) <= extended + 1, "it is over");
}

#[test]
fn a_store_that_is_not_there_keeps_nobody_from_computing() {
    #[memoize(key = "out:{n}", lock)]
    fn slow(n: u64) -> u64 {
        n
    }
    let one = shelf();
    one.store.next(Operation::Lease, Trouble::FailBefore);
    assert_eq!(one.computed(|| slow(1)), (1, 1));
    assert_eq!(unstored(&one.recorder, Unstored::Fault), 1);
    assert_eq!((one.store.count(Operation::Fill), one.store.sets()), (0, 0));
    let faulty = |event: &Event| {
        let is_lease = |operation| operation == memo::Operation::Lease;
        matches!(event, Event::Faulty { operation, .. } if is_lease(*operation))
    };
    assert_eq!(one.recorder.count(faulty), 1);
    assert_eq!(one.computed(|| slow(1)), (1, 1));
    assert_eq!(one.computed(|| slow(1)), (0, 1));
}

#[test]
fn a_fill_that_fails_gives_the_lease_back() {
    #[memoize(key = "unfilled:{n}", lock)]
    fn slow(n: u64) -> u64 {
        n
    }
    let one = shelf();
    one.store.next(Operation::Fill, Trouble::FailBefore);
    assert_eq!(one.computed(|| slow(1)), (1, 1));
    assert_eq!(unstored(&one.recorder, Unstored::Fault), 1);
    let other = another(&one);
    in_time(move || assert_eq!(other.computed(|| slow(1)), (1, 1)));
    assert_eq!(one.names(), [":unfilled:1"]);
}

#[test]
fn a_fill_whose_reply_is_lost_may_have_filled() {
    #[memoize(key = "lost-reply:{n}", lock)]
    fn slow(n: u64) -> u64 {
        n
    }
    let one = shelf();
    one.store.next(Operation::Fill, Trouble::FailAfter);
    assert_eq!(one.computed(|| slow(1)), (1, 1));
    assert_eq!(another(&one).computed(|| slow(1)), (0, 1));
}

#[test]
fn a_refresh_waits_for_nobody_and_ends_the_lease() {
    #[memoize(name = "refreshed", key = "{n}", lock)]
    fn slow(n: u64) -> u64 {
        n + 1
    }
    static GO: Gate = Gate::new();
    #[memoize(name = "refreshed", key = "{n}", lock)]
    fn slower(n: u64) -> u64 {
        GO.pass();
        n
    }
    let one = shelf();
    let other = another(&one);
    thread::scope(|scope| {
        let older = scope.spawn(|| other.run(|| slower(1)));
        until(|| leased(&other.recorder) == 1);
        assert_eq!(one.computed(|| refresh(|| slow(1))), (1, 2));
        GO.open();
        assert_eq!(older.join().expect("no panic"), 1);
    });
    assert_eq!(unstored(&other.recorder, Unstored::Voided), 1);
    assert_eq!(other.computed(|| slow(1)), (0, 2));
    assert_eq!(leased(&one.recorder), 0);
}

#[test]
fn a_damaged_entry_makes_way_for_a_lease() {
    #[memoize(key = "damaged:{n}", lock)]
    fn slow(n: u64) -> u64 {
        n
    }
    let one = shelf();
    one.run(|| slow(1));
    one.plant(":damaged:1", b"not an entry");
    assert_eq!(one.computed(|| slow(1)), (1, 1));
    assert_eq!(leased(&one.recorder), 2);
    assert_eq!(another(&one).computed(|| slow(1)), (0, 1));
}

#[test]
fn a_body_that_calls_itself_does_not_wait_for_itself() {
    #[memoize(key = "itself:{n}", skip(again), lock = "10m")]
    fn nested(n: u64, again: bool) -> u64 {
        if again { nested(n, false) + 1 } else { n }
    }
    let one = shelf();
    in_time(move || assert_eq!(one.run(|| nested(1, true)), 2));
}

#[test]
fn followers_of_a_failure_take_turns() {
    static RUNS: Runs = Runs::new();
    static RUNNING: Runs = Runs::new();
    static GO: Gate = Gate::new();
    #[derive(Debug)]
    struct Unclonable;
    #[memoize(key = "turns:{n}", lock)]
    fn failing(n: u64) -> Result<u64, Unclonable> {
        let started = RUNS.add();
        GO.pass();
        assert_eq!(RUNNING.add(), started, "two at once");
        if n == 0 { Ok(n) } else { Err(Unclonable) }
    }
    let one = shelf();
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| assert!(one.run(|| failing(1)).is_err()));
        }
        let waiting = |event: &Event| matches!(event, Event::Waiting { .. });
        until(|| one.recorder.count(waiting) == 3);
        GO.open();
    });
    assert_eq!(RUNS.get(), 4);
    assert_eq!(leased(&one.recorder), 4);
}

#[test]
fn without_leases_it_is_as_if_it_was_not_written() {
    #[memoize(key = "unleased:{n}", lock)]
    fn slow(n: u64) -> u64 {
        n
    }
    let without = Shelf::new(4096);
    assert_eq!(without.computed(|| slow(1)), (1, 1));
    assert_eq!(without.computed(|| slow(1)), (0, 1));
    assert_eq!(without.store.count(Operation::Lease), 0);
    let in_process = Isolated::new();
    assert_eq!(in_process.run(|| slow(1) + slow(1)), 2);
    assert_eq!(in_process.cache().stats().computed, 1);
    assert_eq!(slow::site().stats().leased, 0);
}

#[test]
fn a_policy_takes_turns_as_well() {
    static GO: Gate = Gate::new();
    let policy = Policy::named("turns-of-a-policy").lock(Duration::from_secs(10));
    let one = shelf();
    let other = another(&one);
    let body = || {
        GO.pass();
        7_u64
    };
    thread::scope(|scope| {
        let first = scope.spawn(|| one.cache.get_or_compute(&1, &policy, body));
        until(|| leased(&one.recorder) == 1);
        let second = scope.spawn(|| other.cache.get_or_compute(&1, &policy, || 8_u64));
        until(|| held(&other.recorder) == 1);
        GO.open();
        assert_eq!(first.join().expect("no panic"), 7);
        assert_eq!(second.join().expect("no panic"), 7);
    });
}

#[cfg(feature = "encrypt")]
#[test]
fn sealed_values_are_leased_by_their_sealed_names() {
    use crate::shelf::ring;
    #[memoize(key = "sealed:{n}", lock, encrypt)]
    fn secret(n: u64) -> u64 {
        n
    }
    let one = Shelf::with(leasing(), |cache| cache.keyring(ring(1)));
    let other = one.beside(|cache| cache.keyring(ring(1)));
    assert_eq!(one.computed(|| secret(1)), (1, 1));
    assert_eq!(other.computed(|| secret(1)), (0, 1));
    assert_eq!(leased(&one.recorder), 1);
    let names = one.store.log().into_iter().flat_map(|entry| entry.names);
    assert!(names.into_iter().all(|name| !name.contains("sealed")));
}

#[test]
fn a_lease_that_is_being_extended_is_filled_by_its_newest_token() {
    static GO: Gate = Gate::new();
    #[memoize(key = "extending:{n}", lock = "30ms")]
    async fn slow(n: u64) -> u64 {
        GO.pass();
        n
    }
    let one = Arc::new(shelf());
    one.store.next(Operation::Extend, Trouble::DelayReply);
    let theirs = Arc::clone(&one);
    let caller = thread::spawn(move || block_on(theirs.run_async(slow(1))));
    one.store.wait_until_held(1);
    GO.open();
    until(|| slow::site().stats().computed == 1);
    assert_eq!(
        one.store.count(Operation::Fill),
        0,
        "it waits for the token"
    );
    one.store.release();
    assert_eq!(caller.join().expect("no panic"), 1);
    assert_eq!(one.names(), [":extending:1"]);
}
