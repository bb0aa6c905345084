use memo::memoize;

#[memoize(key = "user\0:{id}")]
fn load(id: u64) -> u64 {
    id
}

fn main() {}
