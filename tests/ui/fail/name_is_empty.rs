use memo::memoize;

#[memoize(name = "")]
fn load(id: u64) -> u64 {
    id
}

fn main() {}
