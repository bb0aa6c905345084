//! A `mut` argument is in the key as it was passed.

#[path = "../support.rs"]
mod support;

use memo::memoize;

use support::{Runs, block_on};

static RUNS: Runs = Runs::new();

#[memoize]
fn countdown(mut n: u32, (mut low, step): (u32, u32)) -> u32 {
    RUNS.count();
    while n > low {
        n -= step;
        low += 0;
    }
    n
}

#[memoize]
async fn later(mut words: Vec<String>) -> Vec<String> {
    RUNS.count();
    words.push("end".to_owned());
    words
}

fn main() {
    assert_eq!([countdown(9, (2, 3)), countdown(9, (2, 3))], [0, 0]);
    RUNS.assert(1);
    let start = || vec!["start".to_owned()];
    assert_eq!(block_on(later(start())), ["start", "end"]);
    assert_eq!(block_on(later(start())), ["start", "end"]);
    RUNS.assert(1);
}
