//! The rounds: everything takes a turn in each.

use crate::manners::{MANNERS, Manner};
use crate::records::{Record, generate};
use crate::rivals::{consume, decode, decode_each, encode, encode_each};
use crate::timing::{median, time};
use memo::Cache;
use std::time::Duration;

/// Times of one and the same sequence: when it is made, and when it is there.
#[derive(Clone, Copy)]
pub(crate) struct Times {
    pub(crate) cold: Duration,
    pub(crate) warm: Duration,
}

/// Of all rounds.
#[derive(Clone, Copy)]
pub(crate) struct Summary {
    pub(crate) median: Times,
    pub(crate) fastest: Times,
}

/// What was found.
pub(crate) struct Measured {
    pub(crate) bare: Summary,
    pub(crate) made_anew: Summary,
    pub(crate) postcard: Summary,
    pub(crate) item_by_item: Summary,
    /// In the order of [`MANNERS`].
    pub(crate) memo: [Summary; MANNERS.len()],
}

/// Measures the body, postcard and every manner in turn, and checks that the records come back as they were.
pub(crate) fn measure(
    cache: &Cache,
    records: &[Record],
    rounds: usize,
) -> postcard::Result<Measured> {
    let (mut bare, mut made_anew) = (Vec::new(), Vec::new());
    let (mut postcard, mut item_by_item) = (Vec::new(), Vec::new());
    let mut memo = MANNERS.map(|_| Vec::new());
    // The first round warms up: caches, allocator, the first store's proof.
    for round in 0..=rounds {
        bare.push(time_body(|| records.iter().cloned()));
        made_anew.push(time_body(|| generate(records.len())));
        postcard.push(time_postcard(records)?);
        item_by_item.push(time_item_by_item(records)?);
        for (manner, times) in MANNERS.iter().zip(&mut memo) {
            times.push(time_memo(manner, cache, round, records));
        }
        cache.clear();
    }
    let summary = |times: &Vec<Times>| Summary::of(&times[1..]);
    Ok(Measured {
        bare: summary(&bare),
        made_anew: summary(&made_anew),
        postcard: summary(&postcard),
        item_by_item: summary(&item_by_item),
        memo: memo.each_ref().map(summary),
    })
}

fn time_body<I: Iterator<Item = Record>>(body: impl Fn() -> I) -> Times {
    Times {
        cold: time(|| consume(body())).0,
        warm: time(|| consume(body())).0,
    }
}

fn time_postcard(records: &[Record]) -> postcard::Result<Times> {
    let (cold, encoded) = time(|| encode(records.iter().cloned()));
    let (_, bytes) = encoded?;
    let (warm, decoded) = time(|| decode(&bytes));
    assert_eq!(decoded?, records.len(), "postcard gives every item");
    Ok(Times { cold, warm })
}

fn time_item_by_item(records: &[Record]) -> postcard::Result<Times> {
    let (cold, encoded) = time(|| encode_each(records.iter().cloned()));
    let (_, bytes) = encoded?;
    let (warm, decoded) = time(|| decode_each(&bytes));
    assert_eq!(decoded?, records.len(), "postcard gives every item");
    Ok(Times { cold, warm })
}

fn time_memo(manner: &Manner, cache: &Cache, round: usize, records: &[Record]) -> Times {
    let call = (round, records.len());
    let (cold, made) = time(|| consume(manner.miss(cache, call, records)));
    let (warm, read) = time(|| consume(manner.hit(cache, call)));
    assert_eq!(
        (made, read),
        (records.len(), records.len()),
        "memo gives every item"
    );
    if round == 0 {
        let as_it_was = manner.hit(cache, call).eq(records.iter().cloned());
        assert!(as_it_was, "a hit is what the body gave");
    }
    Times { cold, warm }
}

impl Summary {
    fn of(rounds: &[Times]) -> Self {
        let cold = || rounds.iter().map(|times| times.cold);
        let warm = || rounds.iter().map(|times| times.warm);
        Self {
            median: Times {
                cold: median(cold()),
                warm: median(warm()),
            },
            fastest: Times {
                cold: cold().min().unwrap_or_default(),
                warm: warm().min().unwrap_or_default(),
            },
        }
    }
}
