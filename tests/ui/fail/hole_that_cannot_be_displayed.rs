use memo::memoize;

struct Query {
    id: u64,
}

#[memoize(key = "q:{query}")]
fn load(query: &Query) -> u64 {
    query.id
}

fn main() {}
