//! Sequences whose bodies wait, out of sight, for who follows them: without the attribute they would just run, and so they do with it.

use std::future::{poll_fn, ready};
use std::pin::pin;
use std::task::Poll;
use std::thread;
use std::time::{Duration, Instant};

use futures::future::{BoxFuture, join, join_all};
use futures::stream::{self, BoxStream};
use futures::{Stream, StreamExt};
use memo::{Cache, Event, memoize, memoize_iter, with_cache, with_cache_async};
use tokio::runtime::Builder;

use crate::store::Isolated;
use crate::support::{Act, Gate, Runs, Scripted, Step, in_time, poll, until, until_waiting};

const SHORT: Duration = Duration::from_millis(50);
/// What is over before that was noticed without it.
const HOUR: Duration = Duration::from_secs(3600);

/// A test whose calls wait for a body for this long, and for a consumer for as long as it takes.
fn patient(limit: Duration) -> Isolated {
    Isolated::with(|cache| cache.follow_timeout(limit).patience(HOUR))
        .expect("the description is sound")
}

fn given_up(test: &Isolated) -> u64 {
    let told = |event: &Event| matches!(event, Event::GaveUpWaiting { .. });
    test.recorder().count(told) as u64
}

/// In a runtime in which a hang is a failure.
fn in_runtime<F: Future<Output = ()> + 'static>(test: fn() -> F) {
    in_time(move || {
        let runtime = Builder::new_multi_thread().worker_threads(2).build();
        runtime.expect("a runtime").block_on(test());
    });
}

static AT_ONCE: Runs = Runs::new();

/// Asks for its own items from a thread until it is deep enough, before it has any.
#[memoize_iter(skip(cache, depth))]
fn by_thread(n: u64, cache: &Cache, depth: u64) -> Vec<u64> {
    AT_ONCE.add();
    if depth == 0 {
        return (0..n).collect();
    }
    let cache = cache.clone();
    let call = move || with_cache(&cache, || by_thread(n, &cache, depth - 1));
    thread::spawn(call).join().expect("no panic")
}

#[test]
fn a_body_may_join_a_thread_that_asks_for_the_same_sequence() {
    in_time(|| {
        let test = patient(SHORT);
        let call = |depth| test.run(|| by_thread(3, test.cache(), depth));
        assert_eq!(call(2), [0, 1, 2]);
        assert_eq!((AT_ONCE.get(), given_up(&test)), (3, 2));
        assert_eq!(call(0), [0, 1, 2]);
        assert_eq!(AT_ONCE.get(), 3, "it is stored");
    });
}

static MIDWAY: Runs = Runs::new();

/// The same, between two items.
#[memoize_iter(skip(cache, depth))]
fn by_thread_midway(n: u64, cache: Cache, depth: u64) -> impl Iterator<Item = u64> {
    MIDWAY.add();
    (0..n).inspect(move |&item| {
        if item == 1 && depth > 0 {
            let cache = cache.clone();
            let call = move || {
                let items = with_cache(&cache, || by_thread_midway(n, cache.clone(), depth - 1));
                assert!(items.eq(0..n));
            };
            thread::spawn(call).join().expect("no panic");
        }
    })
}

#[test]
fn a_body_may_join_a_thread_that_asks_for_the_same_sequence_between_two_items() {
    in_time(|| {
        let test = patient(SHORT);
        let call = |depth| test.run(|| by_thread_midway(3, test.cache().clone(), depth));
        assert!(call(1).eq(0..3));
        assert_eq!((MIDWAY.get(), given_up(&test)), (2, 1));
        assert!(call(0).eq(0..3));
        assert_eq!(MIDWAY.get(), 2, "it is stored");
    });
}

static TASKS: Runs = Runs::new();

#[memoize_iter(skip(cache, depth))]
async fn by_task(n: u64, cache: Cache, depth: u64) -> BoxStream<'static, u64> {
    TASKS.add();
    let items = match depth {
        0 => (0..n).collect(),
        _ => tokio::spawn(all_of_task(n, cache, depth - 1))
            .await
            .expect("no panic"),
    };
    stream::iter(items).boxed()
}

fn all_of_task(n: u64, cache: Cache, depth: u64) -> BoxFuture<'static, Vec<u64>> {
    let (within, call) = (cache.clone(), async move {
        by_task(n, cache, depth).await.collect().await
    });
    Box::pin(async move { with_cache_async(&within, call).await })
}

#[test]
fn a_stream_may_join_a_task_that_asks_for_the_same_stream() {
    in_runtime(|| async {
        let test = patient(SHORT);
        let call = |depth| test.run_async(all_of_task(3, test.cache().clone(), depth));
        assert_eq!(call(2).await, [0, 1, 2]);
        assert_eq!((TASKS.get(), given_up(&test)), (3, 2));
        assert_eq!(call(0).await, [0, 1, 2]);
        assert_eq!(TASKS.get(), 3, "it is stored");
    });
}

