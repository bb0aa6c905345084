//! The rounds: everything takes a turn in each.

use crate::manners::{MANNERS, Manner, prepare};
use crate::records::Record;
use std::hint::black_box;
use std::time::{Duration, Instant};

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

/// The time of `work`, without the drop of what it returns.
pub(crate) fn time<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    settle();
    let start = Instant::now();
    let result = black_box(work());
    (start.elapsed(), result)
}

/// Has the allocator sort what was freed before: glibc's does it when it next hands out, or takes back, something large. After a million
/// strings that takes as long as to decode them, and whoever comes next would pay for it.
fn settle() {
    drop(black_box(vec![1_u8; 1 << 20]));
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

/// The middle one, the later of two.
pub(crate) fn median(times: impl Iterator<Item = Duration>) -> Duration {
    let mut times: Vec<_> = times.collect();
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}
