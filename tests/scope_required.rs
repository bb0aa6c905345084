//! A program that requires scopes, and has a cache installed all the same.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use memo::{Cache, Event, Problem, memoize};
use memo_testkit::Recorder;

static RUNS: AtomicU64 = AtomicU64::new(0);

#[memoize]
fn page(id: u64) -> u64 {
    RUNS.fetch_add(1, Ordering::Relaxed) * 1000 + id
}

#[memoize]
async fn page_later(id: u64) -> u64 {
    RUNS.fetch_add(1, Ordering::Relaxed) * 1000 + id
}

#[test]
fn the_observer_of_the_installed_cache_is_told_once_of_calls_in_no_scope() {
    let recorder = Recorder::new();
    let builder = Cache::builder().observer(Arc::new(recorder.clone()));
    builder.install().expect("no call was made yet");
    assert_eq!(page(1), page(1), "nothing is required yet");

    memo::require_scope();
    recorder.clear();
    assert_ne!(page(1), page(1));
    let [one, other] = [page_later(1), page_later(1)].map(memo_testkit::block_on);
    assert_ne!(one, other);
    let told = |function: &Event| {
        let problem = Problem::OutsideScope;
        matches!(function, Event::NotCached { problem: told, .. } if *told == problem)
    };
    assert_eq!(recorder.count(told), 2);
    assert_eq!(recorder.events().len(), 2, "nothing else happened to it");
    assert_eq!(page::site().stats().unscoped, 2);
    assert_eq!(memo::cache().stats().entries, 0);

    let tenant = Cache::builder().build().expect("sound");
    memo::with_cache(&tenant, || {
        assert_eq!(page(1), page(1));
        let taken = std::thread::spawn(memo::in_scope_blocking(|| page(1)));
        assert_eq!(taken.join().expect("no panic"), page(1));
    });
    memo::with_cache(&Cache::disabled(), || assert_ne!(page(1), page(1)));
    assert_eq!(page::site().stats().unscoped, 2);
}
