//! Stores that take little, or can do little.

use std::sync::atomic::{AtomicU32, Ordering};

use memo::backend::{Capability, FaultKind, Memory};
use memo::{Cache, Event, Operation, Problem, Unstored, memoize};
use memo_testkit::Chaos;

use crate::shelf::{Shelf, noise, outside};
use crate::store::{self, Why};

#[memoize(key = "small-store:{n}:{text}", expiration = 60)]
fn whole(n: u32, text: &str) -> String {
    format!("{n} {text} {}", noise(n, 20))
}

#[memoize(key = "small-store-split:{n}:{text}", expiration = 60, large_data)]
fn split(n: u32, text: &str) -> String {
    format!("{n} {text} {}", noise(n, 400))
}

#[cfg(feature = "encrypt")]
#[memoize(
    key = "small-store-sealed:{n}:{text}",
    expiration = 60,
    encrypt,
    large_data
)]
fn sealed(n: u32, text: &str) -> String {
    format!("{n} {text} {}", noise(n, 400))
}

fn with_keys(capability: Capability) -> Shelf {
    Shelf::with(capability, |cache| {
        #[cfg(feature = "encrypt")]
        let cache = cache.keyring(crate::shelf::ring(1));
        cache
    })
}

/// Values are right, nothing panics, and what does not fit is too large and no fault of the backend.
fn gets_along(capability: Capability) {
    let case = format!("{capability:?}");
    let shelf = with_keys(capability);
    let text = "a rather long argument, so that names have to be cut: ".repeat(3);
    for _ in 0..3 {
        for n in 0..40 {
            shelf.run(|| {
                let ends = |value: String, length| {
                    let end = noise(n, length);
                    assert_eq!(value, format!("{n} {text} {end}"), "{case}");
                };
                ends(whole(n, &text), 20);
                ends(split(n, &text), 400);
                #[cfg(feature = "encrypt")]
                ends(sealed(n, &text), 400);
            });
        }
    }
    for event in shelf.recorder.events() {
        match event {
            Event::Faulty { fault, .. } => panic!("{case}: {fault}"),
            Event::Unstored { reason, .. } => assert_eq!(reason, Unstored::TooLarge, "{case}"),
            _ => {}
        }
    }
    let longest = shelf.names().iter().map(String::len).max();
    assert!(longest <= Some(capability.max_name_bytes), "{case}");
}

#[test]
fn any_limit_of_values_is_kept_to() {
    for max_value_bytes in [0, 1, 10, 26, 41, 42, 50, 59, 70, 100, 200, 1000] {
        gets_along(outside(max_value_bytes));
    }
}

#[test]
fn any_limit_of_names_is_kept_to() {
    for max_name_bytes in [105, 106, 110, 150, 250, 10_000] {
        gets_along(Capability::of(max_name_bytes, 300));
    }
}

/// Names that are cut to a few letters would be the names of many entries.
#[test]
fn a_store_of_very_short_names_is_refused_when_the_cache_is_built() {
    for max_name_bytes in [0, 1, 40, 41, 50, 73, 104] {
        let memory = Memory::with_budget(1 << 20);
        let store = Chaos::limited(memory, Capability::of(max_name_bytes, 300));
        let refused = Cache::builder().backend(store).build();
        let words = refused.expect_err("too short").to_string();
        assert!(words.contains("105 bytes"), "{words}");
    }
}

#[test]
fn what_is_split_is_stored_where_whole_values_do_not_fit() {
    let shelf = Shelf::new(200);
    let split_twice = || shelf.run(|| split(1, "a"));
    assert_eq!(shelf.computed(split_twice).0, 1);
    assert_eq!(shelf.computed(split_twice).0, 0);
    let text = "x".repeat(200);
    assert_eq!(shelf.computed(|| whole(1, &text)).0, 1);
    assert_eq!(shelf.computed(|| whole(1, &text)).0, 1);
    let too_large = |event: &Event| {
        matches!(
            event,
            Event::Unstored {
                reason: Unstored::TooLarge,
                ..
            }
        )
    };
    assert_eq!(shelf.recorder.count(too_large), 2);
}

/// What was told of values that are too large.
fn told(recorder: &memo_testkit::Recorder) -> Vec<String> {
    let events = recorder.events().into_iter();
    let told = events.filter_map(|event| match event {
        Event::NotCached {
            problem: problem @ Problem::TooLarge(_),
            ..
        } => Some(problem.to_string()),
        _ => None,
    });
    told.collect()
}

#[test]
fn a_value_larger_than_an_entry_is_told_once_with_what_mends_it() {
    #[memoize(key = "small-store-told:{length}")]
    fn text(length: usize) -> String {
        noise(1, length)
    }
    let shelf = Shelf::new(200);
    assert_eq!(shelf.computed(|| text(20)).0, 1);
    assert_eq!(told(&shelf.recorder), [""; 0]);
    for length in [500, 500, 600] {
        assert_eq!(shelf.computed(|| text(length)).0, 1);
    }
    let told = told(&shelf.recorder);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains("`large_data`"), "{told:?}");
    assert_eq!(shelf.computed(|| text(20)).0, 0);
}

#[test]
fn a_value_larger_than_what_is_written_at_all_is_told_once_with_what_mends_it() {
    #[memoize(key = "small-store-told-limit:{length}", large_data)]
    fn text(length: usize) -> String {
        noise(1, length)
    }
    let shelf = Shelf::with(outside(200), |cache| cache.max_value_bytes(1000));
    for _ in 0..2 {
        assert_eq!(shelf.computed(|| text(2000)).0, 1);
    }
    let told = told(&shelf.recorder);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains("`Cache::builder().max_value_bytes(..)`"));
}

#[test]
fn a_value_that_the_server_refuses_for_its_size_is_told_once_with_what_mends_it() {
    #[memoize(key = "small-store-told-server")]
    fn text() -> String {
        noise(1, 5 << 20)
    }
    store::in_memory(Why::Budget);
    // It holds 4 MiB in all, and does not say so.
    let shelf = Shelf::new(64 << 20);
    for _ in 0..2 {
        assert_eq!(shelf.computed(text).0, 1);
    }
    let told = told(&shelf.recorder);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains("raise the server's limit"), "{told:?}");
}

#[test]
fn a_value_that_grew_too_large_takes_the_older_one_with_it() {
    static LENGTH: AtomicU32 = AtomicU32::new(10);
    #[memoize(key = "small-store-grown")]
    fn grown() -> String {
        noise(1, LENGTH.load(Ordering::SeqCst) as usize)
    }
    let shelf = Shelf::new(200);
    shelf.run(grown);
    LENGTH.store(500, Ordering::SeqCst);
    assert_eq!(shelf.run(|| memo::refresh(grown)).len(), 500);
    assert_eq!(shelf.names(), [""; 0]);
    assert_eq!(shelf.computed(grown).1.len(), 500);
}

#[test]
fn a_store_without_groups_says_so_and_entries_go_one_by_one() {
    let shelf = Shelf::new(200);
    shelf.run(|| whole(1, "a"));
    assert_eq!(shelf.cache.invalidate_all(whole::site()), 0);
    let unsupported = |event: &Event| match event {
        Event::Faulty {
            operation: Operation::Delete,
            fault,
            ..
        } => fault.kind() == FaultKind::Unsupported,
        _ => false,
    };
    assert_eq!(shelf.recorder.count(unsupported), 1);
    assert!(shelf.run(|| whole::entry(1, "a").invalidate()));
    assert_eq!(shelf.names(), [""; 0]);
}
