//! Functions of one name in one module never meet.

#[path = "../support.rs"]
mod support;

use memo::memoize;

use support::Runs;

static RUNS: Runs = Runs::new();

trait Left {
    fn get(&self) -> String;
}

trait Right {
    fn get(&self) -> String;
}

struct Both;

impl Left for Both {
    #[memoize(skip(self))]
    fn get(&self) -> String {
        RUNS.count();
        "left".to_owned()
    }
}

impl Right for Both {
    #[memoize(skip(self))]
    fn get(&self) -> String {
        RUNS.count();
        "right".to_owned()
    }
}

fn one() -> String {
    #[memoize]
    fn name(id: u32) -> String {
        RUNS.count();
        format!("one {id}")
    }
    name(1)
}

fn two() -> String {
    #[memoize]
    fn name(id: u32) -> String {
        RUNS.count();
        format!("two {id}")
    }
    name(1)
}

fn main() {
    assert_eq!(
        [Left::get(&Both), Right::get(&Both), Left::get(&Both)],
        ["left", "right", "left"]
    );
    assert_eq!([one(), two(), one()], ["one 1", "two 1", "one 1"]);
    RUNS.assert(4);
}
