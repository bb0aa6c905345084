use memo::memoize;

#[memoize(cache_none = false)]
fn load(id: u64) -> u64 {
    id
}

fn main() {}
