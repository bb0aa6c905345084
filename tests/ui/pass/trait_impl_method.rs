//! Methods of a trait implementation, one instance apart from the next.

#[path = "../support.rs"]
mod support;

use memo::memoize;

use support::Runs;

static RUNS: Runs = Runs::new();

trait Source {
    fn get(&self, id: u64) -> u64;
}

struct Disk {
    offset: u64,
}

struct Net;

impl Source for Disk {
    #[memoize(key = "{self.offset}:{id}")]
    fn get(&self, id: u64) -> u64 {
        RUNS.count();
        self.offset + id
    }
}

impl Source for Net {
    #[memoize(skip(self))]
    fn get(&self, id: u64) -> u64 {
        RUNS.count();
        id * 2
    }
}

fn main() {
    let (near, far) = (Disk { offset: 1 }, Disk { offset: 100 });
    assert_eq!(
        [near.get(1), near.get(1), far.get(1), far.get(1)],
        [2, 2, 101, 101]
    );
    RUNS.assert(2);
    assert_eq!([Net.get(1), Net.get(1)], [2, 2]);
    RUNS.assert(1);
}
