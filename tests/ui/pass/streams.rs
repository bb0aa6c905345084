//! Streams, and asynchronous functions that return something to iterate.

#[path = "../support.rs"]
mod support;

use std::pin::Pin;

use futures::Stream;
use futures::stream::{self, BoxStream, LocalBoxStream, StreamExt};
use memo::memoize_iter;

use support::{Runs, block_on};

static RUNS: Runs = Runs::new();

#[memoize_iter]
fn count(n: u64) -> impl Stream<Item = u64> + Send + Unpin {
    RUNS.count();
    stream::iter(0..n)
}

#[memoize_iter(skip(db))]
fn borrowed(db: &[u64], n: usize) -> impl Stream<Item = u64> + '_ {
    RUNS.count();
    stream::iter(db.iter().copied().take(n))
}

#[memoize_iter]
fn boxed(n: u64) -> BoxStream<'static, Result<u64, String>> {
    fn fails(n: u64) -> bool {
        n == 0
    }
    RUNS.count();
    if fails(n) {
        return Box::pin(stream::once(async { Err("none".to_owned()) }));
    }
    stream::iter(0..n).map(Ok).boxed()
}

#[memoize_iter]
fn local(text: &str) -> LocalBoxStream<'_, String> {
    RUNS.count();
    Box::pin(stream::iter(text.split(' ').map(str::to_owned)))
}

#[memoize_iter]
fn pinned<'a>(text: &'a str) -> Pin<Box<dyn Stream<Item = String> + Send + 'a>> {
    RUNS.count();
    Box::pin(stream::iter(text.split(' ').map(str::to_owned)))
}

#[memoize_iter]
async fn later(n: u64) -> impl Stream<Item = u64> {
    RUNS.count();
    let n = std::future::ready(n).await;
    stream::iter(0..n)
}

#[memoize_iter]
async fn boxed_later(n: u64) -> BoxStream<'static, u64> {
    RUNS.count();
    let n = std::future::ready(n).await;
    Box::pin(stream::iter(0..n))
}

#[memoize_iter]
async fn list(text: &str) -> Vec<String> {
    RUNS.count();
    let text = std::future::ready(text).await;
    text.split(' ').map(Into::into).collect()
}

#[memoize_iter]
async fn iterated(text: &str) -> impl Iterator<Item = String> {
    RUNS.count();
    let text = std::future::ready(text.to_owned()).await;
    vec![text].into_iter()
}

#[memoize_iter]
async fn boxed_iterated(n: u64) -> Box<dyn Iterator<Item = u64> + Send> {
    RUNS.count();
    if n == 0 {
        return Box::new(std::iter::empty());
    }
    Box::new(0..n)
}

fn is_send<T: Send>(value: T) -> T {
    value
}

fn main() {
    block_on(each_body_runs_once());
}

async fn each_body_runs_once() {
    let db = [1, 2];
    for _ in 0..2 {
        assert_eq!(is_send(count(3)).collect::<Vec<_>>().await, [0, 1, 2]);
        assert_eq!(borrowed(&db, 1).collect::<Vec<_>>().await, [1]);
        assert_eq!(is_send(boxed(1)).collect::<Vec<_>>().await, [Ok(0)]);
        assert_eq!(local("a b").collect::<Vec<_>>().await, ["a", "b"]);
        assert_eq!(pinned("a b").collect::<Vec<_>>().await, ["a", "b"]);
        assert_eq!(later(2).await.collect::<Vec<_>>().await, [0, 1]);
        assert_eq!(boxed_later(2).await.collect::<Vec<_>>().await, [0, 1]);
        assert_eq!(is_send(list("a b")).await, ["a", "b"]);
        assert_eq!(iterated("a b").await.collect::<Vec<_>>(), ["a b"]);
        assert_eq!(boxed_iterated(0).await.count(), 0);
    }
    RUNS.assert(10);
    for _ in 0..2 {
        assert!(boxed(0).next().await.is_some_and(|item| item.is_err()));
    }
    RUNS.assert(2);
}
