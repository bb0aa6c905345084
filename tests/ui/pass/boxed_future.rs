//! A boxed future written by hand is memoized by what it resolves to.

#[path = "../support.rs"]
mod support;

use std::future::Future;
use std::pin::Pin;

use memo::memoize;

use support::{Runs, block_on};

static RUNS: Runs = Runs::new();

type Boxed<T> = Box<T>;

#[memoize]
fn twice(n: u64) -> Pin<Box<dyn Future<Output = u64> + Send>> {
    let factor = 2;
    Boxed::pin(async move {
        RUNS.count();
        std::future::ready(n).await * factor
    })
}

fn main() {
    assert_eq!(block_on(twice(4)), 8);
    assert_eq!(block_on(twice(4)), 8);
    RUNS.assert(1);
}
