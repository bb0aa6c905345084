use memo::memoize;

#[memoize]
struct User {
    id: u64,
}

fn main() {}
