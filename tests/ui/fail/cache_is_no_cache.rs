use memo::memoize;

#[memoize(cache = id)]
fn load(id: u64) -> u64 {
    id
}

fn main() {}
