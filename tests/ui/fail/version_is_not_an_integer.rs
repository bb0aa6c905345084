use memo::memoize;

#[memoize(version = "2")]
fn load(id: u64) -> u64 {
    id
}

fn main() {}
