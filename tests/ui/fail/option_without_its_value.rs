use memo::memoize;

#[memoize(version, expiration =)]
fn load(id: u64) -> u64 {
    id
}

fn main() {}
