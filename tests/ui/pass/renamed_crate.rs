//! The crate may have another name, if the attribute is told.

#[path = "../support.rs"]
mod support;

use memo as renamed;
use renamed::memoize;

use support::Runs;

static RUNS: Runs = Runs::new();

mod inner {
    pub use ::memo as cache;
}

#[memoize(crate = renamed)]
fn double(n: u32) -> u32 {
    RUNS.count();
    n * 2
}

#[memoize(crate = crate::inner::cache, expiration = 60)]
fn triple(n: u32) -> u32 {
    RUNS.count();
    n * 3
}

fn main() {
    assert_eq!([double(2), double(2), triple(2), triple(2)], [4, 4, 6, 6]);
    RUNS.assert(2);
}
