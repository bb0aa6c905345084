//! `lock`: of several processes that miss one value, one computes it. Two caches over one store are two processes.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::Poll;
use std::thread;
use std::time::Duration;

use futures::executor::block_on;
use memo::backend::{Capability, Memory};
use memo::{Cache, Event, Policy, Problem, Unstored, memoize, refresh, refresh_async, with_cache};
use memo_testkit::{Chaos, Isolated, ManualClock, Operation, Recorder, Trouble};

use crate::shelf::{Shelf, noise, outside};
use crate::support::{Gate, Runs, Scripted, in_time, poll, until};

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

fn joined(recorder: &Recorder) -> usize {
    recorder.count(|event| matches!(event, Event::LeaseJoined { .. }))
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
    thread::scope(|scope| {
        scope.spawn(|| assert_eq!(one.run(|| slow(1)), 1));
        until(|| leased(&one.recorder) == 1);
        for other in &others {
            scope.spawn(|| assert_eq!(other.run(|| slow(1)), 1));
        }
        until(|| others.iter().all(|other| held(&other.recorder) == 1));
        thread::sleep(Duration::from_millis(100));
        GO.open();
    });
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
    let mut hangs = Box::pin(hasty.run_async(slow(1, false)));
    assert!(poll(&mut hangs).is_pending());
    let ended = |event: &Event| matches!(event, Event::LeaseEnded { .. });
    until(|| hasty.recorder.count(ended) == 1);
    first.advance(1);
    let value = block_on(first.run_async(slow(1, true)));
    assert_eq!((value, held(&first.recorder)), (1, 0));
    assert_eq!(first.names(), [":hanging:1"]);
}

/// Each of them waits in its body until all have begun.
#[test]
fn those_who_wait_for_a_failure_run_at_once() {
    static RUNS: Runs = Runs::new();
    static GO: Gate = Gate::new();
    const PROCESSES: usize = 5;
    #[memoize(key = "failing-together:{n}", lock = "10m")]
    fn failing(n: u64) -> Result<u64, String> {
        match RUNS.add() {
            1 => GO.pass(),
            _ => until(|| RUNS.get() == PROCESSES as u64),
        }
        Err(format!("no {n}"))
    }
    let one = shelf();
    let others: Vec<_> = (1..PROCESSES).map(|_| another(&one)).collect();
    thread::scope(|scope| {
        scope.spawn(|| assert!(one.run(|| failing(1)).is_err()));
        until(|| leased(&one.recorder) == 1);
        for other in &others {
            scope.spawn(|| assert!(other.run(|| failing(1)).is_err()));
        }
        until(|| others.iter().all(|other| held(&other.recorder) == 1));
        GO.open();
    });
    assert_eq!(RUNS.get(), PROCESSES as u64);
    let leased: usize = others.iter().map(|other| leased(&other.recorder)).sum();
    assert_eq!(leased, 1, "one of them may store");
}

#[test]
fn those_who_wait_for_what_is_not_stored_run_at_once() {
    static RUNS: Runs = Runs::new();
    static GO: Gate = Gate::new();
    #[memoize(key = "unwanted-together:{n}", lock = "10m", cache_if = |_| false)]
    fn unwanted(n: u64) -> u64 {
        match RUNS.add() {
            1 => GO.pass(),
            _ => until(|| RUNS.get() == 3),
        }
        n
    }
    let one = shelf();
    let others = [another(&one), another(&one)];
    thread::scope(|scope| {
        scope.spawn(|| assert_eq!(one.run(|| unwanted(1)), 1));
        until(|| leased(&one.recorder) == 1);
        for other in &others {
            scope.spawn(|| assert_eq!(other.run(|| unwanted(1)), 1));
        }
        until(|| others.iter().all(|other| held(&other.recorder) == 1));
        GO.open();
    });
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
    assert_eq!(leased(&one.recorder), 1);
}

