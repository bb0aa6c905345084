//! Whatever goes wrong in a backend, a call returns what its body would, and the cache mends itself.

use memo::{Event, Site};
use memo_testkit::{Operation, Trouble, block_on};

#[cfg(feature = "encrypt")]
use crate::shelf::sealed;
use crate::shelf::{Shelf, noise, refused_in_all};
use crate::store;

/// A memoized function under test: blocking, or driven to its end.
struct Subject {
    call: fn(u32) -> String,
    refresh: fn(u32) -> String,
    invalidate: fn(u32) -> bool,
    site: fn() -> &'static Site,
    body: fn(u32) -> String,
    shelf: fn() -> Shelf,
}

fn small(n: u32) -> String {
    format!("value {n}")
}

/// Six chunks, in two windows, where values have 200 bytes at most.
fn long(n: u32) -> String {
    noise(n, 900)
}

macro_rules! subject {
    ($name:ident, $body:ident, $shelf:expr, [$($options:tt)*]) => {
        mod $name {
            use super::*;

            #[memo::memoize(expiration = 60, $($options)*)]
            fn call(n: u32) -> String {
                $body(n)
            }

            #[memo::memoize(expiration = 60, $($options)*)]
            async fn call_async(n: u32) -> String {
                $body(n)
            }

            const BLOCKING: Subject = Subject {
                call: |n| call(n),
                refresh: |n| memo::refresh(|| call(n)),
                invalidate: |n| call::entry(n).invalidate(),
                site: call::site,
                body: $body,
                shelf: || $shelf,
            };

            const ASYNC: Subject = Subject {
                call: |n| block_on(call_async(n)),
                refresh: |n| block_on(memo::refresh_async(call_async(n))),
                invalidate: |n| block_on(call_async::entry(n).invalidate()),
                site: call_async::site,
                ..BLOCKING
            };

            #[test]
            fn every_trouble_costs_a_computation_and_no_value() {
                every_trouble(&BLOCKING);
            }

            #[test]
            fn every_trouble_costs_a_computation_and_no_value_async() {
                every_trouble(&ASYNC);
            }
        }
    };
}

subject!(inline_plain, small, Shelf::new(200), []);
subject!(chunked_plain, long, Shelf::new(200), [large_data]);
#[cfg(feature = "encrypt")]
subject!(inline_sealed, small, sealed(200), [encrypt]);
#[cfg(feature = "encrypt")]
subject!(chunked_sealed, long, sealed(200), [encrypt, large_data]);

fn every_trouble(subject: &Subject) {
    let operations = rehearse(subject);
    for (operation, at_most) in operations {
        for trouble in store::some(troubles(operation)) {
            for position in 0..at_most {
                survives(subject, operation, position, trouble);
            }
            survives_a_while(subject, operation, trouble);
        }
    }
}

/// How many operations of each kind the call makes that reads, the one that writes, and the one that deletes.
fn rehearse(subject: &Subject) -> [(Operation, usize); 3] {
    let shelf = (subject.shelf)();
    shelf.run(|| (subject.call)(1));
    let sets = shelf.store.sets();
    shelf.store.clear_log();
    shelf.run(|| (subject.call)(1));
    let gets = shelf.store.gets();
    shelf.store.clear_log();
    shelf.run(|| (subject.invalidate)(1));
    [
        (Operation::Get, gets),
        (Operation::Set, sets),
        (Operation::Delete, shelf.store.deletes()),
    ]
}

