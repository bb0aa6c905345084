use memo::memoize;

#[memoize(key = "user:{}")]
fn load(id: u64) -> u64 {
    id
}

fn main() {}