/// Needs to be polled twice for its second item.
#[memoize_iter(skip(runs))]
fn hesitates(n: u64, runs: &'static Runs) -> impl Stream<Item = u64> + Send {
    runs.add();
    stream::iter(0..n).then(async |item| {
        if item == 1 {
            tokio::task::yield_now().await;
        }
        item
    })
}

async fn hesitating(test: Isolated, n: u64, runs: &'static Runs) -> Vec<u64> {
    test.run_async(async { hesitates(n, runs).collect().await })
        .await
}

static HELD: Runs = Runs::new();

#[test]
fn a_stream_ends_when_its_task_holds_the_producer_in_its_body_and_does_not_poll_it() {
    in_runtime(|| async {
        let test = patient(HOUR);
        let all = || hesitates(3, &HELD).collect::<Vec<_>>();
        let two_at_once = async {
            let mut first = pin!(hesitates(3, &HELD));
            assert_eq!(first.next().await, Some(0));
            assert!(poll_next(&mut first).await.is_pending());
            assert_eq!(all().await, [0, 1, 2]);
            assert_eq!((HELD.get(), given_up(&test)), (2, 1));
            assert_eq!(first.collect::<Vec<_>>().await, [1, 2]);
            assert_eq!(all().await, [0, 1, 2]);
            assert_eq!(HELD.get(), 2, "it is stored");
        };
        test.run_async(two_at_once).await;
    });
}

/// Polls a stream once, by the waker of the task.
async fn poll_next<S: Stream + Unpin>(stream: &mut S) -> Poll<Option<S::Item>> {
    poll_fn(|context| Poll::Ready(stream.poll_next_unpin(context))).await
}

static WOKEN: Runs = Runs::new();

#[test]
fn another_task_does_not_wait_for_a_producer_that_was_woken_in_its_body_and_is_not_polled() {
    in_runtime(|| async {
        crate::store::at_once();
        let test = patient(HOUR);
        let call = || hesitating(test.clone(), 3, &WOKEN);
        let mut first = Box::pin(call());
        assert!(poll(&mut first).is_pending());
        let followers = [(); 8].map(|()| tokio::spawn(call()));
        for follower in followers {
            assert_eq!(follower.await.expect("no panic"), [0, 1, 2]);
        }
        // On a busy machine a second producer may be taken for one that nobody polls as well.
        let runs = WOKEN.get();
        assert!(
            (2..=1 + given_up(&test)).contains(&runs),
            "one goes on for one that is given up"
        );
        assert_eq!(first.await, [0, 1, 2], "who was left has the items");
        assert_eq!(call().await, [0, 1, 2]);
        assert_eq!(WOKEN.get(), runs, "it is stored");
    });
}

static STORED: Runs = Runs::new();

#[test]
fn who_gives_up_when_another_has_gone_on_and_stored_the_sequence_reads_that() {
    crate::store::at_once();
    in_time(|| {
        let test = patient(HOUR);
        let call = || Box::pin(hesitating(test.clone(), 3, &STORED));
        let (mut first, mut second, mut third) = (call(), call(), call());
        assert!(poll(&mut first).is_pending());
        assert!(poll(&mut third).is_pending());
        for call in [&mut second, &mut third] {
            let items = std::iter::repeat_with(|| poll(call)).find(Poll::is_ready);
            assert_eq!(items, Some(Poll::Ready(vec![0, 1, 2])));
        }
        assert_eq!((STORED.get(), given_up(&test)), (2, 2));
    });
}

static LOOKING: Runs = Runs::new();

/// It has missed, and looks once more before its body runs.
#[test]
fn a_stream_ends_when_its_task_holds_the_producer_that_asks_the_store_and_does_not_poll_it() {
    in_time(|| {
        let (store, looks) = (Scripted::new(), Runs::new());
        store.script(move |step| match step {
            Step::BeforeGet if looks.add() == 2 => Act::Hang,
            _ => Act::Go,
        });
        let test = Isolated::with(|cache| {
            let cache = cache.backend(store).deadline(HOUR);
            cache.follow_timeout(HOUR).patience(HOUR)
        });
        let test = test.expect("the description is sound");
        let all = || hesitates(3, &LOOKING).collect::<Vec<_>>();
        let two_at_once = async {
            let mut first = pin!(hesitates(3, &LOOKING));
            assert!(poll_next(&mut first).await.is_pending());
            assert_eq!(all().await, [0, 1, 2]);
            assert_eq!((LOOKING.get(), given_up(&test)), (1, 1));
            assert_eq!(first.collect::<Vec<_>>().await, [0, 1, 2]);
        };
        let runtime = Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(test.run_async(two_at_once));
        assert_eq!(LOOKING.get(), 1, "it is stored");
    });
}

