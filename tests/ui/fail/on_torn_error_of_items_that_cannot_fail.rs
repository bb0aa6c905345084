use memo::memoize_iter;

#[memoize_iter(on_torn = "error")]
fn rows(n: u64) -> impl Iterator<Item = u64> {
    0..n
}

fn main() {}
