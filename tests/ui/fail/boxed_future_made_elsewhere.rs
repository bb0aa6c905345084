use memo::memoize;

use std::future::Future;
use std::pin::Pin;

#[memoize]
fn load(id: u64) -> Pin<Box<dyn Future<Output = u64> + Send>> {
    later(id)
}

fn later(id: u64) -> Pin<Box<dyn Future<Output = u64> + Send>> {
    Box::pin(async move { id })
}

fn main() {}
