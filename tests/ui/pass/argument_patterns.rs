//! Arguments may be patterns; every name they bind is in the key.

#[path = "../support.rs"]
mod support;

use memo::memoize;

use support::Runs;

static RUNS: Runs = Runs::new();

struct Size {
    width: u32,
    height: u32,
}

#[memoize]
fn area((x, y): (u32, u32), Size { width, height: h }: Size, [a, .., z]: [u32; 3], _: &str) -> u32 {
    RUNS.count();
    (width - x) * (h - y) + a + z
}

#[memoize]
fn sum(whole @ (a, b): (u32, u32), &c: &u32) -> u32 {
    RUNS.count();
    whole.0 + a + b + c
}

#[memoize(key = "{a}-{b}")]
fn pair((a, b): (u32, u32)) -> u32 {
    RUNS.count();
    a * b
}

fn main() {
    let size = || Size {
        width: 4,
        height: 5,
    };
    assert_eq!(area((1, 2), size(), [0, 1, 2], "x"), 11);
    assert_eq!(area((1, 2), size(), [0, 9, 2], "y"), 11);
    RUNS.assert(1);
    assert_eq!(area((2, 2), size(), [0, 1, 2], "x"), 8);
    RUNS.assert(1);
    assert_eq!([sum((1, 2), &3), sum((1, 2), &3)], [7, 7]);
    RUNS.assert(1);
    assert_eq!([pair((2, 3)), pair((2, 3)), pair((3, 2))], [6, 6, 6]);
    RUNS.assert(2);
}
