use memo::memoize;

#[memoize("user:{id}")]
fn load(id: u64) -> u64 {
    id
}

fn main() {}
