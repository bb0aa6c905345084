use memo::memoize;

#[memoize(entry = "load_entry")]
fn load(id: u64) -> u64 {
    id
}

fn main() {}
