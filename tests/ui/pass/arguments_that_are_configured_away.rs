//! An argument that is not there is not in the key, whether a list names it or not.

#[path = "../support.rs"]
mod support;

use memo::memoize;

use support::Runs;

static RUNS: Runs = Runs::new();

#[memoize(key = [here, gone])]
fn listed(#[cfg(all())] here: u64, #[cfg(any())] gone: u64) -> u64 {
    RUNS.count();
    here
}

#[memoize]
async fn unlisted(#[cfg(all())] here: u64, #[cfg(any())] gone: u64) -> u64 {
    RUNS.count();
    here
}

fn main() {
    assert_eq!([listed(1), listed(1), listed(2)], [1, 1, 2]);
    RUNS.assert(2);
    assert_eq!([unlisted(1), unlisted(1)].map(support::block_on), [1, 1]);
    RUNS.assert(1);
}
