//! Calls that wait for a call which cannot end while they wait: without the attribute they would just run, and so they do with it.

use std::future::{pending, poll_fn, ready};
use std::pin::pin;
use std::sync::{Arc, LazyLock, Mutex};
use std::task::Poll;
use std::thread;
use std::time::Duration;

use futures::channel::oneshot::channel;
use futures::executor::block_on;
use futures::future::{BoxFuture, Either, join, join_all, select};
use futures::{StreamExt, stream};
use memo::{Cache, Event, Policy, memoize, with_cache, with_cache_async};
use rayon::prelude::*;
use tokio::runtime::Builder;
use tokio::task::yield_now;
use tokio::time::sleep;

use crate::store::Isolated;
use crate::support::{Gate, Runs, in_time, poll, until, until_waiting, waiting};

/// What is over before that was noticed without it.
const HOUR: Duration = Duration::from_secs(3600);
const WHILE: Duration = Duration::from_millis(60);

/// A test whose calls wait for each other for this long.
fn patient(limit: Duration) -> Isolated {
    Isolated::with(|cache| cache.follow_timeout(limit)).expect("the description is sound")
}

fn given_up(test: &Isolated) -> usize {
    test.recorder()
        .count(|event| matches!(event, Event::GaveUpWaiting { .. }))
}

/// On both kinds of runtime, in which a hang is a failure.
fn on_runtimes<F: Future<Output = ()> + 'static>(test: fn() -> F) {
    in_time(move || {
        let single = Builder::new_current_thread().enable_time().build();
        single.expect("a runtime").block_on(test());
        let many = Builder::new_multi_thread()
            .worker_threads(2)
            .enable_time()
            .build();
        many.expect("a runtime").block_on(test());
    });
}

#[memoize]
async fn slow(n: u64) -> u64 {
    a_while().await;
    n * 10
}

/// Takes a while, and is never ready when it is first polled, however late that is.
async fn a_while() {
    let (mut sleep, mut is_first) = (pin!(sleep(WHILE)), true);
    poll_fn(|context| {
        let polled = sleep.as_mut().poll(context);
        if !std::mem::take(&mut is_first) {
            return polled;
        }
        if polled.is_ready() {
            context.waker().wake_by_ref();
        }
        Poll::Pending
    })
    .await;
}

#[test]
fn a_call_ends_when_its_task_holds_the_leader_and_does_not_poll_it() {
    on_runtimes(|| async {
        let test = Isolated::new();
        test.run_async(async {
            let mut first = pin!(slow(1));
            assert!(futures::poll!(&mut first).is_pending());
            assert_eq!(slow(1).await, 10);
            assert_eq!(given_up(&test), 1);
            assert_eq!(first.await, 10, "the one that was left gives its value");
            assert_eq!(slow(1).await, 10);
        })
        .await;
        assert_eq!(test.cache().stats().computed, 2);
    });
}

#[test]
fn a_call_ends_when_its_task_holds_two_leaders_and_polls_neither() {
    on_runtimes(|| async {
        let test = patient(HOUR);
        test.run_async(async {
            let (mut first, mut second) = (pin!(slow(9)), pin!(slow(9)));
            assert!(futures::poll!(&mut first).is_pending());
            while given_up(&test) == 0 {
                assert!(futures::poll!(&mut second).is_pending());
                yield_now().await;
            }
            assert_eq!(slow(9).await, 90);
            assert_eq!(given_up(&test), 2);
        })
        .await;
    });
}

#[test]
fn a_handler_of_select_may_ask_for_what_the_other_branch_computes() {
    on_runtimes(|| async {
        let test = Isolated::new();
        test.run_async(async {
            let mut other = pin!(slow(2));
            tokio::select! {
                biased;
                _ = &mut other => unreachable!("it takes longer"),
                () = ready(()) => assert_eq!(slow(2).await, 20),
            }
            assert_eq!(other.await, 20);
        })
        .await;
    });
}

#[test]
fn the_body_of_a_loop_may_ask_for_what_the_buffer_of_its_stream_computes() {
    on_runtimes(|| async {
        let test = Isolated::new();
        test.run_async(async {
            let mut sum = 0;
            let mut pages = pin!(stream::iter(0..4).map(slow).buffered(2));
            while let Some(page) = pages.next().await {
                sum += page + slow(page / 10 + 1).await;
            }
            assert_eq!(sum, 160);
        })
        .await;
    });
}

#[memoize]
async fn holds(n: u64) -> u64 {
    let mut first = pin!(slow(n));
    assert!(futures::poll!(&mut first).is_pending());
    slow(n).await + first.await
}

#[test]
fn a_body_may_hold_a_leader_and_not_poll_it() {
    on_runtimes(|| async {
        let test = Isolated::new();
        test.run_async(async { assert_eq!(holds(3).await, 60) })
            .await;
    });
}

