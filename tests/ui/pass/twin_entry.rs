//! Beside a free function stands a type of its name that reaches the entries.

#[path = "../support.rs"]
mod support;

use memo::memoize;

use support::Runs;

static RUNS: Runs = Runs::new();

#[memoize]
fn load(mut id: u32, (a, b): (u32, u32), _: &str) -> u32 {
    RUNS.count();
    id += a + b;
    id
}

fn main() {
    assert_eq!([load(1, (2, 3), "x"), load(1, (2, 3), "y")], [6, 6]);
    RUNS.assert(1);
    load::entry(1, (2, 3), "").invalidate();
    assert_eq!(load(1, (2, 3), "x"), 6);
    RUNS.assert(1);
    let _: &'static memo::Site = load::site();
}
