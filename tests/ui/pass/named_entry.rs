//! `entry = name` gives a method of that name, for blocking and for async methods.

#[path = "../support.rs"]
mod support;

use memo::memoize;

use support::{Runs, block_on};

static RUNS: Runs = Runs::new();

struct Store {
    shard: u32,
}

impl Store {
    #[memoize(key = "user:{self.shard}:{id}", entry = user_entry)]
    fn user(&self, mut id: u32) -> u32 {
        RUNS.count();
        id += self.shard;
        id
    }

    #[memoize(key = "row:{self.shard}:{id}", entry = row_entry)]
    async fn row(&self, id: u32) -> u32 {
        RUNS.count();
        self.shard + id
    }
}

fn main() {
    let store = Store { shard: 10 };
    assert_eq!([store.user(1), store.user(1)], [11, 11]);
    RUNS.assert(1);
    assert!(store.user_entry(1).invalidate());
    assert_eq!(store.user(1), 11);
    RUNS.assert(1);
    assert_eq!(block_on(store.row(1)), 11);
    let _entry = store.row_entry(1);
    RUNS.assert(1);
}
