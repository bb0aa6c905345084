//! An `async fn` in a trait implementation.

#[path = "../support.rs"]
mod support;

use memo::memoize;

use support::{Runs, block_on};

static RUNS: Runs = Runs::new();

trait Source {
    async fn get(&self, id: u64) -> Result<u64, String>;
}

struct Disk {
    offset: u64,
}

impl Source for Disk {
    #[memoize(key = "{self.offset}:{id}")]
    async fn get(&self, id: u64) -> Result<u64, String> {
        RUNS.count();
        let offset: Result<u64, String> = std::future::ready(Ok(self.offset)).await;
        Ok(offset? + id)
    }
}

fn main() {
    let disk = Disk { offset: 1 };
    assert_eq!(block_on(disk.get(1)), Ok(2));
    assert_eq!(block_on(disk.get(1)), Ok(2));
    RUNS.assert(1);
    assert_eq!(block_on(Disk { offset: 9 }.get(1)), Ok(10));
    RUNS.assert(1);
}
