use memo::memoize;

#[memoize(name = "users\0")]
fn load(id: u64) -> u64 {
    id
}

fn main() {}
