//! A hole may be a constant, or a const generic of the `impl` around.

#[path = "../support.rs"]
mod support;

use memo::memoize;

use support::Runs;

static RUNS: Runs = Runs::new();

const REGION: &str = "eu";

#[memoize(key = "{REGION}:{id}")]
fn load(id: u64) -> u64 {
    RUNS.count();
    id
}

struct Ring<const N: usize>;

impl<const N: usize> Ring<N> {
    #[memoize(key = "{N}:{id}", skip(self), entry = slot_entry)]
    fn slot(&self, id: usize) -> usize {
        RUNS.count();
        id % N
    }
}

fn main() {
    assert_eq!([load(1), load(1), load(2)], [1, 1, 2]);
    assert_eq!(load::entry(1).key(), ":eu:1");
    RUNS.assert(2);
    assert_eq!([Ring::<3>.slot(4), Ring::<3>.slot(4), Ring::<4>.slot(4)], [1, 1, 0]);
    RUNS.assert(2);
}
