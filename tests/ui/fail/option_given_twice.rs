use memo::memoize;

#[memoize(version = 1, version = 2)]
fn load(id: u64) -> u64 {
    id
}

fn main() {}
