//! Each instance of a generic function has values of its own.

#[path = "../support.rs"]
mod support;

use memo::memoize;

use support::Runs;

static RUNS: Runs = Runs::new();

trait Named {
    const NAME: &'static str;
}

impl Named for u8 {
    const NAME: &'static str = "u8";
}

impl Named for i32 {
    const NAME: &'static str = "i32";
}

#[memoize]
fn name_of<T: Named>(times: usize) -> String {
    RUNS.count();
    T::NAME.repeat(times)
}

fn main() {
    assert_eq!(name_of::<u8>(2), "u8u8");
    assert_eq!(name_of::<i32>(2), "i32i32");
    assert_eq!(name_of::<u8>(2), "u8u8");
    RUNS.assert(2);
}
