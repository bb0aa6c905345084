use std::borrow::Cow;

use futures::stream::BoxStream;
use memo::memoize_iter;

#[memoize_iter]
fn boxed(text: &str) -> Box<dyn Iterator<Item = u8>> {
    Box::new(Vec::from(text).into_iter())
}

#[memoize_iter]
fn named<'a>(text: Cow<'a, str>) -> impl Iterator<Item = u8> + 'static {
    Vec::from(&*text).into_iter()
}

#[memoize_iter]
fn used(text: &str) -> impl Iterator<Item = u8> + use<> {
    Vec::from(text).into_iter()
}

#[memoize_iter]
fn stream(rows: &[u64]) -> BoxStream<'static, u64> {
    Box::pin(futures::stream::iter(rows.to_vec()))
}

#[memoize_iter]
fn of_another<'a>(text: &'a str, more: &str) -> impl Iterator<Item = u8> + 'a {
    text.bytes().chain(Vec::from(more))
}

#[memoize_iter]
fn of_two(text: &str, more: &str) -> Box<dyn Iterator<Item = u8>> {
    Box::new([text, more].concat().into_bytes().into_iter())
}

// An argument that the body does not use is not kept.
#[memoize_iter(skip(_log))]
fn unused(_log: &str, n: u8) -> Box<dyn Iterator<Item = u8>> {
    Box::new(0..n)
}

fn main() {}
