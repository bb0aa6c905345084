use memo::memoize_iter;

#[memoize_iter(on_torn = "error")]
fn rows(n: u64) -> impl Iterator<Item = Result<u64, String>> {
    (0..n).map(Ok)
}

fn main() {}
