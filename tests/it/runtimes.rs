//! Calls of one cache from everywhere: under any executor, in runtimes that end, and from threads that have none.

use memo::{memoize, with_cache};
use memo_testkit::assert_computed;

use crate::store::Isolated;

#[memoize(key = "runtimes:{n}", large_data)]
async fn awaited(n: u32) -> Vec<u32> {
    (0..n).collect()
}

#[memoize(key = "runtimes-blocking:{n}", large_data)]
fn waited_for(n: u32) -> Vec<u32> {
    (0..n).collect()
}

fn tokio() -> tokio::runtime::Runtime {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .build();
    runtime.expect("a runtime can be had")
}

fn tokio_of_one_thread() -> tokio::runtime::Runtime {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.expect("a runtime can be had")
}

#[test]
fn a_value_stored_under_one_executor_is_served_under_the_others() {
    let test = Isolated::new();
    let call = |n| test.run_async(awaited(n));
    type Run<'r> = &'r dyn Fn(u32) -> Vec<u32>;
    let ways: [(&str, Run<'_>); 5] = [
        ("futures", &|n| futures::executor::block_on(call(n))),
        ("testkit", &|n| memo_testkit::block_on(call(n))),
        ("tokio", &|n| tokio().block_on(call(n))),
        ("tokio, one thread", &|n| {
            tokio_of_one_thread().block_on(call(n))
        }),
        ("futures again", &|n| futures::executor::block_on(call(n))),
    ];
    for (own, (first, run_first)) in (1..).zip(&ways) {
        assert_eq!(run_first(own).len(), own as usize, "{first}");
        let before = test.cache().stats().computed;
        for (second, run) in &ways {
            assert_eq!(run(own).len(), own as usize, "{first}, {second}");
        }
        let ran = test.cache().stats().computed - before;
        assert_eq!(ran, 0, "what was stored under {first}");
    }
}

#[cfg(feature = "redis")]
#[test]
fn blocking_calls_on_the_thread_of_a_runtime_are_told_once_for_each_function() {
    use memo::{Cache, Event, Redis};
    use memo_testkit::Recorder;
    use std::sync::Arc;
    use std::time::Duration;

    #[memoize]
    fn blocks(n: u32) -> u32 {
        n
    }
    #[memoize]
    fn may_block(n: u32) -> u32 {
        n
    }
    #[memoize]
    async fn awaits(n: u32) -> u32 {
        n
    }
    #[memoize(local)]
    fn stays(n: u32) -> u32 {
        n
    }
    let recorder = Recorder::new();
    let url = memo_testkit::servers::RedisServer::shared().url();
    let cache = Cache::builder()
        .namespace("blocked-runtime")
        .deadline(Duration::from_secs(30))
        .observer(Arc::new(recorder.clone()))
        .backend(Redis::connect(&url).expect("a URL"));
    let cache = cache.build().expect("sound");
    with_cache(&cache, || may_block(1));
    for runtime in [tokio(), tokio_of_one_thread()] {
        runtime.block_on(memo::with_cache_async(&cache, async {
            let free = memo::in_scope_blocking(|| may_block(2));
            tokio::task::spawn_blocking(free).await.expect("no panic");
            awaits(1).await;
            stays(1);
        }));
        runtime.block_on(memo::with_cache_async(&cache, async {
            let task = tokio::spawn(memo::in_scope(async { blocks(1) + blocks(2) }));
            assert_eq!(task.await.expect("no panic"), 3);
        }));
        let told = |event: &Event| matches!(event, Event::BlockedRuntime { .. });
        assert_eq!(recorder.count(told), 1, "of one function, and once");
    }
    let told = |event: &Event| {
        let blocked = blocks::site().name();
        matches!(event, Event::BlockedRuntime { function, backend: "redis" } if *function == blocked)
    };
    assert_eq!(recorder.count(told), 1);
}

#[test]
fn tasks_of_a_runtime_and_threads_without_one_use_a_cache_at_once() {
    let test = Isolated::new();
    let runtime = tokio();
    let tasks = (0..40_u32).map(|n| {
        let test = test.clone();
        runtime.spawn(async move { test.run_async(awaited(n % 8)).await.len() })
    });
    let tasks = Vec::from_iter(tasks);
    std::thread::scope(|scope| {
        for n in 0..8_u32 {
            let test = &test;
            scope.spawn(move || {
                let both = test.run(|| {
                    let awaited = futures::executor::block_on(awaited(n));
                    (awaited.len(), waited_for(n).len())
                });
                assert_eq!(both, (n as usize, n as usize));
            });
        }
    });
    for (n, task) in (0..40_usize).zip(tasks) {
        assert_eq!(runtime.block_on(task).expect("no panic"), n % 8);
    }
    assert_eq!(test.cache().stats().computed, 16);
}

#[test]
fn a_blocking_call_may_come_from_a_task() {
    let test = Isolated::new();
    let cache = test.cache().clone();
    let runtime = tokio();
    let called = runtime.spawn_blocking(move || with_cache(&cache, || waited_for(9)));
    assert_eq!(runtime.block_on(called).expect("no panic").len(), 9);
    let in_the_task = async { test.run(|| waited_for(9)) };
    assert_eq!(runtime.block_on(in_the_task).len(), 9);
    test.run(|| assert_computed!(0, waited_for(9)));
}
