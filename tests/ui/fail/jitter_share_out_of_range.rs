use memo::memoize;

#[memoize(jitter = 1.5)]
fn load(id: u64) -> u64 {
    id
}

fn main() {}
