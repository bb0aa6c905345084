use memo::memoize;

#[memoize(skip)]
fn load(id: u64) -> u64 {
    id
}

fn main() {}
