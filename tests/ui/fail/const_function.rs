use memo::memoize;

#[memoize]
const fn load(id: u64) -> u64 {
    id
}

fn main() {}
