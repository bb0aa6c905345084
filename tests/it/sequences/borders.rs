//! Whatever the lengths, a hit gives the items of the body.

use std::collections::BTreeSet;
use std::fmt::Debug;

use memo::Portable;

use super::desk::{Desk, OnDrop, Way};
use super::source::{Source, lines, mixed};
use crate::store::{self, Isolated};

/// Reads twice; says how many entries there are.
#[track_caller]
fn cold_and_warm<V>(desk: &Desk, items: Vec<V>, case: &str) -> usize
where
    V: Portable + Clone + PartialEq + Debug + Send + Sync + 'static,
{
    let source = Source::new(items);
    let (ran, first) = desk.whole(&source);
    assert_eq!(first, source.items(), "{case}, cold");
    assert_eq!(ran, 1, "{case}");
    let (ran, second) = desk.whole(&source);
    assert_eq!(second, source.items(), "{case}, warm");
    assert_eq!(ran, 0, "{case}: a body ran");
    assert_eq!(source.yielded(), source.items().len(), "{case}");
    desk.shelf.names().len()
}

/// Asks for every count; sequences of one entry and of many are among them.
fn at_every_count<V>(counts: usize, limit: usize, make: impl Fn(usize) -> Vec<V>)
where
    V: Portable + Clone + PartialEq + Debug + Send + Sync + 'static,
{
    for way in Way::all() {
        let counts = BTreeSet::from_iter(store::some(0..=counts).chain([0, counts]));
        let entries = counts.into_iter().map(|count| {
            let case = format!("{way:?}, {limit}, {count} items");
            cold_and_warm(&way.desk(limit), make(count), &case)
        });
        let entries = Vec::from_iter(entries);
        assert_eq!(entries[0], 1, "{way:?}");
        assert!(entries.last() > Some(&3), "{way:?}: {entries:?}");
        assert!(entries.is_sorted(), "{way:?}: {entries:?}");
    }
}

#[test]
fn items_of_no_bytes_come_back_at_every_count() {
    at_every_count(260, 120, |count| vec![(); count]);
}

#[test]
fn empty_texts_come_back_at_every_count() {
    at_every_count(140, 120, |count| vec![String::new(); count]);
}

#[test]
fn short_items_come_back_at_every_count() {
    at_every_count(70, 127, |count| lines(1, count, 5));
}

#[test]
fn items_of_nearly_a_chunk_come_back_at_every_count() {
    at_every_count(12, 150, |count| lines(1, count, 95));
}

#[test]
fn items_longer_than_a_chunk_come_back_at_every_count() {
    at_every_count(9, 120, |count| lines(1, count, 400));
}

#[test]
fn items_of_all_lengths_come_back_at_every_count() {
    for limit in [120, 257] {
        at_every_count(40, limit, |count| mixed(1, count));
    }
}

#[test]
fn items_that_compress_come_back_at_every_count() {
    let line = |n: usize| format!("{n} {}", "the same again ".repeat(60));
    at_every_count(40, 700, |count| (0..count).map(line).collect::<Vec<_>>());
}

/// The first text is as long as it takes for the second to end before, at and after a border.
#[test]
fn an_item_may_end_anywhere_around_a_border() {
    for way in Way::all() {
        for length in store::some(0..200) {
            let mut items = lines(1, 3, 5);
            items[0] = "x".repeat(length);
            cold_and_warm(&way.desk(120), items, &format!("{way:?}, {length}"));
        }
    }
}

/// As most programs have it: no backend, and blocks of full size.
#[test]
fn a_cache_without_a_backend_gives_long_sequences_back() {
    for (count, length) in [(0, 0), (1, 10), (1000, 10), (50_000, 20), (40, 300_000)] {
        let test = Isolated::new();
        let policy = memo::Policy::named("sequences-in-process");
        let source = Source::new(lines(1, count, length));
        let read = || -> Vec<String> { test.cache().iter(&1, &policy, source.body()).collect() };
        for _ in 0..2 {
            assert!(read() == source.items(), "{count} of {length}");
        }
        assert_eq!(source.runs(), 1, "{count} of {length}");
    }
}

#[test]
fn keys_do_not_share_a_sequence() {
    for way in Way::all() {
        let desk = way.desk(150);
        for key in [1, 2, 1, 2] {
            let source = Source::new(lines(key, 9, 40));
            let items = desk.read_key(key as usize, OnDrop::Discard, source.body());
            assert_eq!(Vec::from_iter(items), source.items(), "{way:?}");
        }
    }
}
