use memo::memoize;

struct Store;

#[memoize]
impl Store {
    fn load(id: u64) -> u64 {
        id
    }
}

fn main() {}
