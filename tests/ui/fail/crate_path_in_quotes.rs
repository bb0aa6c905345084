use memo::memoize;

#[memoize(crate = "memo")]
fn load(id: u64) -> u64 {
    id
}

fn main() {}
