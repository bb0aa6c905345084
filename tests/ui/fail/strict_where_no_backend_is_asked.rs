use memo::{memoize, memoize_iter};

#[memoize(strict, local)]
fn load(id: u64) -> Result<u64, memo::backend::Fault> {
    Ok(id)
}

#[memoize_iter(strict)]
fn rows(n: u64) -> impl Iterator<Item = Result<u64, memo::backend::Fault>> {
    (0..n).map(Ok)
}

fn main() {}
