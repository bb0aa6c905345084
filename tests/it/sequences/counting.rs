//! What a store is asked for, and when.

use memo_testkit::{Logged, Operation};

use super::desk::{Desk, Place, Way};
use super::source::{Source, lines};
use crate::shelf::{index, is_chunk};

const LIMIT: usize = 150;

/// A stored sequence of about so many chunks; what was asked for until now is forgotten.
fn stored(way: Way, chunks: usize) -> (Desk, Source<String>) {
    let (desk, source) = (way.desk(LIMIT), Source::new(lines(1, chunks * 2, 50)));
    desk.whole(&source);
    let there = desk.shelf.chunks().len();
    assert!((chunks / 2..chunks * 3).contains(&there), "{there} chunks");
    desk.shelf.store.clear_log();
    (desk, source)
}

/// What is asked for before the first item: the operations, and how many names of chunks in all gets.
fn before_the_first_item(way: Way, chunks: usize) -> (Vec<Operation>, usize) {
    let (desk, source) = stored(way, chunks);
    let first = desk.read(source.body()).next();
    assert_eq!(first.as_ref(), source.items().first());
    assert_eq!(source.runs(), 1, "{way:?}: it is a hit");
    let log = desk.shelf.store.log();
    let operations = log.iter().map(|logged| logged.operation).collect();
    (operations, fetched(&log).len())
}

/// The chunks that were asked for.
fn fetched(log: &[Logged]) -> Vec<u32> {
    let gets = log
        .iter()
        .filter(|logged| logged.operation == Operation::Get);
    let names = gets.flat_map(|logged| &logged.names);
    names
        .filter(|name| is_chunk(name))
        .map(|name| index(name))
        .collect()
}

#[test]
fn the_first_item_costs_the_same_whatever_the_length() {
    use Operation::{Get, Probe};
    for way in Way::all() {
        for chunks in [10, 1000] {
            let (operations, window) = before_the_first_item(way, chunks);
            let case = format!("{way:?}, {chunks} chunks: {operations:?}");
            match way.place {
                Place::Bare => assert_eq!(operations, [Get, Get], "{case}"),
                Place::Able => assert_eq!(operations, [Get, Probe, Get], "{case}"),
                // It is asked for all, which are handles.
                Place::Here => assert!(operations.len() <= 3, "{case}"),
            }
            assert!(window <= 2 || way.place == Place::Here, "{case}: {window}");
        }
    }
}

#[test]
fn every_chunk_is_fetched_once_and_in_order() {
    for way in Way::all() {
        let (desk, source) = stored(way, 30);
        let there = desk.shelf.chunks().len() as u32;
        assert_eq!(desk.whole(&source).0, 0, "{way:?}");
        let expected = Vec::from_iter(0..there);
        assert_eq!(fetched(&desk.shelf.store.log()), expected, "{way:?}");
        assert_eq!(desk.shelf.store.sets(), 0, "{way:?}");
        assert_eq!(desk.shelf.store.deletes(), 0, "{way:?}");
    }
}

/// With items of 51 bytes, of which one or two begin in a chunk.
#[test]
fn no_more_than_a_window_is_fetched_ahead_of_the_reader() {
    for way in Way::at(&[Place::Bare, Place::Able]) {
        let (desk, source) = stored(way, 30);
        let per_chunk = source.items().len() as f64 / desk.shelf.chunks().len() as f64;
        let mut items = desk.read(source.body());
        for taken in 1..=source.items().len() {
            items.next().expect("there are more");
            let fetched = fetched(&desk.shelf.store.log()).len();
            let needed = (taken as f64 / per_chunk).ceil() as usize;
            assert!(
                fetched <= needed + 3,
                "{way:?}: {fetched} for {taken} items"
            );
        }
    }
}

#[test]
fn chunks_are_written_as_they_fill_and_the_head_is_written_last() {
    for way in Way::all() {
        let (desk, source) = (way.desk(LIMIT), Source::new(lines(1, 60, 50)));
        let mut items = desk.read(source.body());
        items.by_ref().take(30).for_each(drop);
        let half = desk.shelf.chunks().len();
        assert_eq!(half, desk.shelf.names().len(), "{way:?}: no head yet");
        items.for_each(drop);
        let whole = desk.shelf.chunks().len();
        assert!(half * 2 + 4 >= whole, "{way:?}: {half} of {whole}");
        let mut log = desk.shelf.store.log();
        log.retain(|logged| logged.operation == Operation::Set);
        let heads = log
            .iter()
            .filter(|logged| !logged.names.iter().all(|name| is_chunk(name)));
        assert_eq!(heads.count(), 1, "{way:?}");
        let last = log.last().expect("it was written");
        assert!(!is_chunk(last.names.last().expect("a name")), "{way:?}");
    }
}

/// A sequence that fits is one entry, read and written at once.
#[test]
fn a_short_sequence_takes_one_set_and_one_get() {
    for way in Way::all() {
        let (desk, source) = (way.desk(LIMIT), Source::new(lines(1, 3, 10)));
        desk.whole(&source);
        assert_eq!(desk.shelf.store.sets(), 1, "{way:?}");
        desk.shelf.store.clear_log();
        desk.whole(&source);
        assert_eq!(desk.shelf.store.log().len(), 1, "{way:?}");
        assert_eq!(desk.shelf.store.gets(), 1, "{way:?}");
    }
}
