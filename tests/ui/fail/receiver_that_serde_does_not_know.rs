use memo::memoize;

struct Store {
    shard: u64,
}

impl Store {
    #[memoize]
    fn load(&self, id: u64) -> u64 {
        self.shard + id
    }
}

fn main() {}
