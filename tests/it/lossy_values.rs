//! Values that do not come back from their bytes as they were: returned each time, never served as something else, and told once.

use std::collections::BTreeMap;

use memo::{Event, Problem, Verdict, memoize, memoize_iter};
use memo_testkit::Recorder;
use serde::{Deserialize, Serialize};

use crate::shelf::Shelf;

/// How often it was told why a function is not cached.
fn told(recorder: &Recorder, problem: fn(&Problem) -> bool) -> usize {
    recorder
        .count(|event| matches!(event, Event::NotCached { problem: found, .. } if problem(found)))
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Player {
    name: String,
    #[serde(skip)]
    score: u32,
}

#[memoize]
fn player(score: u32) -> Player {
    let name = "Ada".to_owned();
    Player { name, score }
}

#[test]
fn a_field_that_serde_skips_does_not_come_back_as_its_default() {
    let shelf = Shelf::new(4096);
    // The first value says nothing against the type.
    assert_eq!(shelf.computed(|| player(0)).1.score, 0);
    for _ in 0..2 {
        assert_eq!(shelf.computed(|| player(7)).0, 1);
        assert_eq!(shelf.run(|| player(7)).score, 7);
    }
    let lost = |problem: &Problem| *problem == Problem::DoesNotSurvive;
    assert_eq!(told(&shelf.recorder, lost), 1);
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Account {
    id: u64,
    #[serde(default, skip_serializing)]
    password_hash: String,
}

fn account(id: u64) -> Account {
    let password_hash = format!("hash of {id}");
    Account { id, password_hash }
}

#[memoize]
fn account_or_fail(id: u64) -> Result<Account, std::convert::Infallible> {
    Ok(account(id))
}

#[cfg(feature = "msgpack")]
#[memoize(codec = "msgpack")]
fn named_account(id: u64) -> Account {
    account(id)
}

#[memoize_iter]
fn accounts(count: u64) -> impl Iterator<Item = Account> {
    (0..count).map(account)
}

#[test]
fn a_field_that_is_never_written_is_not_lost() {
    let shelf = Shelf::new(4096);
    for _ in 0..2 {
        assert_eq!(shelf.run(|| account_or_fail(1)), Ok(account(1)));
        #[cfg(feature = "msgpack")]
        assert_eq!(shelf.run(|| named_account(1)), account(1));
        let all = shelf.run(|| Vec::from_iter(accounts(2)));
        assert_eq!(all, [account(0), account(1)]);
    }
}

/// Not equal to itself, so nothing can be said of it.
#[memoize]
fn not_a_number(id: u64) -> Vec<f64> {
    vec![f64::NAN, id as f64]
}

#[test]
fn a_value_that_does_not_equal_itself_is_stored() {
    let shelf = Shelf::new(4096);
    assert_eq!(shelf.computed(|| not_a_number(1)).0, 1);
    let (computed, numbers) = shelf.computed(|| not_a_number(1));
    assert!(computed == 0 && numbers[0].is_nan(), "{numbers:?}");
}

#[cfg(feature = "msgpack")]
mod untagged {
    use super::*;

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    #[serde(untagged)]
    enum Length {
        Metres(f64),
        Feet(f64),
        Named(String),
    }

    #[memoize(codec = "msgpack")]
    fn lengths(first: u8) -> Vec<Length> {
        let first = match first {
            0 => Length::Metres(1.5),
            1 => Length::Feet(1.5),
            _ => Length::Named("a mile".to_owned()),
        };
        vec![first, Length::Metres(0.5)]
    }

    #[test]
    fn a_variant_that_would_come_back_as_another_is_not_stored_and_the_others_are() {
        let shelf = Shelf::new(4096);
        for first in [0, 2] {
            let (computed, before) = shelf.computed(|| lengths(first));
            assert_eq!(computed, 1);
            assert_eq!(shelf.computed(|| lengths(first)), (0, before));
        }
        for _ in 0..2 {
            let (computed, feet) = shelf.computed(|| lengths(1));
            assert_eq!((computed, &feet[0]), (1, &Length::Feet(1.5)));
        }
        let ambiguous = |problem: &Problem| matches!(problem, Problem::Unportable(words) if words.contains("`untagged`"));
        assert_eq!(told(&shelf.recorder, ambiguous), 1);
        assert_eq!(shelf.computed(|| lengths(0)).0, 0);
    }

    /// As above, and nobody can compare it.
    #[derive(Clone, Debug, Serialize, Deserialize)]
    #[serde(untagged)]
    enum Weight {
        Kilos(f64),
        Pounds(f64),
    }

    #[memoize(codec = "msgpack")]
    fn weight(pounds: bool) -> BTreeMap<String, Weight> {
        let weight = if pounds {
            Weight::Pounds(2.0)
        } else {
            Weight::Kilos(1.0)
        };
        [("a".to_owned(), weight)].into()
    }

    #[test]
    fn what_cannot_be_compared_is_not_cached() {
        let shelf = Shelf::new(4096);
        for _ in 0..2 {
            assert_eq!(shelf.computed(|| format!("{:?}", weight(true))).0, 1);
            assert_eq!(shelf.computed(|| format!("{:?}", weight(false))).0, 1);
        }
        let verdict = shelf.run(|| weight::entry(true).explain().verdict);
        let Verdict::NotCached(problem) = verdict else {
            panic!("{verdict}");
        };
        assert!(problem.to_string().contains("`PartialEq`"), "{problem}");
    }

    /// Reads what describes itself as well, and is not ambiguous.
    #[derive(Clone, Debug, Serialize, Deserialize)]
    struct Flat {
        id: u8,
        #[serde(flatten)]
        rest: BTreeMap<String, serde_json::Value>,
    }

    #[derive(Clone, Debug, Serialize, Deserialize)]
    #[serde(tag = "kind")]
    enum Tagged {
        Flat(Flat),
    }

    #[memoize(codec = "msgpack")]
    fn flattened(id: u8) -> Vec<(Flat, Tagged)> {
        let rest = [("a".to_owned(), serde_json::json!([1, "b"]))].into();
        let flat = Flat { id, rest };
        vec![(flat.clone(), Tagged::Flat(flat))]
    }

    #[test]
    fn what_is_flattened_or_tagged_need_not_be_comparable() {
        let shelf = Shelf::new(4096);
        let (computed, before) = shelf.computed(|| flattened(1));
        assert_eq!(computed, 1);
        let (computed, after) = shelf.computed(|| flattened(1));
        assert_eq!((computed, format!("{after:?}")), (0, format!("{before:?}")));
    }
}
