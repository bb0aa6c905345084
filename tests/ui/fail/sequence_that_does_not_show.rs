use memo::memoize_iter;

type Rows = Box<dyn Iterator<Item = u64>>;

#[memoize_iter]
fn alias(n: u64) -> Rows {
    Box::new(0..n)
}

#[memoize_iter]
fn concrete(n: u64) -> std::ops::Range<u64> {
    0..n
}

#[memoize_iter]
fn of_what(n: u64) -> impl Iterator {
    0..n
}

#[memoize_iter]
fn nothing(_n: u64) {}

fn main() {}
