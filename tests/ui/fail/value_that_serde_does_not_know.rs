use memo::memoize;

#[derive(Clone)]
struct User {
    id: u64,
}

#[memoize]
fn load(id: u64) -> User {
    User { id }
}

fn main() {}