/// By a scope, by an option, and awaited; what is there before, a value or nothing.
#[test]
fn a_new_value_from_before_an_invalidation_elsewhere_is_not_stored() {
    static SOURCE: Runs = Runs::new();
    #[memoize(key = "superseded:{n}", skip(go, begun, force), lock, force_overwrite = force)]
    fn read(n: u64, go: &Gate, begun: &Gate, force: bool) -> u64 {
        let value = SOURCE.get();
        begun.open();
        go.pass();
        value
    }
    #[memoize(key = "superseded-async:{n}", skip(go, begun), lock)]
    async fn read_async(n: u64, go: &Gate, begun: &Gate) -> u64 {
        let value = SOURCE.get();
        begun.open();
        go.pass();
        value
    }
    let one = shelf();
    let other = another(&one);
    let open = Gate::new();
    open.open();
    for n in 0..6 {
        let plain = || match n % 3 {
            2 => block_on(other.run_async(read_async(n, &open, &open))),
            _ => other.run(|| read(n, &open, &open, false)),
        };
        if n < 3 {
            plain();
        }
        let (go, begun) = (Gate::new(), Gate::new());
        let before = SOURCE.get();
        thread::scope(|scope| {
            let older = scope.spawn(|| match n % 3 {
                0 => one.run(|| refresh(|| read(n, &go, &begun, false))),
                1 => one.run(|| read(n, &go, &begun, true)),
                _ => block_on(one.run_async(refresh_async(read_async(n, &go, &begun)))),
            });
            begun.pass();
            SOURCE.add();
            match n % 3 {
                2 => block_on(other.run_async(async {
                    read_async::entry(n, &go, &begun).invalidate().await;
                })),
                _ => other.run(|| {
                    read::entry(n, &go, &begun, false).invalidate();
                }),
            }
            go.open();
            assert_eq!(older.join().expect("no panic"), before);
        });
        assert_eq!(plain(), before + 1, "{n}");
        assert_eq!(unstored(&one.recorder, Unstored::Voided), n as usize + 1);
    }
}

#[test]
fn a_refresh_that_cannot_be_leased_is_owed() {
    #[memoize(key = "unleased-refresh:{n}", skip(value), lock)]
    fn read(n: u64, value: u64) -> u64 {
        value
    }
    let one = shelf();
    assert_eq!(one.run(|| read(1, 1)), 1);
    one.store.next(Operation::Seize, Trouble::FailBefore);
    assert_eq!(one.run(|| refresh(|| read(1, 2))), 2);
    assert_eq!(unstored(&one.recorder, Unstored::Fault), 1);
    assert_eq!(one.run(|| read(1, 3)), 3);
    assert_eq!(another(&one).run(|| read(1, 4)), 3);
}

#[test]
fn a_refresh_that_fails_makes_way() {
    #[memoize(key = "failing-refresh:{n}", skip(value), lock = "10m")]
    fn read(n: u64, value: Option<u64>) -> Result<u64, String> {
        value.ok_or_else(|| "no".to_owned())
    }
    let one = shelf();
    assert_eq!(one.run(|| read(1, Some(1))), Ok(1));
    assert!(one.run(|| refresh(|| read(1, None))).is_err());
    let other = another(&one);
    in_time(move || assert_eq!(other.run(|| read(1, Some(2))), Ok(2)));
}

/// It happens in the store, and nobody hears of it.
#[test]
fn a_call_that_is_dropped_while_it_asks_gives_the_lease_back() {
    crate::store::at_once();
    #[memoize(key = "unheard:{n}", lock = "10m")]
    async fn slow(n: u64) -> u64 {
        n
    }
    let one = shelf();
    one.store.next(Operation::Lease, Trouble::DelayReply);
    let mut call = Box::pin(one.run_async(slow(1)));
    assert!(poll(&mut call).is_pending());
    assert_eq!(one.store.count(Operation::Lease), 1);
    drop(call);
    let other = another(&one);
    in_time(move || assert_eq!(block_on(other.run_async(slow(1))), 1));
}

#[test]
fn a_refresh_that_is_dropped_while_it_asks_gives_the_lease_back() {
    crate::store::at_once();
    #[memoize(key = "unheard-refresh:{n}", lock = "10m")]
    async fn slow(n: u64) -> u64 {
        n
    }
    let one = shelf();
    one.store.next(Operation::Seize, Trouble::DelayReply);
    let mut call = Box::pin(one.run_async(refresh_async(slow(1))));
    assert!(poll(&mut call).is_pending());
    drop(call);
    let other = another(&one);
    in_time(move || assert_eq!(block_on(other.run_async(slow(1))), 1));
}

#[test]
fn a_lease_whose_grant_is_lost_is_given_back() {
    #[memoize(key = "lost-grant:{n}", lock = "10m")]
    fn slow(n: u64) -> u64 {
        n
    }
    let one = shelf();
    one.store.next(Operation::Lease, Trouble::FailAfter);
    assert_eq!(one.computed(|| slow(1)), (1, 1));
    let other = another(&one);
    in_time(move || assert_eq!(other.computed(|| slow(1)), (1, 1)));
}

