//! The same promises for asynchronous functions.

use std::cell::Cell;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use futures::channel::oneshot;
use futures::executor::block_on;
use futures::future::{join, join_all};
use memo::memoize;
use memo_testkit::assert_computed;

use crate::Runs;
use crate::store::Isolated;

#[memoize]
async fn doubled(n: u64) -> u64 {
    std::future::ready(n).await * 2
}

#[memoize]
async fn parsed(text: &str) -> Result<u64, String> {
    let number: u64 = text.parse().map_err(|_| format!("{text} is no number"))?;
    std::future::ready(()).await;
    Ok(number)
}

#[test]
fn an_async_function_is_memoized() {
    let test = Isolated::new();
    block_on(test.run_async(async {
        assert_eq!(assert_computed!(1, doubled(4).await), 8);
        assert_eq!(assert_computed!(0, doubled(4).await), 8);
        assert_eq!(assert_computed!(1, parsed("7").await), Ok(7));
        assert_eq!(assert_computed!(0, parsed("7").await), Ok(7));
        assert_computed!(1, parsed("x").await).expect_err("not a number");
        assert_computed!(1, parsed("x").await).expect_err("and not stored");
    }));
}

fn is_send<F: Future + Send>(future: F) -> F {
    future
}

#[test]
fn its_future_is_send_and_runs_nothing_before_it_is_polled() {
    Isolated::new().run(|| assert_computed!(0, drop(is_send(doubled(4)))));
}

#[memoize(skip(runs, go))]
async fn gated(
    id: u64,
    runs: &Runs,
    go: &Cell<Option<oneshot::Receiver<()>>>,
) -> Result<u64, String> {
    runs.add();
    if let Some(go) = go.take() {
        go.await.map_err(|_| "the gate is gone".to_owned())?;
    }
    if id == 0 { Err("zero".into()) } else { Ok(id) }
}

#[test]
fn callers_await_one_computation_and_share_its_error() {
    for id in [0, 1] {
        let test = Isolated::new();
        let runs = Runs::new();
        let (open, go) = oneshot::channel();
        let go = Cell::new(Some(go));
        let calls = join_all((0..8).map(|_| gated(id, &runs, &go)));
        let opened = async { open.send(()).expect("somebody waits") };
        let (outcomes, ()) = block_on(test.run_async(join(calls, opened)));
        assert!(
            outcomes
                .iter()
                .all(|outcome| *outcome == if id == 0 { Err("zero".into()) } else { Ok(1) })
        );
        assert_eq!(runs.get(), 1);
    }
}

#[test]
fn a_leader_that_is_dropped_hands_over() {
    crate::store::at_once();
    let test = Isolated::new();
    let runs = Runs::new();
    let (_open, never) = oneshot::channel();
    let go = Cell::new(Some(never));
    let mut context = Context::from_waker(Waker::noop());
    let mut leader = Box::pin(test.run_async(gated(1, &runs, &go)));
    assert!(leader.as_mut().poll(&mut context).is_pending());
    let mut follower = pin!(test.run_async(gated(1, &runs, &go)));
    assert!(follower.as_mut().poll(&mut context).is_pending());
    drop(leader);
    assert_eq!(follower.as_mut().poll(&mut context), Poll::Ready(Ok(1)));
    assert_eq!(runs.get(), 2);
    assert_eq!(gated::site().stats().abandoned, 1);
}

#[memoize(skip(depth))]
async fn again(id: u64, depth: &Runs) -> u64 {
    if depth.add() < 3 {
        Box::pin(again(id, depth)).await + 1
    } else {
        id
    }
}

#[test]
fn a_task_that_comes_back_to_its_own_key_computes() {
    let test = Isolated::new();
    assert_eq!(block_on(test.run_async(again(10, &Runs::new()))), 12);
}

#[memoize]
async fn fibonacci(n: u64) -> u64 {
    if n < 2 {
        return n;
    }
    let (a, b) = join(Box::pin(fibonacci(n - 1)), Box::pin(fibonacci(n - 2))).await;
    a + b
}

#[test]
fn branches_that_are_awaited_together_share() {
    let test = Isolated::new();
    block_on(
        test.run_async(async {
            assert_eq!(assert_computed!(41, fibonacci(40).await), 102_334_155)
        }),
    );
}

#[test]
fn scopes_follow_a_future() {
    let test = Isolated::new();
    block_on(test.run_async(async {
        doubled(5).await;
        assert_eq!(
            assert_computed!(1, memo::refresh_async(doubled(5)).await),
            10
        );
        assert_computed!(0, memo::bypass_async(doubled(5)).await);
        assert_computed!(0, doubled(5).await);
    }));
}

#[test]
fn an_async_entry_is_reached_like_any_other() {
    let test = Isolated::new();
    block_on(test.run_async(async {
        let seven = parsed::entry("7");
        assert_eq!(seven.peek().await, None);
        seven.put(70).await;
        assert_eq!(parsed("7").await, Ok(70));
        assert!(seven.explain().await.verdict.is_hit());
        assert!(seven.invalidate().await);
        assert_eq!(parsed("7").await, Ok(7));
    }));
}

/// How many bodies of `guarded` are alive.
static ALIVE: AtomicU64 = AtomicU64::new(0);

struct Guard;

impl Guard {
    fn new() -> Self {
        ALIVE.fetch_add(1, Ordering::SeqCst);
        Self
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        ALIVE.fetch_sub(1, Ordering::SeqCst);
    }
}

#[memoize(skip(go))]
async fn guarded(id: u64, go: &Cell<Option<oneshot::Receiver<()>>>) -> u64 {
    let _guard = Guard::new();
    if let Some(go) = go.take() {
        go.await
            .expect("never sent, and never dropped before the body");
    }
    id
}

/// Notes how many bodies are alive when the follower is told to take over.
#[derive(Default)]
struct Census(AtomicU64);

impl Wake for Census {
    fn wake(self: Arc<Self>) {
        self.0
            .store(100 + ALIVE.load(Ordering::SeqCst), Ordering::SeqCst);
    }
}

#[test]
fn a_cancelled_body_is_gone_before_the_next_one_runs() {
    crate::store::at_once();
    let test = Isolated::new();
    let (_open, never) = oneshot::channel();
    let go = Cell::new(Some(never));
    let census = Arc::new(Census::default());
    let waker = Waker::from(census.clone());
    let mut context = Context::from_waker(&waker);
    let mut leader = Box::pin(test.run_async(guarded(1, &go)));
    assert!(leader.as_mut().poll(&mut context).is_pending());
    let mut follower = pin!(test.run_async(guarded(1, &go)));
    assert!(follower.as_mut().poll(&mut context).is_pending());
    assert_eq!(ALIVE.load(Ordering::SeqCst), 1);
    drop(leader);
    assert_eq!(
        census.0.load(Ordering::SeqCst),
        100,
        "woken, with no body alive"
    );
    assert_eq!(follower.as_mut().poll(&mut context), Poll::Ready(1));
}
