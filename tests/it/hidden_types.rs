//! Types that cannot be seen to their end: what was stored by a program in which the rest was another is never read as something else.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use memo::{Event, Policy, Problem, Verdict, memoize};
use memo_testkit::assert_computed;
use serde::{Deserialize, Serialize};

use crate::shelf::Shelf;
use crate::store::Isolated;

/// A code of a list that nobody can guess.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
struct Tariff(String);

impl TryFrom<String> for Tariff {
    type Error = &'static str;

    fn try_from(code: String) -> Result<Self, Self::Error> {
        if code.starts_with("tariff ") {
            Ok(Self(code))
        } else {
            Err("no tariff")
        }
    }
}

impl From<Tariff> for String {
    fn from(tariff: Tariff) -> Self {
        tariff.0
    }
}

fn tariff() -> Tariff {
    Tariff("tariff 7".to_owned())
}

type Prices<N> = BTreeMap<Tariff, N>;

fn prices<N: From<u8>>() -> Prices<N> {
    [(tariff(), 8.into())].into()
}

/// A function of one name in two programs.
macro_rules! programs {
    ($module:ident: $number:ty, $($option:tt)*) => {
        mod $module {
            use super::*;

            #[memoize($($option)*)]
            pub(super) fn amounts() -> Prices<$number> {
                prices()
            }
        }
    };
}

programs!(before: i32, name = "amounts");
programs!(after: i64, name = "amounts");
programs!(versioned: i32, name = "versioned-amounts", version = 1);
programs!(versioned_after: i64, name = "versioned-amounts", version = 2);

#[test]
fn a_type_that_hides_another_is_not_cached_outside_the_process_and_it_is_told_once() {
    let shelf = Shelf::new(4096);
    for _ in 0..2 {
        assert_eq!(shelf.computed(before::amounts), (1, prices::<i32>()));
        assert_eq!(shelf.computed(after::amounts), (1, prices::<i64>()));
    }
    let told = |event: &Event| {
        matches!(
            event,
            Event::NotCached {
                problem: Problem::IncompleteSchema(_),
                ..
            }
        )
    };
    assert_eq!(shelf.recorder.count(told), 2, "once for each function");
    let verdict = shelf.run(|| before::amounts::entry().explain().verdict);
    let Verdict::NotCached(problem) = verdict else {
        panic!("{verdict}");
    };
    let words = problem.to_string();
    assert!(
        words.starts_with("the type accepts none of the values") && words.contains("`version = 1`"),
        "{words}"
    );
}

#[test]
fn a_version_lets_a_type_that_hides_another_be_cached() {
    let shelf = Shelf::new(4096);
    assert_eq!(shelf.computed(versioned::amounts), (1, prices::<i32>()));
    assert_eq!(shelf.computed(versioned::amounts), (0, prices::<i32>()));
    assert_eq!(
        shelf.computed(versioned_after::amounts),
        (1, prices::<i64>())
    );
    assert_eq!(
        shelf.computed(versioned_after::amounts),
        (0, prices::<i64>())
    );
}

#[cfg(feature = "msgpack")]
#[test]
fn names_and_kinds_in_the_bytes_let_it_be_cached() {
    programs!(named: i32, key = "named-amounts", codec = "msgpack");
    let shelf = Shelf::new(4096);
    assert_eq!(shelf.computed(named::amounts), (1, prices::<i32>()));
    assert_eq!(shelf.computed(named::amounts), (0, prices::<i32>()));
}

#[test]
fn in_the_process_nothing_changes_and_it_is_cached() {
    #[memoize(large_data)]
    fn large_amounts() -> Prices<i32> {
        prices()
    }
    crate::store::in_memory(crate::store::Why::Objects);
    Isolated::new().run(|| {
        assert_computed!(1, large_amounts());
        assert_eq!(assert_computed!(0, large_amounts()), prices::<i32>());
    });
}

#[test]
fn a_type_that_hides_nothing_needs_no_version() {
    #[memoize(key = "last-tariffs")]
    fn last_tariffs() -> Vec<BTreeMap<String, Tariff>> {
        vec![[("a".to_owned(), tariff())].into()]
    }
    let shelf = Shelf::new(4096);
    let expected = last_tariffs();
    assert_eq!(shelf.computed(last_tariffs), (1, expected.clone()));
    assert_eq!(shelf.computed(last_tariffs), (0, expected));
}

#[test]
fn a_policy_that_leaves_types_to_its_name_caches_such_a_type() {
    let shelf = Shelf::new(4096);
    let lookups = |policy: &Policy| {
        let runs = AtomicUsize::new(0);
        for _ in 0..2 {
            let found = shelf.cache.get_or_compute(&"amounts", policy, || {
                runs.fetch_add(1, Ordering::SeqCst);
                prices::<i32>()
            });
            assert_eq!(found, prices::<i32>());
        }
        runs.into_inner()
    };
    assert_eq!(lookups(&Policy::named("hidden-types")), 2);
    assert_eq!(lookups(&Policy::named("hidden-types-v1").schema(false)), 1);
}

#[test]
fn without_a_schema_no_type_is_tried_on_invented_data() {
    /// How often something was made of invented data.
    static TRIED: AtomicUsize = AtomicUsize::new(0);

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    struct Rate(u32);

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    #[serde(from = "Rate", into = "Rate")]
    struct Period(u32);

    impl From<Rate> for Period {
        fn from(rate: Rate) -> Self {
            TRIED.fetch_add(usize::from(rate.0 != 250), Ordering::SeqCst);
            Self(1_000_000 / rate.0.max(1))
        }
    }

    impl From<Period> for Rate {
        fn from(period: Period) -> Self {
            Self(1_000_000 / period.0)
        }
    }

    #[memoize(key = "period", schema = false, version = 1)]
    fn period() -> Period {
        Period(4000)
    }
    let shelf = Shelf::new(4096);
    assert_eq!(shelf.computed(period), (1, Period(4000)));
    assert_eq!(shelf.computed(period), (0, Period(4000)));
    assert_eq!(TRIED.load(Ordering::SeqCst), 0);
}
