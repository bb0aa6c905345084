//! Nothing leaks into the module of the function.

#[path = "../support.rs"]
mod support;

use memo::memoize;

use support::Runs;

static RUNS: Runs = Runs::new();
const MAX: u32 = 10;

#[memoize]
fn max(a: u32) -> u32 {
    RUNS.count();
    a.max(MAX)
}

fn max_no_cache() {}
fn max_prime_cache() {}
fn site() {}
fn entry() {}

fn main() {
    assert_eq!([max(1), max(1), max(11)], [10, 10, 11]);
    RUNS.assert(2);
    max_no_cache();
    max_prime_cache();
    site();
    entry();
}
