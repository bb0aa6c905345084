//! The expansion raises no lint that the function does not raise itself.

#![deny(warnings, missing_docs, unreachable_pub, unused_qualifications)]
#![deny(clippy::all, clippy::pedantic)]

#[path = "../support.rs"]
mod support;

use std::fmt::Display;

use memo::memoize;
use support::{Runs, block_on};

static RUNS: Runs = Runs::new();

/// Adds up.
#[must_use]
#[memoize(expiration = "1h", jitter = 0.1, version = 2, name = "add")]
pub fn add(mut a: u64, b: &u64) -> u64 {
    RUNS.count();
    a += b;
    a
}

/// Nothing needs to be kept apart.
#[memoize(skip(_log))]
pub(crate) fn constant(_log: &str) -> u64 {
    RUNS.count();
    7
}

#[memoize(key = "{a}-{b}")]
async fn join<T: Display>(a: T, b: impl Display) -> String {
    RUNS.count();
    let text = std::future::ready(format!("{a}{b}")).await;
    text + "."
}

/// A store.
#[derive(Debug)]
pub struct Store {
    shard: u64,
}

impl Store {
    /// Loads.
    #[must_use]
    #[memoize(key = [self.shard, id], entry = load_entry)]
    pub fn load(&self, id: u64) -> Option<u64> {
        RUNS.count();
        self.shard.checked_add(id)
    }

    #[memoize(skip(self))]
    fn count(&self) -> u64 {
        RUNS.count();
        self.shard
    }
}

fn main() {
    assert_eq!([add(1, &2), add(1, &2)], [3, 3]);
    assert_eq!([constant("a"), constant("b")], [7, 7]);
    assert_eq!(
        [block_on(join(1, "x")), block_on(join(1, "x"))],
        ["1x.", "1x."]
    );
    let store = Store { shard: 1 };
    assert_eq!([store.load(1), store.load(1)], [Some(2), Some(2)]);
    assert_eq!([store.count(), store.count()], [1, 1]);
    RUNS.assert(5);
}
