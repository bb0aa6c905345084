//! A blanket trait of the user's with methods called like ours does not get in the way.

#[path = "../support.rs"]
mod support;

use memo::memoize;

use support::Runs;

static RUNS: Runs = Runs::new();

trait Everywhere: Sized {
    fn keep(&self) -> u8 {
        1
    }
    fn optional(&self) -> u8 {
        2
    }
    fn part(self) -> u8 {
        3
    }
    fn instance(self) -> u8 {
        4
    }
}

impl<T> Everywhere for T {}

#[memoize(cache_none = false)]
fn find<T: serde::Serialize + Copy + Into<u64>>(id: T) -> Option<u64> {
    RUNS.count();
    Some(id.into())
}

fn main() {
    assert_eq!([find(1_u8), find(1_u8)], [Some(1), Some(1)]);
    RUNS.assert(1);
    assert_eq!((0.keep(), 0.optional(), 0.part(), 0.instance()), (1, 2, 3, 4));
}
