use futures::Stream;
use memo::memoize_iter;

#[memoize_iter(eager)]
fn list(n: u64) -> Vec<u64> {
    (0..n).collect()
}

#[memoize_iter(eager)]
fn stream(n: u64) -> impl Stream<Item = u64> {
    futures::stream::iter(0..n)
}

#[memoize_iter(eager)]
async fn awaited(n: u64) -> impl Iterator<Item = u64> {
    0..n
}

fn main() {}