/// They have called after the invalidation, as far as the leader's process can know.
#[test]
fn followers_of_a_value_that_the_store_refuses_are_not_given_it() {
    static SOURCE: Runs = Runs::new();
    static GO: Gate = Gate::new();
    static BEGUN: Gate = Gate::new();
    #[memoize(key = "followed:{n}", lock)]
    fn read(n: u64) -> u64 {
        let value = SOURCE.get();
        BEGUN.open();
        GO.pass();
        n + value
    }
    let one = shelf();
    let other = another(&one);
    thread::scope(|scope| {
        let older = scope.spawn(|| one.run(|| read(0)));
        BEGUN.pass();
        SOURCE.add();
        other.run(|| read::entry(0).invalidate());
        let newer = scope.spawn(|| one.run(|| read(0)));
        let waiting = |event: &Event| matches!(event, Event::Waiting { .. });
        until(|| one.recorder.count(waiting) == 1);
        GO.open();
        assert_eq!(older.join().expect("no panic"), 0);
        assert_eq!(newer.join().expect("no panic"), 1);
    });
    assert_eq!(other.computed(|| read(0)), (0, 1));
}

/// A value is stored elsewhere after the call has looked, and an invalidation of it fails.
#[test]
fn what_is_owed_is_not_served_by_a_lease_either() {
    static SOURCE: Runs = Runs::new();
    #[memoize(key = "owed-lease:{n}", lock)]
    fn read(n: u64) -> u64 {
        n + SOURCE.get()
    }
    let one = shelf();
    let other = another(&one);
    one.store.next(Operation::Lease, Trouble::Delay);
    thread::scope(|scope| {
        let caller = scope.spawn(|| one.run(|| read(0)));
        one.store.wait_until_held(1);
        assert_eq!(other.run(|| read(0)), 0);
        SOURCE.add();
        one.store.next(Operation::Delete, Trouble::FailBefore);
        one.run(|| read::entry(0).invalidate());
        one.store.release();
        assert_eq!(caller.join().expect("no panic"), 1);
    });
}

/// A writer in this process that was revoked may have put it there.
#[test]
fn what_is_suspect_is_not_served_by_a_lease_either() {
    crate::store::at_once();
    static SOURCE: Runs = Runs::new();
    #[memoize(key = "suspect-lease:{n}", lock)]
    async fn read(n: u64) -> u64 {
        n + SOURCE.get()
    }
    let one = shelf();
    let other = another(&one);
    one.store.next(Operation::Fill, Trouble::Delay);
    let mut writes = Box::pin(one.run_async(read(0)));
    assert!(poll(&mut writes).is_pending());
    block_on(one.run_async(async {
        read::entry(0).invalidate().await;
    }));
    assert_eq!(block_on(other.run_async(read(0))), 0);
    SOURCE.add();
    let mut reads = Box::pin(one.run_async(read(0)));
    assert!(poll(&mut reads).is_pending());
    assert_eq!(held(&one.recorder), 1);
    one.store.release();
    assert_eq!(block_on(writes), 0);
    assert_eq!(block_on(reads), 1);
}

#[test]
fn a_store_that_refuses_leases_is_told_of_once() {
    let mut capability = outside(1 << 16);
    capability.leases = true;
    let store = Scripted::with(capability);
    let test = store.isolated();
    #[memoize(key = "refused-lease:{n}", lock)]
    fn slow(n: u64) -> u64 {
        n
    }
    for _ in 0..2 {
        assert_eq!(test.run(|| slow(1)), 1);
    }
    let told = |event: &Event| {
        let is_it = |problem: &Problem| matches!(problem, Problem::NoLeases(_));
        matches!(event, Event::NotCached { problem, .. } if is_it(problem))
    };
    assert_eq!(test.recorder().count(told), 1);
    assert_eq!(unstored(test.recorder(), Unstored::Fault), 2);
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

/// Each of them waits in its body until all have begun.
#[test]
fn followers_of_a_failure_run_at_once() {
    static RUNS: Runs = Runs::new();
    static GO: Gate = Gate::new();
    #[derive(Debug)]
    struct Unclonable;
    #[memoize(key = "together:{n}", lock = "10m")]
    fn failing(n: u64) -> Result<u64, Unclonable> {
        match RUNS.add() {
            1 => GO.pass(),
            _ => until(|| RUNS.get() == 4),
        }
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
    assert_eq!(leased(&one.recorder), 2, "one of the three may store");
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
