//! A float is a key, although it is neither `Eq` nor `Hash`.

#[path = "../support.rs"]
mod support;

use memo::memoize;

use support::Runs;

static RUNS: Runs = Runs::new();

#[memoize]
fn half(x: f64) -> f64 {
    RUNS.count();
    x / 2.0
}

fn main() {
    assert_eq!(half(3.0), 1.5);
    assert_eq!(half(3.0), 1.5);
    RUNS.assert(1);
    assert_eq!(half(3.5), 1.75);
    RUNS.assert(1);
}
