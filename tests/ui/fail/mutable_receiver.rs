use memo::memoize;

struct Store {
    loads: u64,
}

impl Store {
    #[memoize]
    fn load(&mut self, id: u64) -> u64 {
        self.loads += 1;
        id
    }
}

fn main() {}
