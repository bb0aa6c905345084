//! Arguments may be called what the expansion might call things.

#[path = "../support.rs"]
mod support;

use memo::memoize;

use support::Runs;

static RUNS: Runs = Runs::new();

#[memoize]
#[allow(clippy::too_many_arguments)]
fn add(
    key: u32,
    inner: u32,
    body: u32,
    site: u32,
    entry: u32,
    rules: u32,
    cache: u32,
    memo: u32,
    call: u32,
) -> u32 {
    RUNS.count();
    key + inner + body + site + entry + rules + cache + memo + call
}

#[memoize(key = "{key}:{value:?}:{r#type}", skip(cache))]
fn more(key: u32, value: u32, r#type: u32, cache: u32) -> u32 {
    RUNS.count();
    key + value + r#type + cache
}

#[memoize]
fn same(same: u32) -> u32 {
    RUNS.count();
    same
}

fn main() {
    assert_eq!(
        [
            add(1, 2, 3, 4, 5, 6, 7, 8, 9),
            add(1, 2, 3, 4, 5, 6, 7, 8, 9)
        ],
        [45, 45]
    );
    RUNS.assert(1);
    assert_eq!([more(1, 2, 3, 4), more(1, 2, 3, 5)], [10, 10]);
    RUNS.assert(1);
    assert_eq!([same(1), same(1), same(2)], [1, 1, 2]);
    RUNS.assert(2);
}
