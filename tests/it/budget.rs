//! One byte budget, and what a value weighs.

use std::sync::atomic::{AtomicU64, Ordering};

use memo::{Event, Unstored, memoize};
use memo_testkit::assert_computed;

use crate::store::{self, Isolated, Why};
use crate::support::Nested;

#[memoize]
fn kilobytes(id: u64) -> Vec<u8> {
    vec![id as u8; 4096]
}

#[memoize(weigh = |_| 1 << 20)]
fn heavy_because_said(id: u64) -> u64 {
    id
}

#[test]
fn the_budget_is_never_exceeded() {
    store::in_memory(Why::Budget);
    let test = Isolated::with(|builder| builder.memory_budget(256 << 10)).expect("sound");
    test.run(|| {
        for id in 0..1000 {
            kilobytes(id);
            let stats = test.cache().stats();
            assert!(stats.bytes <= stats.budget, "{stats:?}");
        }
        let stats = test.cache().stats();
        assert!(
            stats.bytes > stats.budget / 2,
            "the budget is used: {stats:?}"
        );
        assert!(stats.evictions > 900);
    });
}

#[test]
fn a_value_weighs_what_it_holds_or_what_the_attribute_says() {
    store::in_memory(Why::Budget);
    let test = Isolated::with(|builder| builder.memory_budget(8 << 20)).expect("sound");
    test.run(|| {
        kilobytes(1);
        let weighed = |event: &Event| match event {
            Event::Stored { weight, .. } => Some(*weight),
            _ => None,
        };
        let weights = || {
            test.recorder()
                .events()
                .iter()
                .filter_map(weighed)
                .collect::<Vec<_>>()
        };
        assert!((4096..5000).contains(&weights()[0]), "{:?}", weights());
        heavy_because_said(1);
        assert_eq!(weights()[1], 1 << 20);
    });
}

#[test]
fn a_value_too_large_is_returned_and_not_stored() {
    store::in_memory(Why::Budget);
    let test = Isolated::with(|builder| builder.memory_budget(64 << 10)).expect("sound");
    test.run(|| {
        for _ in 0..2 {
            assert_eq!(heavy_because_said(1), 1);
        }
        let words = |event: &Event| match event {
            Event::NotCached { problem, .. } => Some(problem.to_string()),
            _ => None,
        };
        let told = test.recorder().events();
        let told = Vec::from_iter(told.iter().filter_map(words));
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].contains("`memory_budget`"), "{told:?}");
        let refused = |event: &Event| {
            matches!(
                event,
                Event::Unstored {
                    reason: Unstored::TooLarge,
                    ..
                }
            )
        };
        assert_eq!(test.recorder().count(refused), 2);
        assert_eq!(test.cache().stats().entries, 0);
    });
}

#[memoize]
fn nested(depth: u32) -> Nested {
    Nested(depth)
}

#[test]
fn a_value_that_is_nested_too_deep_to_be_weighed_is_returned_and_not_stored() {
    store::in_memory(Why::Budget);
    let test = Isolated::new();
    test.run(|| {
        assert_eq!(nested(Nested::ENDLESSLY.0).0, Nested::ENDLESSLY.0);
        assert_eq!(test.cache().stats().entries, 0);
        assert_eq!(nested(1000).0, 1000);
        assert_eq!(test.cache().stats().entries, 1);
    });
}

/// A value that counts how often it is serialized.
#[derive(Clone, serde::Deserialize)]
struct Watched;

static SERIALISED: AtomicU64 = AtomicU64::new(0);

impl serde::Serialize for Watched {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        SERIALISED.fetch_add(1, Ordering::SeqCst);
        serializer.serialize_unit()
    }
}

#[memoize]
fn watched(id: u64) -> Watched {
    let _ = id;
    Watched
}

#[test]
fn a_hit_serialises_nothing() {
    store::in_memory(Why::Budget);
    Isolated::new().run(|| {
        watched(1);
        let weighed = SERIALISED.load(Ordering::SeqCst);
        assert_computed!(0, {
            for _ in 0..100 {
                watched(1);
            }
        });
        assert_eq!(SERIALISED.load(Ordering::SeqCst), weighed);
    });
}

/// A value whose end calls the cache again.
#[derive(Clone)]
struct Clinging(#[allow(dead_code)] std::sync::Arc<Last>);

struct Last(u64);

impl Drop for Last {
    fn drop(&mut self) {
        clinging::entry(self.0).invalidate();
        kilobytes(self.0);
    }
}

#[memoize(local, weigh = |_| 4096)]
fn clinging(id: u64) -> Clinging {
    Clinging(std::sync::Arc::new(Last(id)))
}

#[test]
fn a_value_may_call_the_cache_when_it_is_dropped() {
    store::in_memory(Why::Budget);
    let test = Isolated::with(|builder| builder.memory_budget(64 << 10)).expect("sound");
    test.run(|| {
        (0..100).for_each(|id| drop(clinging(id)));
        (0..100).for_each(|id| drop(memo::refresh(|| clinging(id))));
        test.cache().clear();
    });
}
