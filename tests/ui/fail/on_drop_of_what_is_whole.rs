use memo::memoize_iter;

#[memoize_iter(on_drop = "keep")]
fn list(n: u64) -> Vec<u64> {
    (0..n).collect()
}

#[memoize_iter(on_drop = "discard", eager)]
fn eager(n: u64) -> impl Iterator<Item = u64> {
    0..n
}

#[memoize_iter(on_drop = "finish")]
async fn awaited(n: u64) -> impl Iterator<Item = u64> {
    0..n
}

fn main() {}
