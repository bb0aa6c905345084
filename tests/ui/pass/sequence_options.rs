//! The options of sequences, and those that they share with values.

#[path = "../support.rs"]
mod support;

use std::time::Duration;

use futures::executor::block_on;
use futures::{Stream, StreamExt};
use memo::{AsyncEntry, Cache, Entry, Keyring, Secret, Torn, memoize_iter};

use support::Runs;

static RUNS: Runs = Runs::new();

#[derive(Debug)]
enum Fault {
    Torn,
}

impl From<Torn> for Fault {
    fn from(_: Torn) -> Self {
        Self::Torn
    }
}

#[memoize_iter(on_drop = "finish", on_torn = "panic", skip(from))]
fn finished(from: Vec<u64>) -> impl Iterator<Item = u64> {
    RUNS.count();
    from.into_iter()
}

#[memoize_iter(on_drop = "keep", on_torn = "end_with_event")]
fn kept(n: &u64) -> Box<dyn Iterator<Item = u64> + '_> {
    RUNS.count();
    Box::new(0..*n)
}

#[memoize_iter(on_drop = "discard", on_torn = "error")]
fn told(text: String) -> impl Iterator<Item = Result<char, Fault>> {
    RUNS.count();
    text.into_bytes().into_iter().map(|byte| Ok(byte.into()))
}

#[memoize_iter(eager)]
fn told_at_once(text: &str) -> impl Iterator<Item = Result<char, Fault>> {
    RUNS.count();
    text.chars().map(Ok)
}

#[memoize_iter(on_drop = "finish", on_torn = "error")]
fn told_later(n: u64) -> impl Stream<Item = Result<u64, Fault>> {
    RUNS.count();
    futures::stream::iter((0..n).map(Ok))
}

#[memoize_iter(
    key = "{n}:{m:?}",
    skip(lifetime, fresh, cache, keys),
    name = "all",
    version = 2,
    expiration = lifetime,
    jitter = 0.1,
    force_overwrite = fresh,
    compress = false,
    encrypt,
    encryption_key = keys,
    codec = "msgpack",
    cache = cache
)]
fn all(
    n: u64,
    m: u64,
    lifetime: Duration,
    fresh: bool,
    cache: Cache,
    keys: Keyring,
) -> impl Iterator<Item = u64> {
    RUNS.count();
    drop((lifetime, fresh, cache, keys));
    n..m
}

fn configured() -> Duration {
    Duration::from_secs(1)
}

#[memoize_iter(key = [n], expiration = configured())]
fn listed(n: u64) -> Vec<u64> {
    RUNS.count();
    (0..n).collect()
}

fn main() {
    let entries: (Entry<Vec<u64>>, Entry<Vec<u64>>, Entry<Vec<u64>>) =
        (finished::entry(Vec::new()), kept::entry(&3), listed::entry(2));
    let letters: (Entry<Vec<char>>, Entry<Vec<char>>) =
        (told::entry("ab".to_owned()), told_at_once::entry("ab"));
    let later: AsyncEntry<Vec<u64>> = told_later::entry(2);
    for _ in 0..2 {
        assert_eq!(finished(vec![1, 2]).sum::<u64>(), 3);
        assert_eq!(kept(&3).take(2).collect::<Vec<_>>(), [0, 1]);
        assert!(told("ab".to_owned()).map(Result::unwrap).eq(['a', 'b']));
        assert!(told_at_once("ab").map(Result::unwrap).eq(['a', 'b']));
        assert_eq!(listed(2), [0, 1]);
    }
    assert_eq!(block_on(told_later(2).count()), 2);
    RUNS.assert(6);
    assert_eq!(entries.0.peek(), Some(vec![1, 2]));
    // A beginning is not the whole.
    assert_eq!(entries.1.peek(), None);
    assert_eq!(entries.2.peek(), Some(vec![0, 1]));
    assert_eq!((letters.0.peek(), letters.1.peek()), (Some(vec!['a', 'b']), Some(vec!['a', 'b'])));
    assert_eq!(block_on(later.peek()), Some(vec![0, 1]));
    bound();
}

fn bound() {
    let cache = Cache::builder().build().unwrap();
    let keys = Keyring::single(&Secret::random().unwrap());
    let call = |fresh| all(1, 4, configured(), fresh, cache.clone(), keys.clone()).sum::<u64>();
    assert_eq!((call(false), call(false), call(true)), (6, 6, 6));
    RUNS.assert(2);
}
