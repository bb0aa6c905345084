use memo::memoize;

#[memoize(near = "5s", encrypt)]
fn secret(id: u64) -> u64 {
    id
}

#[memoize(large_data, near = 5)]
fn large(id: u64) -> Vec<u64> {
    vec![id]
}

fn main() {}
