//! An `impl Trait` argument is in the key by its value and its type.

#[path = "../support.rs"]
mod support;

use std::fmt::Display;

use memo::memoize;

use support::Runs;

static RUNS: Runs = Runs::new();

#[memoize(key = "{x}")]
fn width(x: impl Display) -> usize {
    RUNS.count();
    x.to_string().len()
}

fn main() {
    assert_eq!(width(12), 2);
    assert_eq!(width(12), 2);
    RUNS.assert(1);
    assert_eq!(width("12"), 2);
    RUNS.assert(1);
}
