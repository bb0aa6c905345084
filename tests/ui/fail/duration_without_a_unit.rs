use memo::memoize;

#[memoize(expiration = "300")]
fn load(id: u64) -> u64 {
    id
}

fn main() {}
