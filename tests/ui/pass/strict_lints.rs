//! The expansion raises no lint that the function does not raise itself.

#![deny(warnings, missing_docs, unreachable_pub, unused_qualifications)]
#![deny(clippy::all, clippy::pedantic)]

#[path = "../support.rs"]
mod support;

use std::fmt::Display;

use futures::{Stream, StreamExt};
use futures::stream::BoxStream;
use memo::{memoize, memoize_iter};
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

/// Counts.
#[memoize_iter(expiration = "1h", on_drop = "keep", on_torn = "end_with_event")]
pub fn count(mut to: u64) -> impl Iterator<Item = u64> + Send {
    RUNS.count();
    to += 1;
    0..to
}

/// Counts, boxed.
#[must_use]
#[memoize_iter(key = "{to}")]
pub fn count_boxed(to: &u64) -> Box<dyn Iterator<Item = u64> + '_> {
    const FROM: u64 = 0;
    if *to == FROM {
        return Box::new(std::iter::empty());
    }
    Box::new(FROM..*to)
}

/// Splits.
#[memoize_iter(eager)]
pub fn words(text: &str) -> impl Iterator<Item = String> + use<> {
    let words: Vec<_> = text.split(' ').map(str::to_owned).collect();
    words.into_iter()
}

/// Lists.
#[must_use]
#[memoize_iter]
pub fn list(text: &str) -> Vec<String> {
    text.split(' ').map(str::to_owned).collect()
}

/// Streams.
#[memoize_iter]
pub fn stream(to: u64) -> impl Stream<Item = u64> + Send {
    futures::stream::iter(0..to)
}

/// Streams, boxed.
#[must_use]
#[memoize_iter]
pub fn stream_boxed(text: &str) -> BoxStream<'_, String> {
    const SEPARATOR: char = ' ';
    if text.is_empty() {
        return Box::pin(futures::stream::empty());
    }
    Box::pin(futures::stream::iter(
        text.split(SEPARATOR).map(str::to_owned),
    ))
}

/// Lists, some time.
#[memoize_iter]
pub async fn list_later(mut to: u64) -> Vec<u64> {
    to += std::future::ready(1).await;
    (0..to).collect()
}

#[memoize_iter]
async fn stream_later(to: u64) -> impl Stream<Item = u64> + Send {
    let to = std::future::ready(to).await;
    futures::stream::iter(0..to)
}

#[rustfmt::skip]
#[memoize_iter]
async fn on_one_line(to: u64) -> Vec<u64> { (0..to).collect() }

#[rustfmt::skip]
#[memoize_iter]
fn lazy_on_one_line(to: u64) -> impl Iterator<Item = u64> { 0..to }

#[memoize_iter]
async fn boxed_later(to: u64) -> Box<dyn Iterator<Item = Result<u64, String>>> {
    let to = std::future::ready(to).await;
    Box::new((0..to).map(Ok))
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

    /// Lists.
    #[memoize_iter(key = [self.shard], entry = rows_entry)]
    pub fn rows(&self) -> impl Iterator<Item = u64> {
        0..self.shard
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
    assert_eq!((count(1).count(), count_boxed(&1).count()), (2, 1));
    assert_eq!((words("a b").count(), list("a b").len()), (2, 2));
    assert_eq!((store.rows().count(), lazy_on_one_line(1).count()), (1, 1));
    block_on(async {
        assert_eq!(stream(1).count().await, 1);
        assert_eq!(stream_boxed("a b").count().await, 2);
        assert_eq!(stream_later(1).await.count().await, 1);
        assert_eq!((list_later(1).await, on_one_line(1).await), (vec![0, 1], vec![0]));
        assert_eq!(boxed_later(1).await.count(), 1);
    });
}
