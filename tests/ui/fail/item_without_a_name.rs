use memo::memoize_iter;

#[memoize_iter]
fn rows(n: u64) -> impl Iterator<Item = impl ToString> {
    0..n
}

fn main() {}
