use std::future::{pending, ready};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::task::{Context, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};

use super::*;

/// Longer than any step of a test takes.
const LIMIT: Duration = Duration::from_secs(30);
const SOON: Duration = Duration::from_millis(20);

fn runtime() -> Runtime {
    let runtime = Builder::new_current_thread().enable_all().build();
    runtime.expect("there are threads and files")
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// An executor that knows nothing of tokio.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
        thread::park_timeout(LIMIT);
    }
}

fn timed_out(answer: Answer<()>) -> bool {
    answer.is_err_and(|fault| fault.kind() == FaultKind::Timeout)
}

async fn late_by_own_time() -> bool {
    let start = Instant::now();
    let late = timed_out(within(start + SOON, pin!(pending())).await);
    late && start.elapsed() >= SOON
}

#[test]
fn the_runtime_is_the_callers_where_there_is_one() {
    let runtime = runtime();
    let found = runtime.block_on(async { handle().expect("it is there").id() });
    assert_eq!(found, runtime.handle().id());
}

#[test]
fn outside_of_a_runtime_all_share_one_that_lives_on() {
    let of_thread = || thread::spawn(|| handle().expect("it starts")).join();
    let (first, second) = (of_thread(), of_thread());
    let (first, second) = (first.expect("well"), second.expect("well"));
    assert_eq!(first.id(), second.id());
    let task = first.spawn(async { tokio::time::sleep(SOON).await });
    assert!(block_on(task).is_ok());
}

#[test]
fn a_runtime_without_timers_or_io_counts_as_none() {
    let own = handle().expect("it starts").id();
    let bare = Builder::new_current_thread().build();
    let timeless = Builder::new_current_thread().enable_io().build();
    let deaf = Builder::new_current_thread().enable_time().build();
    for runtime in [bare, timeless, deaf] {
        let runtime = runtime.expect("it is made");
        let found = runtime.block_on(async { handle().expect("it starts").id() });
        assert_eq!(found, own);
        assert!(runtime.block_on(late_by_own_time()));
    }
}

#[test]
fn an_answer_in_time_is_the_answer() {
    for until in [Instant::now(), Instant::now() + LIMIT] {
        assert_eq!(block_on(within(until, pin!(ready(Ok(7))))), Ok(7));
    }
    let operation = pin!(async {
        tokio::time::sleep(SOON).await;
        Ok(7)
    });
    let answer = runtime().block_on(within(Instant::now() + LIMIT, operation));
    assert_eq!(answer, Ok(7));
}

#[test]
fn a_late_answer_is_a_timeout_under_any_executor() {
    assert!(block_on(late_by_own_time()));
    assert!(runtime().block_on(late_by_own_time()));
    let threads = Builder::new_multi_thread().enable_all().build();
    assert!(threads.expect("it is made").block_on(late_by_own_time()));
    assert!(block_on(async {
        timed_out(within(Instant::now(), pin!(pending())).await)
    }));
}

#[test]
fn an_operation_may_go_on_in_another_runtime_than_it_began_in() {
    let (first, second) = (runtime(), runtime());
    let mut operation = Box::pin(late_by_own_time());
    let begun = first.block_on(std::future::poll_fn(|context| {
        Poll::Ready(operation.as_mut().poll(context))
    }));
    assert!(begun.is_pending());
    assert!(second.block_on(operation));
}

#[test]
fn a_deadline_holds_where_nobody_drives_the_callers_runtime() {
    let runtime = runtime();
    let _inside = runtime.enter();
    assert!(block_on(late_by_own_time()));
    assert!(runtime.block_on(async { block_on(late_by_own_time()) }));
}

#[test]
fn a_deadline_is_real_time_where_the_callers_clock_is_stopped() {
    let runtime = Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build();
    let late = runtime.expect("it is made").block_on(late_by_own_time());
    assert!(late);
}

