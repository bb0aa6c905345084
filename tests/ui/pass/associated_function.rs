//! An associated function that says `Self` needs no option; one that does not needs `entry = false`.

#[path = "../support.rs"]
mod support;

use memo::memoize;

use support::Runs;

static RUNS: Runs = Runs::new();

#[derive(Clone, Debug, PartialEq)]
struct Point(i32, i32);

impl Point {
    #[memoize(local)]
    fn on_axis(x: i32) -> Self {
        RUNS.count();
        Self(x, 0)
    }

    #[memoize(entry = false)]
    fn distance(x: i32, y: i32) -> i32 {
        RUNS.count();
        x.abs() + y.abs()
    }
}

fn main() {
    assert_eq!(Point::on_axis(3), Point(3, 0));
    assert_eq!(Point::on_axis(3), Point(3, 0));
    RUNS.assert(1);
    assert_eq!(Point::distance(3, -4), 7);
    assert_eq!(Point::distance(3, -4), 7);
    RUNS.assert(1);
}
