use memo::memoize;

struct Store;

impl Store {
    #[memoize(skip(self), entry = load)]
    fn load(&self, id: u64) -> u64 {
        id
    }
}

fn main() {}
