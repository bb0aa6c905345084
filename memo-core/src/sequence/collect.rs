//! Asynchronous functions that return all items at once.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;

use super::stream::{CachedStream, stream};
use super::{ItemRules, Yield};
use crate::key::Key;
use crate::site::Site;

/// All the items of a memoized sequence: a future.
#[derive(Debug)]
#[must_use = "a future does nothing before it is polled"]
pub struct Collect<R, K: Yield<R>, F, I> {
    items: CachedStream<R, K, All<F>, Listed<I>>,
    all: Vec<R>,
}

/// The whole sequence of a call whose body is a future of something to iterate.
pub fn collect<R, K, F, B>(
    site: &'static Site,
    key: Key,
    rules: ItemRules<R, K>,
    body: F,
) -> Collect<R, K, F, B::IntoIter>
where
    K: Yield<R>,
    F: Future<Output = B>,
    B: IntoIterator<Item = R>,
{
    Collect {
        items: stream(site, key, rules, All(Box::pin(body))).gathered(),
        all: Vec::new(),
    }
}

/// What is pinned is in boxes.
impl<R, K: Yield<R>, F, I> Unpin for Collect<R, K, F, I> {}

impl<R, K, F, B, I> Future for Collect<R, K, F, I>
where
    K: Yield<R>,
    F: Future<Output = B>,
    B: IntoIterator<Item = R, IntoIter = I>,
    I: Iterator<Item = R>,
{
    type Output = Vec<R>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Vec<R>> {
        let Self { items, all } = &mut *self;
        loop {
            let item = ready!(Pin::new(&mut *items).poll_next(context));
            if items.has_begun_anew() {
                all.clear();
            }
            match item {
                Some(item) => all.push(item),
                None => return Poll::Ready(std::mem::take(all)),
            }
        }
    }
}

/// The future of something to iterate, as that of a stream.
struct All<F>(Pin<Box<F>>);

impl<F, B> Future for All<F>
where
    F: Future<Output = B>,
    B: IntoIterator,
{
    type Output = Listed<B::IntoIter>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let items = ready!(self.0.as_mut().poll(context));
        Poll::Ready(Listed(items.into_iter()))
    }
}

/// A stream of what is there already.
struct Listed<I>(I);

/// Nothing in it is pinned.
impl<I> Unpin for Listed<I> {}

impl<I: Iterator> Stream for Listed<I> {
    type Item = I::Item;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<I::Item>> {
        Poll::Ready(self.0.next())
    }
}
