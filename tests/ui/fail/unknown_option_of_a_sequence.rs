use memo::memoize_iter;

#[memoize_iter(on_dorp = "keep")]
fn rows(n: u64) -> impl Iterator<Item = u64> {
    0..n
}

#[memoize_iter(ttl = 60)]
fn more(n: u64) -> impl Iterator<Item = u64> {
    0..n
}

#[memoize_iter(weight = 1)]
fn heavy(n: u64) -> impl Iterator<Item = u64> {
    0..n
}

fn main() {}
