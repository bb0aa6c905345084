use memo::memoize;

#[memoize(expiration = "5min")]
fn load(id: u64) -> u64 {
    id
}

fn main() {}
