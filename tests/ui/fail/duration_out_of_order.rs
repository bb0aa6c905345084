use memo::memoize;

#[memoize(expiration = "30m1h")]
fn load(id: u64) -> u64 {
    id
}

fn main() {}
