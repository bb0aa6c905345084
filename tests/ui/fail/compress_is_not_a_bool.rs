use memo::memoize;

#[memoize(large_data, compress = 9)]
fn load(id: u64) -> u64 {
    id
}

fn main() {}
