use memo::memoize_iter;

#[memoize_iter(on_drop = "finnish")]
fn rows(n: u64) -> impl Iterator<Item = u64> {
    0..n
}

#[memoize_iter(on_torn = panic)]
fn more(n: u64) -> impl Iterator<Item = u64> {
    0..n
}

fn main() {}
