use memo::memoize;

#[memoize(jitter = 0.1, expiration = "never")]
fn load(id: u64) -> u64 {
    id
}

fn main() {}
