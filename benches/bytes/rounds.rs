//! The rounds: everything takes a turn in each.

use crate::manners::{MANNERS, Manner, prepare};
use crate::records::Record;
use crate::timing::{median, time};
use std::time::Duration;

/// Times of a store and of a hit.
#[derive(Clone, Copy)]
pub(crate) struct Times {
    pub(crate) store: Duration,
    pub(crate) hit: Duration,
}

/// Of all rounds.
#[derive(Clone, Copy)]
pub(crate) struct Summary {
    pub(crate) median: Times,
    pub(crate) fastest: Times,
}

/// What was found.
pub(crate) struct Measured {
    pub(crate) postcard: Summary,
    /// In the order of [`MANNERS`].
    pub(crate) memo: [Summary; MANNERS.len()],
}

/// Measures postcard and every manner in turn, and checks that the records come back as they were.
pub(crate) fn measure(
    mut records: Vec<Record>,
    rounds: usize,
) -> Result<Measured, postcard::Error> {
    let mut postcard = Vec::new();
    let mut memo = MANNERS.map(|_| Vec::new());
    // The first round warms up: caches, allocator, the first store's proof.
    for round in 0..=rounds {
        postcard.push(time_postcard(&records)?);
        for (manner, times) in MANNERS.iter().zip(&mut memo) {
            let now;
            (now, records) = time_memo(manner, records, round == 0);
            times.push(now);
        }
    }
    Ok(Measured {
        postcard: Summary::of(&postcard[1..]),
        memo: memo.map(|times| Summary::of(&times[1..])),
    })
}

fn time_postcard(records: &Vec<Record>) -> Result<Times, postcard::Error> {
    let (store, bytes) = time(|| postcard::to_allocvec(records));
    let bytes = bytes?;
    let (hit, decoded) = time(|| postcard::from_bytes::<Vec<Record>>(&bytes));
    decoded?;
    Ok(Times { store, hit })
}

fn time_memo(manner: &Manner, records: Vec<Record>, check: bool) -> (Times, Vec<Record>) {
    prepare(records);
    let (store, records) = time(|| memo::refresh(manner.call));
    let (hit, read) = time(manner.call);
    assert!(!check || read == records, "a hit is what the body returned");
    (Times { store, hit }, records)
}

impl Summary {
    fn of(rounds: &[Times]) -> Self {
        let stores = || rounds.iter().map(|times| times.store);
        let hits = || rounds.iter().map(|times| times.hit);
        Self {
            median: Times {
                store: median(stores()),
                hit: median(hits()),
            },
            fastest: Times {
                store: stores().min().unwrap_or_default(),
                hit: hits().min().unwrap_or_default(),
            },
        }
    }
}