#[test]
fn another_task_does_not_wait_for_a_leader_that_was_woken_and_is_not_polled() {
    in_time(|| {
        let test = Isolated::new();
        let leader = Isolated::clone(&test);
        let mut first = Box::pin(test.run_async(async { slow(4).await }));
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .enable_time()
            .build();
        let runtime = runtime.expect("a runtime");
        let _here = runtime.enter();
        assert!(poll(&mut first).is_pending());
        let other = runtime.spawn(async move { leader.run_async(slow(4)).await });
        assert_eq!(runtime.block_on(other).expect("no panic"), 40);
        assert_eq!(given_up(&test), 1);
    });
}

#[test]
fn calls_that_are_polled_share_one_computation_however_they_are_joined() {
    on_runtimes(|| async {
        let test = Isolated::new();
        test.run_async(async {
            assert_eq!(join(slow(5), slow(5)).await, (50, 50));
            let many = join_all((0..50).map(|_| slow(6))).await;
            assert_eq!(many, [60; 50]);
            let (mut one, mut two) = (pin!(slow(7)), pin!(slow(7)));
            match select(&mut one, &mut two).await {
                Either::Left((value, _)) | Either::Right((value, _)) => assert_eq!(value, 70),
            }
        })
        .await;
        let tasks = (0..50).map(|_| {
            let test = test.clone();
            tokio::spawn(async move { test.run_async(slow(8)).await })
        });
        for task in Vec::from_iter(tasks) {
            assert_eq!(task.await.expect("no panic"), 80);
        }
        assert_eq!((given_up(&test), test.cache().stats().computed), (0, 4));
    });
}

/// A leader that is held and not polled, somebody who goes on in its place, and somebody who waits: whichever of the two leaders is dropped,
/// the other's value is everybody's.
fn one_of_two_leaders_is_dropped(drops_first: bool) {
    let test = patient(HOUR);
    let (cache, policy) = (test.cache().clone(), Policy::named("two-leaders"));
    let call = move |body: BoxFuture<'static, u64>| {
        let cache = cache.clone();
        async move { cache.get_or_compute_async(&1, &policy, body).await }
    };
    let (first_ends, first_end) = channel();
    let mut first = Box::pin(call(Box::pin(async {
        yield_now().await;
        first_end.await.expect("it is told")
    })));
    assert!(poll(&mut first).is_pending());
    let (runs, (second_ends, second_end)) = (Arc::new(Gate::new()), channel());
    let second_runs = runs.clone();
    let second = call(Box::pin(async move {
        second_runs.open();
        second_end.await.expect("it is told")
    }));
    let (drops_second, dropped) = channel::<()>();
    let second = thread::spawn(|| match block_on(select(Box::pin(second), dropped)) {
        Either::Left((value, _)) => Some(value),
        Either::Right(_) => None,
    });
    runs.pass();
    let third = call(Box::pin(async {
        unreachable!("there are two who compute")
    }));
    let third = thread::spawn(|| block_on(third));
    until_waiting(&test, 2);
    let value = if drops_first {
        drop(first);
        second_ends.send(2).expect("it waits");
        second.join().expect("no panic")
    } else {
        drops_second.send(()).expect("it waits");
        assert_eq!(second.join().expect("no panic"), None);
        first_ends.send(1).expect("it waits");
        Some(block_on(first))
    };
    assert_eq!(third.join().ok(), value);
    assert_eq!(Some(block_on(call(Box::pin(async { 4 })))), value, "stored");
}

#[test]
fn of_two_leaders_the_second_goes_on_when_the_first_is_dropped() {
    in_time(|| one_of_two_leaders_is_dropped(true));
}

#[test]
fn of_two_leaders_the_first_goes_on_when_the_second_is_dropped() {
    in_time(|| one_of_two_leaders_is_dropped(false));
}

/// Makes the same call from a thread until it is deep enough, as a body may that does not know what its callers do.
#[memoize(skip(cache, depth))]
fn by_thread(n: u64, cache: &Cache, depth: u64) -> u64 {
    if depth == 0 {
        return n;
    }
    let cache = cache.clone();
    let call = move || with_cache(&cache, || by_thread(n, &cache, depth - 1));
    thread::spawn(call).join().expect("no panic") + 1
}

#[test]
fn a_body_may_join_a_thread_that_makes_the_same_call() {
    in_time(|| {
        let test = patient(Duration::from_millis(50));
        assert_eq!(test.run(|| by_thread(1, test.cache(), 2)), 3);
        assert_eq!(given_up(&test), 2);
        // The innermost came to its end first.
        assert_eq!(test.run(|| by_thread(1, test.cache(), 0)), 1);
        assert_eq!(test.cache().stats().computed, 3);
    });
}

#[memoize(skip(cache, depth))]
async fn by_task(n: u64, cache: Cache, depth: u64) -> u64 {
    match depth {
        0 => n,
        _ => {
            tokio::spawn(inner(n, cache, depth - 1))
                .await
                .expect("no panic")
                + 1
        }
    }
}

