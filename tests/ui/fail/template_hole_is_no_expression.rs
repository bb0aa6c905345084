use memo::memoize;

#[memoize(key = "user:{id +}")]
fn load(id: u64) -> u64 {
    id
}

fn main() {}
