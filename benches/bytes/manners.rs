//! One function for each manner of living as bytes.

use crate::records::Record;
use std::cell::Cell;

/// A memoized function and how its values are stored.
pub(crate) struct Manner {
    pub(crate) name: &'static str,
    pub(crate) call: fn() -> Vec<Record>,
    pub(crate) lz4: bool,
    pub(crate) sealed: bool,
}

pub(crate) const MANNERS: [Manner; 4] = [
    Manner {
        name: "plain",
        call: plain,
        lz4: false,
        sealed: false,
    },
    Manner {
        name: "lz4",
        call: lz4,
        lz4: true,
        sealed: false,
    },
    Manner {
        name: "sealed",
        call: sealed,
        lz4: false,
        sealed: true,
    },
    Manner {
        name: "lz4_sealed",
        call: lz4_sealed,
        lz4: true,
        sealed: true,
    },
];

#[memo::memoize(large_data, compress = false)]
fn plain() -> Vec<Record> {
    body()
}

#[memo::memoize(large_data)]
fn lz4() -> Vec<Record> {
    body()
}

#[memo::memoize(large_data, encrypt, compress = false)]
fn sealed() -> Vec<Record> {
    body()
}

#[memo::memoize(large_data, encrypt)]
fn lz4_sealed() -> Vec<Record> {
    body()
}

thread_local! {
    static PREPARED: Cell<Option<Vec<Record>>> = const { Cell::new(None) };
}

/// Has the next body return these records.
pub(crate) fn prepare(records: Vec<Record>) {
    PREPARED.set(Some(records));
}

/// # Panics
/// When it runs though nothing was prepared: what should have been a hit was none, and its time would mean nothing.
fn body() -> Vec<Record> {
    PREPARED.take().expect("a hit runs no body")
}
