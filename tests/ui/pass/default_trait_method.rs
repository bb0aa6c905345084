//! A default method keeps the values of its implementors apart.

#[path = "../support.rs"]
mod support;

use memo::memoize;

use support::Runs;

static RUNS: Runs = Runs::new();

trait Shape {
    const SIDES: u32;

    #[memoize(skip(self))]
    fn angles(&self, degrees: u32) -> u32 {
        RUNS.count();
        (Self::SIDES - 2) * degrees
    }
}

struct Triangle;
struct Square;

impl Shape for Triangle {
    const SIDES: u32 = 3;
}

impl Shape for Square {
    const SIDES: u32 = 4;
}

fn main() {
    assert_eq!(
        [
            Triangle.angles(180),
            Square.angles(180),
            Triangle.angles(180)
        ],
        [180, 360, 180]
    );
    RUNS.assert(2);
}
