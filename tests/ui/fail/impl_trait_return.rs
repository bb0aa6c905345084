use memo::memoize;

#[memoize]
fn rows(n: u64) -> impl Iterator<Item = u64> {
    0..n
}

fn main() {}
