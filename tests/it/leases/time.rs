//! Leases that are kept alive, that end, and holders that others have waited for long enough.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use futures::executor::block_on;
use memo::backend::Memory;
use memo::{Cache, Event, memoize, with_cache};
use memo_testkit::{Chaos, ManualClock, Operation, Trouble};

use super::{all_wait_for_the_first, another, held, joined, leased, leasing, shelf, stuck};
use crate::shelf::Shelf;
use crate::support::{Gate, Runs, eventually, in_time, poll, until};

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
fn who_has_waited_for_long_enough_computes_as_well_and_stores() {
    crate::store::at_once();
    #[memoize(key = "endless:{n}", skip(ends), lock = "20ms")]
    async fn slow(n: u64, ends: bool) -> u64 {
        if !ends {
            std::future::pending::<()>().await;
        }
        n
    }
    let first = shelf();
    let one = first.beside(|cache| cache.lease_wait(Duration::from_millis(50)));
    stuck(&one, slow(1, false));
    let value = block_on(one.run_async(slow(1, true)));
    assert_eq!((value, one.cache.stats().computed), (1, 1));
    assert_eq!((held(&one.recorder), joined(&one.recorder)), (1, 1));
    assert_eq!(one.names(), [":endless:1"]);
}

fn stored(process: &Shelf) -> bool {
    let stored = |event: &Event| matches!(event, Event::Stored { .. });
    process.recorder.count(stored) > 0
}

/// The other one has joined and stored by then.
#[test]
fn who_is_refused_when_it_joins_a_holder_goes_on_waiting() {
    static RUNS: Runs = Runs::new();
    static GO: Gate = Gate::new();
    #[memoize(key = "refused-join:{n}", lock = "10m")]
    fn slow(n: u64) -> u64 {
        if RUNS.add() == 1 {
            GO.pass();
        }
        n
    }
    in_time(|| {
        let first = shelf();
        let one = || first.beside(|cache| cache.lease_wait(Duration::from_secs(1)));
        let others = [one(), one()];
        first.store.next(Operation::Join, Trouble::Delay);
        let call = |process: &Shelf| assert_eq!(process.run(|| slow(1)), 1);
        all_wait_for_the_first(&first, &others, call, || {
            until(|| others.iter().any(stored));
            first.store.wait_until_held(1);
            first.store.release();
            GO.open();
        });
        assert_eq!(RUNS.get(), 2);
        assert_eq!(
            others
                .each_ref()
                .map(|one| leased(&one.recorder))
                .iter()
                .sum::<usize>(),
            1
        );
        assert_eq!(
            others
                .each_ref()
                .map(|one| joined(&one.recorder))
                .iter()
                .sum::<usize>(),
            1
        );
    });
}

/// Six processes; the body takes until all the others have waited for much longer than three lease times.
#[test]
fn those_who_wait_for_a_holder_that_works_do_not_all_compute() {
    static RUNS: Runs = Runs::new();
    static GO: Gate = Gate::new();
    #[memoize(key = "working:{n}", lock = "10ms")]
    fn slow(n: u64) -> u64 {
        RUNS.add();
        GO.pass();
        n
    }
    let one = shelf();
    let others: Vec<_> = (0..5).map(|_| another(&one)).collect();
    let go = || {
        thread::sleep(Duration::from_millis(100));
        GO.open();
    };
    let call = |process: &Shelf| assert_eq!(process.run(|| slow(1)), 1);
    all_wait_for_the_first(&one, &others, call, go);
    assert_eq!(RUNS.get(), 1);
}

#[test]
fn a_body_that_hangs_does_not_keep_its_lease() {
    crate::store::at_once();
    #[memoize(key = "hanging:{n}", skip(ends), lock = "30ms")]
    async fn slow(n: u64, ends: bool) -> u64 {
        if !ends {
            std::future::pending::<()>().await;
        }
        n
    }
    let first = shelf();
    let hasty = first.beside(|cache| cache.lease_wait(Duration::from_millis(10)));
    let began = Instant::now();
    let mut hangs = Box::pin(hasty.run_async(slow(1, false)));
    assert!(poll(&mut hangs).is_pending());
    let ended = |event: &Event| matches!(event, Event::LeaseEnded { .. });
    eventually("it is kept no more", || hasty.recorder.count(ended) == 1);
    assert!(began.elapsed() >= Duration::from_millis(100), "ten waits");
    first.advance(1);
    let value = block_on(first.run_async(slow(1, true)));
    assert_eq!((value, held(&first.recorder)), (1, 0));
    assert_eq!(first.names(), [":hanging:1"]);
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
fn a_lease_that_is_being_extended_can_be_filled() {
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
    assert_eq!(caller.join().expect("no panic"), 1);
    assert_eq!(one.names(), [":extending:1"]);
    one.store.release();
}

/// Each renewal of the one hangs.
#[test]
fn a_store_that_hangs_does_not_end_the_leases_of_another() {
    static GO: Gate = Gate::new();
    #[memoize(key = "beside-hanging:{n}", lock = "60ms")]
    fn slow(n: u64) -> u64 {
        GO.pass();
        n
    }
    let (hangs, works) = (shelf(), shelf());
    let steps = (0..1000).map(|_| (Operation::Extend, Trouble::Hang));
    hangs.store.script(steps);
    thread::scope(|scope| {
        for n in 0..8 {
            let hangs = &hangs;
            scope.spawn(move || hangs.run(|| slow(n)));
        }
        hangs.store.wait_until_held(1);
        let caller = scope.spawn(|| works.run(|| slow(1)));
        until(|| works.store.count(Operation::Extend) >= 5);
        GO.open();
        assert_eq!(caller.join().expect("no panic"), 1);
        until(|| slow::site().stats().computed == 9);
        hangs.store.release();
    });
    assert_eq!(works.names(), [":beside-hanging:1"]);
}
