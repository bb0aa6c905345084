//! The expansion takes nothing from a prelude, nor from a module or type that is called like one of its own.

#![no_implicit_prelude]
#![allow(dead_code)]

use ::futures::Stream;
use ::memo::{memoize, memoize_iter};
use ::std::sync::atomic::{AtomicUsize, Ordering};

static RUNS: AtomicUsize = AtomicUsize::new(0);

mod core {}
mod std {}
mod alloc {}

struct Option;
struct Some;
struct None;
struct Result;
struct Ok;
struct Err;
struct Box;
struct Vec;
struct String;
struct Duration;
struct Key;
struct Site;
struct Entry;
trait Send {}
trait Sync {}
trait Clone {}
trait Drop {}
trait Fn {}
trait Future {}
trait Iterator {}
trait IntoIterator {}
trait From {}
trait Into {}

#[memoize(key = "{n}", expiration = 5, jitter = 0.1, version = 2, cache_if = |_| true, force_overwrite = false)]
fn value(n: u64) -> u64 {
    RUNS.fetch_add(1, Ordering::Relaxed);
    n
}

#[memoize(cache_none = false, large_data, codec = "msgpack")]
async fn optional(n: u64) -> ::std::option::Option<u64> {
    RUNS.fetch_add(1, Ordering::Relaxed);
    ::std::option::Option::Some(n)
}

#[memoize_iter]
fn iterated(n: u64) -> impl ::std::iter::Iterator<Item = u64> {
    RUNS.fetch_add(1, Ordering::Relaxed);
    0..n
}

#[memoize_iter(eager)]
fn eager(n: u64) -> impl ::std::iter::Iterator<Item = u64> {
    RUNS.fetch_add(1, Ordering::Relaxed);
    0..n
}

#[memoize_iter]
async fn boxed(n: u64) -> ::std::boxed::Box<dyn ::std::iter::Iterator<Item = u64>> {
    RUNS.fetch_add(1, Ordering::Relaxed);
    ::std::boxed::Box::new(0..n)
}

#[memoize_iter]
fn streamed(n: u64) -> impl Stream<Item = u64> {
    RUNS.fetch_add(1, Ordering::Relaxed);
    ::futures::stream::iter(0..n)
}

struct Shop;

impl Shop {
    #[memoize(skip(self), entry = item_entry)]
    async fn item<T>(&self, n: T) -> u64
    where
        T: ::serde::Serialize + ::std::marker::Send + 'static,
    {
        RUNS.fetch_add(1, Ordering::Relaxed);
        1
    }
}

fn main() {
    use ::futures::StreamExt;
    use ::futures::executor::block_on;
    use ::std::iter::Iterator;
    use ::std::{assert, assert_eq};

    assert_eq!([value(1), value(1)], [1, 1]);
    assert!(block_on(optional(1)).is_some());
    assert!(block_on(optional(1)).is_some());
    assert_eq!([iterated(3).count(), iterated(3).count()], [3, 3]);
    assert_eq!([eager(3).count(), eager(3).count()], [3, 3]);
    assert_eq!(block_on(boxed(3)).count(), 3);
    assert_eq!(block_on(boxed(3)).count(), 3);
    assert_eq!(block_on(streamed(3).count()), 3);
    assert_eq!(block_on(streamed(3).count()), 3);
    assert_eq!(block_on(Shop.item(1)), 1);
    assert_eq!(block_on(Shop.item(1)), 1);
    assert_eq!(RUNS.load(Ordering::Relaxed), 7);
}
