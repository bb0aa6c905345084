use memo::memoize;

#[memoize(key = "user:{id:05}")]
fn load(id: u64) -> u64 {
    id
}

fn main() {}
