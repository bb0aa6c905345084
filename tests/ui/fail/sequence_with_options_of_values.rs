use memo::memoize_iter;

#[memoize_iter(
    local,
    weigh = |rows| rows.len(),
    large_data,
    cache_if = |rows, more| rows < more,
    cache_none = false,
    compress,
    lock,
    near = "5s",
)]
fn rows(n: u64) -> impl Iterator<Item = u64> {
    0..n
}

fn main() {}
