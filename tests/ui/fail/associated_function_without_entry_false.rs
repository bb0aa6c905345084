use memo::memoize;

struct Store;

impl Store {
    #[memoize]
    fn load(id: u64) -> u64 {
        id
    }
}

fn main() {}
