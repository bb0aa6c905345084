//! What a miss adds to an empty body: key, flight, fill, and the entries that make room for it.

use std::hint::black_box;
use std::time::{Duration, Instant};

const ROUNDS: u64 = 15;
const CALLS: u64 = 20_000;

#[memo::memoize]
fn memoized(x: u64) -> u64 {
    x
}

/// Prints the nanoseconds of a call that misses; no argument is asked for twice.
pub(crate) fn print() {
    let fastest = (0..ROUNDS)
        .map(|round| time(round * CALLS))
        .min()
        .unwrap_or_default();
    let nanos = fastest.as_secs_f64() * 1e9 / CALLS as f64;
    println!("\nNANOS near_miss/empty_body/1t memo {nanos:.0}");
}

fn time(first: u64) -> Duration {
    let start = Instant::now();
    for x in first..first + CALLS {
        black_box(memoized(black_box(x)));
    }
    start.elapsed()
}
