use memo::memoize_iter;

struct Row;

#[memoize_iter]
fn rows(n: u64) -> impl Iterator<Item = Row> {
    (0..n).map(|_| Row)
}

fn main() {}
