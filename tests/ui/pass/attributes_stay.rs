//! Documentation, lints and other attributes stay on the function, `#[cfg]` also guards its entry.

#[path = "../support.rs"]
mod support;

use memo::memoize;

use support::Runs;

static RUNS: Runs = Runs::new();

/// Adds one.
#[must_use]
#[inline(never)]
#[memoize]
#[cfg(all())]
#[allow(clippy::needless_return)]
pub fn next(
    #[allow(unused_mut)] mut n: u32,
    #[cfg(any())] gone: u32,
    #[cfg(all())] here: u32,
) -> u32 {
    #![allow(unused_variables)]
    RUNS.count();
    let unused = 1;
    return n + here;
}

#[memoize]
#[cfg(any())]
fn absent(_: Unknown) -> u32 {
    0
}

fn main() {
    assert_eq!([next(1, 1), next(1, 1), next(1, 2)], [2, 2, 3]);
    RUNS.assert(2);
}
