use memo::memoize;

#[memoize]
fn counter(n: u64) -> impl Fn() -> u64 {
    move || n
}

fn main() {}