static BUFFERED: Runs = Runs::new();

#[test]
fn the_body_of_a_loop_may_ask_for_the_sequence_that_the_buffer_of_its_stream_produces() {
    in_runtime(|| async {
        let test = patient(HOUR);
        let loops = async {
            let all = |n| hesitates(n, &BUFFERED).collect::<Vec<_>>();
            let mut items = 0;
            let mut lists = pin!(stream::iter(2..6).map(all).buffered(2));
            while let Some(list) = lists.next().await {
                items += list.len() + all(list.len() as u64 + 1).await.len();
            }
            assert_eq!(items, 14 + 18);
        };
        test.run_async(loops).await;
    });
}

static SELECTED: Runs = Runs::new();

#[test]
fn a_handler_of_select_may_ask_for_the_sequence_that_the_other_branch_produces() {
    in_runtime(|| async {
        crate::store::at_once();
        let test = patient(HOUR);
        let selects = async {
            let all = || hesitates(3, &SELECTED).collect::<Vec<_>>();
            let mut other = pin!(all());
            tokio::select! {
                biased;
                _ = &mut other => unreachable!("it is polled once"),
                () = ready(()) => assert_eq!(all().await, [0, 1, 2]),
            }
            assert_eq!(other.await, [0, 1, 2]);
        };
        test.run_async(selects).await;
        assert_eq!((SELECTED.get(), given_up(&test)), (2, 1));
    });
}

static JOINED: Runs = Runs::new();

#[test]
fn streams_that_are_polled_share_one_production_however_they_are_joined() {
    in_runtime(|| async {
        let test = patient(HOUR);
        let all = |n| hesitates(n, &JOINED).collect::<Vec<_>>();
        let joins = async {
            assert_eq!(join(all(3), all(3)).await, (vec![0, 1, 2], vec![0, 1, 2]));
            let many = join_all((0..50).map(|_| all(4))).await;
            assert!(many.iter().all(|items| *items == [0, 1, 2, 3]));
        };
        test.run_async(joins).await;
        let tasks = (0..50).map(|_| tokio::spawn(hesitating(test.clone(), 5, &JOINED)));
        for task in Vec::from_iter(tasks) {
            assert_eq!(task.await.expect("no panic"), [0, 1, 2, 3, 4]);
        }
        assert_eq!((JOINED.get(), given_up(&test)), (3, 0));
    });
}

static OVERTAKEN: Runs = Runs::new();

#[memoize_iter(skip(goes_on))]
fn gated(n: u64, goes_on: &Gate) -> Vec<u64> {
    if OVERTAKEN.add() == 1 {
        goes_on.pass();
    }
    (0..n).collect()
}

#[memoize(skip(goes_on))]
fn length_of_gated(n: u64, goes_on: &Gate) -> usize {
    gated(n, goes_on).len()
}

/// A body waits for a tenth of the time, so it is the first that goes on.
#[test]
fn those_who_wait_for_a_producer_read_what_another_has_stored_who_went_on_in_its_place() {
    in_time(|| {
        let (test, goes_on) = (patient(Duration::from_secs(20)), Gate::new());
        let call = || test.run(|| gated(3, &goes_on));
        thread::scope(|scope| {
            let first = scope.spawn(call);
            until(|| OVERTAKEN.get() == 1);
            let waits = scope.spawn(call);
            until_waiting(&test, 1);
            assert_eq!(test.run(|| length_of_gated(3, &goes_on)), 3);
            assert_eq!(waits.join().expect("no panic"), [0, 1, 2]);
            goes_on.open();
            assert_eq!(first.join().expect("no panic"), [0, 1, 2]);
        });
        assert_eq!((OVERTAKEN.get(), given_up(&test)), (2, 1));
    });
}

static LONG: Runs = Runs::new();

#[memoize_iter(skip(limit))]
fn longer_than(n: u64, limit: Duration) -> Vec<u64> {
    LONG.add();
    thread::sleep(limit * 4);
    (0..n).collect()
}

#[test]
fn of_many_who_wait_too_long_for_a_body_one_goes_on_at_a_time() {
    in_time(|| {
        let limit = Duration::from_millis(100);
        let test = patient(limit);
        let call = || test.run(|| longer_than(3, limit));
        let began = Instant::now();
        thread::scope(|scope| {
            for _ in 0..16 {
                scope.spawn(|| assert_eq!(call(), [0, 1, 2]));
            }
        });
        let most = began.elapsed().as_millis() / limit.as_millis() + 1;
        assert!(u128::from(LONG.get()) <= most, "{} of {most}", LONG.get());
        assert_eq!(LONG.get(), 1 + given_up(&test));
        let before = LONG.get();
        assert_eq!(call(), [0, 1, 2]);
        assert_eq!(LONG.get(), before, "it is stored");
    });
}
