use memo::memoize;

#[memoize(expiration = 0)]
fn load(id: u64) -> u64 {
    id
}

#[memoize(expiration = "0s")]
fn find(id: u64) -> u64 {
    id
}

fn main() {}
