use memo::memoize;

struct Query {
    id: u64,
}

#[memoize]
fn load(query: &Query) -> u64 {
    query.id
}

fn main() {}