#[test]
fn a_runtime_gets_one_thing_and_another_runtime_another() {
    let things: PerRuntime<usize> = PerRuntime::new();
    let made = AtomicUsize::new(0);
    let get = || things.get_or(|_| made.fetch_add(1, Relaxed));
    let (first, second) = (runtime(), runtime());
    for _ in 0..3 {
        assert_eq!(first.block_on(async { get() }), Ok(0));
        assert_eq!(second.block_on(async { get() }), Ok(1));
        assert_eq!(get(), Ok(2));
    }
    assert_eq!(made.load(Relaxed), 3);
}

#[test]
fn what_is_made_for_a_runtime_knows_it() {
    let things: PerRuntime<Id> = PerRuntime::default();
    let runtime = runtime();
    let made = runtime.block_on(async { things.get_or(Handle::id) });
    assert_eq!(made, Ok(runtime.handle().id()));
}

#[test]
fn what_belongs_to_runtimes_that_have_ended_is_dropped() {
    let things: PerRuntime<Arc<()>> = PerRuntime::new();
    let mut ended = Vec::new();
    for _ in 0..10 {
        let runtime = runtime();
        let thing = runtime.block_on(async { things.get_or(|_| Arc::default()) });
        ended.push(Arc::downgrade(&thing.expect("it is made")));
    }
    let alive = ended.iter().filter(|thing| thing.strong_count() > 0);
    assert_eq!(alive.count(), 1, "the last one's is dropped by the next");
    assert_eq!(things.lock().len(), 1);
}

#[test]
fn a_runtime_gets_nothing_of_one_that_has_ended_and_had_its_number() {
    let things: PerRuntime<usize> = PerRuntime::new();
    let ended = runtime();
    let first = ended.block_on(async { things.get_or(|_| 1) });
    assert_eq!(first, Ok(1));
    drop(ended);
    let next = runtime();
    // Numbers may be given again, says tokio.
    things.lock()[0].runtime = next.handle().id();
    assert_eq!(next.block_on(async { things.get_or(|_| 2) }), Ok(2));
    assert_eq!(next.block_on(async { things.get_or(|_| 3) }), Ok(2));
}

#[test]
fn a_child_of_a_fork_gets_nothing_of_its_parent_in_a_runtime_that_it_inherited() {
    let things: PerRuntime<Arc<()>> = PerRuntime::new();
    let runtime = runtime();
    let get = || runtime.block_on(async { things.get_or(|_| Arc::default()) });
    let parents = get().expect("it is made");
    // What the child finds: the parent's number.
    things.lock()[0].process += 1;
    let own = get().expect("it is made");
    assert!(!Arc::ptr_eq(&parents, &own));
    assert_eq!(Arc::strong_count(&parents), 1, "what it inherited is gone");
    assert!(Arc::ptr_eq(&own, &get().expect("it is there")));
}

#[test]
fn nothing_is_left_in_a_runtime_by_what_is_dropped() {
    let runtime = runtime();
    let life = runtime.block_on(async {
        let things: PerRuntime<()> = PerRuntime::new();
        things.get_or(|_| ()).expect("it is made");
        let life = things.lock()[0].life.clone();
        assert_eq!(life.strong_count(), 1);
        drop(things);
        tokio::task::yield_now().await;
        life
    });
    assert_eq!(life.strong_count(), 0);
}

#[test]
fn threads_that_come_at_once_get_the_same() {
    let runtime = Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.expect("it is made");
    let things: PerRuntime<Arc<()>> = PerRuntime::new();
    let got: Vec<Arc<()>> = thread::scope(|scope| {
        let get = || {
            let _inside = runtime.enter();
            things.get_or(|_| Arc::default()).expect("it is made")
        };
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(get)).collect();
        let got = threads.into_iter().map(|thread| thread.join());
        got.map(|got| got.expect("it ends well")).collect()
    });
    assert!(got.iter().all(|one| Arc::ptr_eq(one, &got[0])));
}

#[test]
fn who_has_made_the_same_at_once_gets_what_was_there_first() {
    let things = PerRuntime::new();
    let second = runtime().block_on(async {
        things.get_or(|_| {
            assert_eq!(things.get_or(|_| 1), Ok(1));
            2
        })
    });
    assert_eq!(second, Ok(1));
    assert_eq!(things.lock().len(), 1);
}