fn troubles(operation: Operation) -> Vec<Trouble> {
    let mut troubles = vec![Trouble::FailBefore, Trouble::FailAfter];
    if operation != Operation::Delete {
        troubles.extend((0..4).map(Trouble::Evict));
    }
    if operation == Operation::Get {
        troubles.extend([
            Trouble::Forget(1),
            Trouble::Forget(9),
            Trouble::TooFew(1),
            Trouble::TooFew(9),
            Trouble::TooMany(1),
            Trouble::TooMany(9),
            Trouble::Swap(0, 1),
            Trouble::Swap(1, 3),
            Trouble::Replay(0),
            Trouble::Replay(1),
            Trouble::Replay(2),
        ]);
        for answer in 0..4 {
            let bits = [0, 9, 20, 50, 90, 200, 300, 1 << 20];
            troubles.extend(bits.map(|bit| Trouble::FlipBit { answer, bit }));
            let lengths = [0, 1, 9, 10, 20, 30, 60];
            troubles.extend(lengths.map(|bytes| Trouble::Truncate { answer, bytes }));
            troubles.push(Trouble::Garbage { answer });
        }
    }
    troubles
}

/// One trouble, while an older write of the value is remembered by the store.
fn survives(subject: &Subject, operation: Operation, position: usize, trouble: Trouble) {
    let case = format!("{operation:?} {position}: {trouble:?}");
    let shelf = (subject.shelf)();
    let before = Figures::of(subject);
    let value = (subject.body)(1);
    let script = (0..position).map(|_| (operation, Trouble::None));
    let script = script.chain([(operation, trouble)]);
    shelf.run(|| {
        (subject.refresh)(1);
        (subject.refresh)(1);
        shelf.recorder.clear();
        shelf.store.script(script);
        match operation {
            Operation::Set => assert_eq!((subject.refresh)(1), value, "{case}"),
            Operation::Delete => drop((subject.invalidate)(1)),
            _ => {}
        }
        assert_eq!((subject.call)(1), value, "{case}");
        assert_eq!(shelf.store.planned(), 0, "{case}: it happened");
        assert_eq!((subject.call)(1), value, "{case}");
    });
    let (computed, again) = shelf.computed(|| (subject.call)(1));
    assert_eq!((computed, again), (0, value), "{case}: it mends itself");
    told(subject, &shelf, &before, &case, trouble);
}

/// The same trouble at every operation of a kind, until it stops.
fn survives_a_while(subject: &Subject, operation: Operation, trouble: Trouble) {
    let case = format!("every {operation:?}: {trouble:?}");
    let shelf = (subject.shelf)();
    let value = (subject.body)(1);
    shelf.run(|| {
        (subject.call)(1);
        shelf.store.script([(operation, trouble); 24]);
        for _ in 0..3 {
            assert_eq!((subject.call)(1), value, "{case}");
            assert_eq!((subject.refresh)(1), value, "{case}");
            (subject.invalidate)(1);
        }
        while shelf.store.planned() > 0 {
            assert_eq!((subject.refresh)(1), value, "{case}");
            (subject.call)(1);
            (subject.invalidate)(1);
        }
        assert_eq!((subject.call)(1), value, "{case}");
        assert_eq!((subject.call)(1), value, "{case}");
    });
    let (computed, again) = shelf.computed(|| (subject.call)(1));
    assert_eq!((computed, again), (0, value), "{case}: it mends itself");
}

#[derive(Debug)]
struct Figures {
    faults: u64,
    refused: u64,
}

impl Figures {
    fn of(subject: &Subject) -> Self {
        let site = (subject.site)();
        Self {
            faults: site.stats().backend_faults,
            refused: refused_in_all(site),
        }
    }
}

/// Counters and events say the same, and a failure is among them.
fn told(subject: &Subject, shelf: &Shelf, before: &Figures, case: &str, trouble: Trouble) {
    let after = Figures::of(subject);
    let faults = shelf
        .recorder
        .count(|event| matches!(event, Event::Faulty { .. }));
    assert_eq!(after.faults - before.faults, faults as u64, "{case}");
    let refused = shelf.rejects().len() as u64;
    assert_eq!(after.refused - before.refused, refused, "{case}");
    let fails = matches!(
        trouble,
        Trouble::FailBefore | Trouble::FailAfter | Trouble::TooFew(_) | Trouble::TooMany(_)
    );
    if fails {
        assert!(faults >= 1, "{case}: it is told");
    }
}
