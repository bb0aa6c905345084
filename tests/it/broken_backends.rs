//! Backends that panic, hang, do too little or say absurd things of themselves: calls go on without them, and it is told.

use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;

use memo::backend::{Capability, FaultKind};
use memo::{Cache, Event, Operation, memoize, with_cache, with_cache_async};

use crate::support::{Act, Scripted, Step, in_time, poll};

#[memoize(key = "broken:{n}")]
fn identity(n: u32) -> u32 {
    n
}

fn at(place: Step, act: fn() -> Act) -> impl Fn(Step) -> Act {
    move |step| if step == place { act() } else { Act::Go }
}

#[test]
fn a_panic_of_the_backend_is_no_panic_of_the_call() {
    for step in [Step::BeforeGet, Step::BeforeSet, Step::BeforeDelete] {
        let store = Scripted::new();
        store.script(at(step, || Act::Panic));
        with_cache(&store.cache(), || {
            assert_eq!(identity(1), 1);
            identity::entry(1).invalidate();
        });
    }
}

#[test]
fn an_invalidation_that_the_backend_did_not_finish_is_told() {
    let store = Scripted::new();
    let test = store.isolated();
    store.script(at(Step::BeforeDelete, || Act::Hang));
    test.run(|| {
        identity(1);
        identity::entry(1).invalidate();
    });
    let faults = |event: &Event| matches!(event, Event::Faulty { .. });
    assert_eq!(test.recorder().count(faults), 1);
}

#[test]
fn invalidating_a_whole_function_where_the_backend_cannot_is_told() {
    let test = Scripted::new().isolated();
    test.run(|| {
        identity(1);
        identity::site().invalidate_all();
    });
    let unsupported = |event: &Event| match event {
        Event::Faulty {
            operation: Operation::Delete,
            fault,
            ..
        } => fault.kind() == FaultKind::Unsupported,
        _ => false,
    };
    assert_eq!(test.recorder().count(unsupported), 1);
}

#[test]
fn a_backend_whose_names_are_too_short_to_tell_keys_apart_is_refused() {
    for limit in [0, 1, 40, 104] {
        let store = Scripted::with(Capability::of(limit, 1 << 20));
        let refused = Cache::builder().backend(store).build();
        assert!(refused.is_err(), "names of {limit} bytes");
    }
}

#[test]
fn the_shortest_names_that_are_taken_tell_keys_apart() {
    #[memoize(key = "short:{text}")]
    fn length(text: &str) -> usize {
        text.len()
    }
    let cache = Scripted::with(Capability::of(105, 1 << 20)).cache();
    with_cache(&cache, || {
        for len in 0..200 {
            assert_eq!(length(&"x".repeat(len)), len);
        }
    });
}

#[test]
fn absurd_limits_of_values_are_harmless() {
    #[memoize(key = "absurd:{len}", large_data)]
    fn bytes(len: usize) -> Vec<u8> {
        vec![len as u8; len]
    }
    for limit in [0, 1, 20, 60, 100, usize::MAX] {
        let cache = Scripted::with(Capability::of(usize::MAX, limit)).cache();
        with_cache(&cache, || {
            for len in [0, 1, 50, 5000] {
                assert_eq!(
                    [bytes(len), bytes(len)],
                    [(); 2].map(|()| vec![len as u8; len])
                );
            }
        });
    }
}

#[test]
fn a_backend_may_call_the_key_that_it_is_asked_for() {
    in_time(|| {
        let store = Scripted::new();
        let (cache, inside) = (store.cache(), AtomicBool::new(false));
        let again = cache.clone();
        store.script(move |step| {
            if step == Step::BeforeSet && !inside.swap(true, Ordering::SeqCst) {
                assert_eq!(with_cache(&again, || identity(5)), 5);
            }
            Act::Go
        });
        assert_eq!(with_cache(&cache, || identity(5)), 5);
    });
}

#[memoize(key = "given-up:{n}", large_data)]
async fn given_up(n: u32) -> u32 {
    n
}

/// Begins everything that can be asked of an entry, and drops it where it waits.
fn begin_and_drop(cache: &Cache) {
    let entry = with_cache(cache, || given_up::entry(1));
    let mut call = Box::pin(with_cache_async(cache, given_up(1)));
    let _ = poll(&mut call);
    let mut put = Box::pin(entry.put(1));
    let _ = poll(&mut put);
    let refreshed = memo::refresh_async(given_up(1));
    let mut refresh = Box::pin(with_cache_async(cache, refreshed));
    let _ = poll(&mut refresh);
    let mut invalidation = Box::pin(entry.invalidate());
    let _ = poll(&mut invalidation);
    let mut all = Box::pin(cache.invalidate_all_async(given_up::site()));
    let _ = poll(&mut all);
}

#[test]
fn futures_that_are_dropped_where_the_backend_hangs_leave_nothing_behind() {
    use Step::{AfterGet, AfterSet, BeforeDelete, BeforeGet, BeforeSet};
    for place in [BeforeGet, AfterGet, BeforeSet, AfterSet, BeforeDelete] {
        let store = Scripted::new();
        let cache = store.cache();
        store.script(at(place, || Act::Hang));
        begin_and_drop(&cache);
        store.behave();
        let entry = with_cache(&cache, || given_up::entry(1));
        let mut again = Box::pin(with_cache_async(&cache, async {
            entry.invalidate().await;
            (given_up(1).await, given_up(1).await, entry.peek().await)
        }));
        assert_eq!(poll(&mut again), Poll::Ready((1, 1, Some(1))), "{place:?}");
    }
    let stats = given_up::site().stats();
    let answered = stats.hits + stats.joined + stats.computed;
    assert!(stats.calls >= answered, "{stats:?}");
}
