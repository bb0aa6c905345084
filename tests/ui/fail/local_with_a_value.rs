use memo::memoize;

#[memoize(local = true)]
fn load(id: u64) -> u64 {
    id
}

fn main() {}
