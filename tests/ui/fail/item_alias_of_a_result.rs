use memo::memoize_iter;

type Fallible<T> = Result<T, String>;

#[memoize_iter]
fn rows(n: u64) -> impl Iterator<Item = Fallible<u64>> {
    (0..n).map(Ok)
}

fn main() {}
