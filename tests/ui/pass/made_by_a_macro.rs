//! The attribute works on a function that a macro makes, whoever wrote its names.

#[path = "../support.rs"]
mod support;

use std::time::Duration;

use memo::memoize;

use support::Runs;

static RUNS: Runs = Runs::new();

macro_rules! sum {
    ($name:ident, $($rest:ident),*) => {
        #[memoize]
        fn $name(n: u32, $($rest: u32),*) -> u32 {
            RUNS.count();
            n $(+ $rest)*
        }
    };
}

macro_rules! product {
    ($name:ident, $m:ident) => {
        #[memoize(key = [n, $m], expiration = Duration::from_secs(60 + u64::from($m)))]
        fn $name(n: u32, $m: u32) -> u32 {
            RUNS.count();
            n * $m
        }
    };
}

macro_rules! difference {
    ($name:ident) => {
        #[memoize(key = "{n}-{m}")]
        fn $name(n: u32, m: u32) -> u32 {
            RUNS.count();
            n - m
        }
    };
}

sum!(add, a, b);
product!(multiply, a);
difference!(subtract);

fn main() {
    assert_eq!([add(1, 2, 3), add(1, 2, 3)], [6, 6]);
    assert_eq!([multiply(2, 3), multiply(2, 3)], [6, 6]);
    assert_eq!([subtract(5, 3), subtract(5, 3)], [2, 2]);
    RUNS.assert(3);
}
