//! Holders that store nothing make way at once.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Poll;
use std::thread;

use futures::executor::block_on;
use memo::{Event, memoize, refresh};

use super::{all_wait_for_the_first, another, held, leased, shelf, stuck};
use crate::shelf::Shelf;
use crate::support::{Gate, Runs, in_time, poll, until};

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
    let call = |process: &Shelf| assert!(process.run(|| failing(1)).is_err());
    all_wait_for_the_first(&one, &others, call, || GO.open());
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
    let call = |process: &Shelf| assert_eq!(process.run(|| unwanted(1)), 1);
    all_wait_for_the_first(&one, &others, call, || GO.open());
    assert_eq!(one.names(), [""; 0]);
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
