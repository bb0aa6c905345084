use futures::stream::BoxStream;
use memo::memoize;

#[memoize]
fn rows(n: u64) -> impl Iterator<Item = u64> {
    0..n
}

#[memoize]
fn boxed(text: &str) -> Box<dyn Iterator<Item = u8> + '_> {
    Box::new(text.bytes())
}

#[memoize]
fn stream(n: u64) -> BoxStream<'static, u64> {
    Box::pin(futures::stream::iter(0..n))
}

fn main() {}
