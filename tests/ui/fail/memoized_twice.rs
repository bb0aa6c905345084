use memo::{memoize, memoize_iter};

#[memoize(expiration = "5m")]
#[memoize]
fn load(id: u64) -> u64 {
    id
}

#[memoize_iter]
#[memo::memoize]
fn list(id: u64) -> Vec<u64> {
    vec![id]
}

fn main() {}
