use memo::memoize;

#[memoize(expiration = 0.5)]
fn load(id: u64) -> u64 {
    id
}

#[memoize(expiration = -5)]
fn find(id: u64) -> u64 {
    id
}

fn main() {}
