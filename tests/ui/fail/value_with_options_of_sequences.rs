use memo::memoize;

#[memoize(on_drop = "keep", on_torn = "error", eager)]
fn rows(n: u64) -> Vec<u64> {
    (0..n).collect()
}

fn main() {}
