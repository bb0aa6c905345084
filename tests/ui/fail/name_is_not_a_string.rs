use memo::memoize;

#[memoize(name = users)]
fn load(id: u64) -> u64 {
    id
}

fn main() {}
