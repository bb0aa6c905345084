//! Options that are expressions may use the arguments.

#[path = "../support.rs"]
mod support;

use std::time::Duration;

use memo::memoize;

use support::Runs;

static RUNS: Runs = Runs::new();

#[memoize(key = [id], skip(minutes, fresh), expiration = Duration::from_secs(minutes * 60), force_overwrite = fresh)]
fn load(id: u32, minutes: u64, fresh: bool) -> Option<u32> {
    RUNS.count();
    (id > 0).then_some(id)
}

#[memoize(expiration = Duration::from_secs(5), cache_if = |n: &u32| *n > 1, weigh = |_: &u32| 100)]
fn large(n: u32) -> u32 {
    RUNS.count();
    n
}

#[memoize(cache_none = false)]
fn some(n: u32) -> Option<u32> {
    RUNS.count();
    n.checked_sub(1)
}

fn main() {
    assert_eq!(
        [
            load(1, 5, false),
            load(1, 6, false),
            load(0, 5, false),
            load(0, 5, false)
        ],
        [Some(1), Some(1), None, None]
    );
    RUNS.assert(2);
    assert_eq!(load(1, 5, true), Some(1));
    RUNS.assert(1);
    assert_eq!([large(1), large(1), large(2), large(2)], [1, 1, 2, 2]);
    RUNS.assert(3);
    assert_eq!(
        [some(0), some(0), some(1), some(1)],
        [None, None, Some(0), Some(0)]
    );
    RUNS.assert(3);
}
