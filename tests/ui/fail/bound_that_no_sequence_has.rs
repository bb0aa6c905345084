use futures::Stream;
use memo::memoize_iter;

#[memoize_iter]
fn rows(n: u64) -> impl DoubleEndedIterator<Item = u64> {
    0..n
}

#[memoize_iter]
fn copied(n: u64) -> impl Iterator<Item = u64> + Clone + Send {
    0..n
}

#[memoize_iter]
fn boxed(n: usize) -> Box<dyn ExactSizeIterator<Item = usize>> {
    Box::new(0..n)
}

#[memoize_iter]
fn stream(n: u64) -> impl Stream<Item = u64> + Clone {
    futures::stream::iter(0..n)
}

fn main() {}
