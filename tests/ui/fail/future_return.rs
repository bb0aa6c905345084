use memo::memoize;

use std::future::Future;

use futures::future::BoxFuture;

#[memoize]
fn opaque(id: u64) -> impl Future<Output = u64> + Send {
    async move { id }
}

#[memoize]
fn boxed(id: u64) -> BoxFuture<'static, u64> {
    Box::pin(async move { id })
}

fn main() {}
