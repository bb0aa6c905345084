use memo::memoize;

#[memoize(skip("db"))]
fn load(db: &str, id: u64) -> String {
    format!("{db}{id}")
}

fn main() {}
