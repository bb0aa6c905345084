//! A `&mut` argument may be skipped: it is used when the body runs, and only then.

#[path = "../support.rs"]
mod support;

use memo::memoize;

use support::Runs;

#[memoize(skip(log))]
fn load(id: u64, log: &mut Vec<u64>) -> u64 {
    log.push(id);
    id * 10
}

struct Store {
    loads: Runs,
    last: u64,
}

impl Store {
    #[memoize(skip(self))]
    fn load(&mut self, id: u64) -> u64 {
        self.loads.count();
        self.last = id;
        id
    }
}

fn main() {
    let mut log = Vec::new();
    assert_eq!(
        [load(1, &mut log), load(1, &mut log), load(2, &mut log)],
        [10, 10, 20]
    );
    assert_eq!(log, [1, 2]);
    let mut store = Store {
        loads: Runs::new(),
        last: 0,
    };
    assert_eq!([store.load(5), store.load(5)], [5, 5]);
    store.loads.assert(1);
    assert_eq!(store.last, 5);
}
