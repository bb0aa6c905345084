//! A store that fails at any of its operations.

use memo::Event;
use memo_testkit::{Operation, Trouble};

use super::desk::{Desk, OnDrop, Way};
use super::source::{Source, lines};
use crate::shelf::{Shelf, is_chunk};
use crate::support::eventually;

const COUNT: usize = 15;
const LIMIT: usize = 150;

const OPERATIONS: [Operation; 5] = [
    Operation::Get,
    Operation::Set,
    Operation::Delete,
    Operation::Probe,
    Operation::Expire,
];

const FAILURES: [Trouble; 2] = [Trouble::FailBefore, Trouble::FailAfter];

const LIES: [(Operation, Trouble); 20] = [
    (Operation::Set, Trouble::Evict(0)),
    (Operation::Set, Trouble::Evict(1)),
    (Operation::Get, Trouble::Evict(0)),
    (Operation::Get, Trouble::Evict(1)),
    (Operation::Get, Trouble::Forget(1)),
    (Operation::Get, Trouble::Forget(9)),
    (Operation::Get, Trouble::TooFew(1)),
    (Operation::Get, Trouble::TooMany(1)),
    (Operation::Get, Trouble::Swap(0, 1)),
    (Operation::Get, Trouble::Replay(1)),
    (Operation::Get, Trouble::Garbage { answer: 0 }),
    (Operation::Get, Trouble::Garbage { answer: 1 }),
    (
        Operation::Get,
        Trouble::FlipBit {
            answer: 0,
            bit: 300,
        },
    ),
    (
        Operation::Get,
        Trouble::Truncate {
            answer: 0,
            bytes: 30,
        },
    ),
    (Operation::Probe, Trouble::Evict(0)),
    (Operation::Probe, Trouble::Evict(3)),
    (Operation::Probe, Trouble::Forget(1)),
    (Operation::Probe, Trouble::Forget(9)),
    (Operation::Probe, Trouble::TooFew(1)),
    (Operation::Probe, Trouble::TooMany(1)),
];

fn source() -> Source<String> {
    Source::new(lines(1, COUNT, 30))
}

/// What programs do with a sequence; every reading is checked.
fn deeds(desk: &Desk, source: &Source<String>, case: &str) {
    let whole = |what: &str| {
        assert_eq!(desk.whole(source).1, source.items(), "{case}, {what}");
    };
    whole("cold");
    whole("warm");
    for on_drop in [OnDrop::Discard, OnDrop::Keep] {
        let begun = memo::refresh(|| desk.read_key(1, on_drop, source.body()));
        assert_eq!(Vec::from_iter(begun.take(8)), source.items()[..8], "{case}");
    }
    whole("after a refresh that stopped early");
    memo::refresh(|| whole("refreshed"));
    desk.invalidate();
    whole("invalidated");
    whole("warm again");
}

/// How many operations of a kind the deeds take.
fn operations(way: Way, operation: Operation) -> usize {
    let desk = way.desk(LIMIT);
    deeds(&desk, &source(), "without trouble");
    desk.shelf.store.count(operation)
}

/// Has one operation of the deeds go wrong, each in turn.
fn at_every_operation(operation: Operation, trouble: Trouble, check: impl Fn(&Desk, &str)) {
    for way in Way::all() {
        let places = operations(way, operation);
        for place in crate::store::some(0..places) {
            let case = format!("{way:?}, {operation:?} {place} of {places}: {trouble:?}");
            let (desk, source) = (way.desk(LIMIT), source());
            let passed = std::iter::repeat_n((operation, Trouble::None), place);
            let steps = passed.chain([(operation, trouble)]);
            desk.shelf.store.script(steps);
            deeds(&desk, &source, &case);
            // What goes on in the background may have left no such operation for this time.
            while desk.shelf.store.planned() > 0 {
                deeds(&desk, &source, &case);
            }
            check(&desk, &case);
            assert_settles(&desk, &source, &case);
        }
    }
}

/// Once nothing goes wrong any more, nor anything goes on in the background, calls are hits.
#[track_caller]
fn assert_settles(desk: &Desk, source: &Source<String>, case: &str) {
    eventually(case, || {
        let (ran, items) = desk.whole(source);
        assert_eq!(items, source.items(), "{case}");
        ran == 0
    });
}

#[test]
fn operations_that_fail_cost_no_item_and_are_counted() {
    for operation in OPERATIONS {
        for trouble in FAILURES {
            at_every_operation(operation, trouble, |desk, case| {
                let faulty = || desk.count(|event| matches!(event, Event::Faulty { .. }));
                // A writer who cannot see what he replaces, or cut its life short, goes on without a word.
                if matches!(operation, Operation::Get | Operation::Expire) {
                    assert!(faulty() <= 1, "{case}");
                } else {
                    eventually(case, || faulty() == 1);
                }
            });
        }
    }
}

#[test]
fn whoever_reads_hears_of_every_fetch_that_fails() {
    for way in Way::all() {
        for trouble in FAILURES {
            for place in 0.. {
                let (desk, source) = (way.desk(LIMIT), source());
                desk.whole(&source);
                let passed = std::iter::repeat_n((Operation::Get, Trouble::None), place);
                desk.shelf
                    .store
                    .script(passed.chain([(Operation::Get, trouble)]));
                let (ran, items) = desk.whole(&source);
                let case = format!("{way:?}, {trouble:?} {place}");
                assert_eq!(items, source.items(), "{case}");
                if desk.shelf.store.planned() > 0 {
                    assert!(place > 1, "{case}: none of them failed");
                    break;
                }
                // A miss is looked at again before the body runs.
                assert!(ran == 1 || place < 2, "{case}");
                let faulty = desk.count(|event| matches!(event, Event::Faulty { .. }));
                assert_eq!(faulty, 1, "{case}");
            }
        }
    }
}

#[test]
fn operations_that_lie_cost_no_item() {
    for (operation, trouble) in LIES {
        at_every_operation(operation, trouble, |_, _| {});
    }
}

#[test]
fn a_store_that_is_down_costs_no_item() {
    for way in Way::all() {
        for rate in [0.2, 0.6, 1.0] {
            for seed in 0..crate::store::fewer(10) {
                let case = format!("{way:?}, rate {rate}, seed {seed}");
                let (shelf, _) =
                    Shelf::troubled(way.capability(LIMIT), seed, rate, |cache| way.keyed(cache));
                deeds(&way.over(shelf), &source(), &case);
            }
        }
    }
}

/// Nobody sees a sequence whose head could not be written, nor any part of it.
#[test]
fn what_could_not_be_written_whole_is_not_there() {
    for way in Way::all() {
        let desk = way.desk(LIMIT);
        desk.whole(&source());
        let sets = desk.shelf.store.sets();
        for place in 0..sets {
            for trouble in FAILURES {
                let (desk, source) = (way.desk(LIMIT), source());
                let passed = std::iter::repeat_n((Operation::Set, Trouble::None), place);
                desk.shelf
                    .store
                    .script(passed.chain([(Operation::Set, trouble)]));
                desk.whole(&source);
                let case = format!("{way:?}, {place}, {trouble:?}");
                let names = desk.shelf.names();
                let is_there = names.iter().any(|name| !is_chunk(name));
                // A reply that was lost may leave the entry whole: then it is right.
                let (ran, items) = desk.beside().whole(&source);
                assert_eq!(items, source.items(), "{case}");
                assert_eq!(ran == 0, is_there, "{case}");
            }
        }
    }
}