fn inner(n: u64, cache: Cache, depth: u64) -> BoxFuture<'static, u64> {
    let call = by_task(n, cache.clone(), depth);
    Box::pin(async move { with_cache_async(&cache, call).await })
}

#[test]
fn a_body_may_join_a_task_that_makes_the_same_call() {
    on_runtimes(|| async {
        let test = patient(Duration::from_millis(50));
        let cache = test.cache().clone();
        assert_eq!(test.run_async(by_task(1, cache, 2)).await, 3);
        assert_eq!(given_up(&test), 2);
    });
}

static PARALLEL: LazyLock<Mutex<Option<Cache>>> = LazyLock::new(Mutex::default);

fn parallel_cache() -> Cache {
    let cache = PARALLEL.lock().expect("no panic").clone();
    cache.expect("it is set")
}

#[memoize(cache = parallel_cache())]
fn par(n: u64) -> u64 {
    match n {
        0 => 1,
        n => (0..n).into_par_iter().map(par).sum(),
    }
}

#[test]
fn a_recursion_over_a_pool_that_steals_work_ends() {
    in_time(|| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(8).build();
        let pool = pool.expect("threads can be had");
        for _ in 0..20 {
            let test = patient(Duration::from_millis(500));
            *PARALLEL.lock().expect("no panic") = Some(test.cache().clone());
            assert_eq!(pool.install(|| par(14)), 8192);
        }
    });
}

static NESTED: Runs = Runs::new();

#[memoize(skip(goes_on))]
fn gated(n: u64, goes_on: &Gate) -> u64 {
    if NESTED.add() == 1 {
        goes_on.pass();
    }
    n
}

#[memoize(skip(goes_on))]
fn asks_for_gated(n: u64, goes_on: &Gate) -> u64 {
    gated(n, goes_on) + 1
}

#[test]
fn a_call_that_a_body_makes_waits_for_a_tenth_of_the_time() {
    in_time(|| {
        let limit = Duration::from_secs(20);
        let (test, goes_on) = (patient(limit), Gate::new());
        thread::scope(|scope| {
            scope.spawn(|| test.run(|| gated(1, &goes_on)));
            until(|| NESTED.get() == 1);
            let other = scope.spawn(|| test.run(|| gated(1, &goes_on)));
            until_waiting(&test, 1);
            assert_eq!(test.run(|| asks_for_gated(1, &goes_on)), 2);
            assert_eq!(other.join().expect("no panic"), 1);
            goes_on.open();
        });
        let waited = test
            .recorder()
            .events()
            .into_iter()
            .filter_map(|event| match event {
                Event::GaveUpWaiting { after, .. } => Some(after),
                _ => None,
            });
        let waited = Vec::from_iter(waited);
        assert!(matches!(waited[..], [after] if after >= limit / 10 && after < limit));
    });
}

static RUNS: Runs = Runs::new();

#[memoize(skip(limit))]
fn longer_than(n: u64, limit: Duration) -> u64 {
    RUNS.add();
    thread::sleep(limit * 4);
    n
}

#[test]
fn of_many_who_wait_too_long_one_goes_on_at_a_time() {
    in_time(|| {
        let limit = Duration::from_millis(100);
        let test = patient(limit);
        let began = std::time::Instant::now();
        thread::scope(|scope| {
            for _ in 0..16 {
                scope.spawn(|| assert_eq!(test.run(|| longer_than(1, limit)), 1));
            }
        });
        let most = began.elapsed().as_millis() / limit.as_millis() + 1;
        assert!(u128::from(RUNS.get()) <= most, "{} of {most}", RUNS.get());
        assert_eq!(test.run(|| longer_than(1, limit)), 1);
        assert!(RUNS.get() <= 1 + given_up(&test) as u64);
    });
}

#[test]
fn a_blocking_call_does_not_wait_for_an_asynchronous_one_nor_that_for_it() {
    in_time(|| {
        let test = Isolated::new();
        let policy = Policy::named("both-ways");
        let cache = test.cache();
        let runs = Gate::new();
        let body = async {
            runs.open();
            pending::<u64>().await
        };
        let mut leader = Box::pin(cache.get_or_compute_async(&1, &policy, body));
        while !runs.is_open() {
            assert!(poll(&mut leader).is_pending());
            thread::yield_now();
        }
        assert_eq!(cache.get_or_compute(&1, &policy, || 2), 2);
        drop(leader);
        let (leads, goes_on) = (Gate::new(), Gate::new());
        thread::scope(|scope| {
            let body = || {
                leads.open();
                goes_on.pass();
                8
            };
            let policy = &policy;
            scope.spawn(move || cache.get_or_compute(&7, policy, body));
            leads.pass();
            let other = cache.get_or_compute_async(&7, policy, ready(9));
            assert_eq!(block_on(other), 9);
            goes_on.open();
        });
        assert_eq!((waiting(&test), given_up(&test)), (0, 0));
    });
}
