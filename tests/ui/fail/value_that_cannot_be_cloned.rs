use memo::memoize;

#[derive(serde::Serialize, serde::Deserialize)]
struct User {
    id: u64,
}

#[memoize]
fn load(id: u64) -> User {
    User { id }
}

fn main() {}
