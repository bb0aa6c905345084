use memo::memoize;

#[memoize(large_data = true)]
fn load(id: u64) -> u64 {
    id
}

#[memoize(encrypt = true)]
fn find(id: u64) -> u64 {
    id
}

fn main() {}
