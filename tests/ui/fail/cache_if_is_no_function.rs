use memo::memoize;

#[memoize(cache_if = "is_some")]
fn find(id: u64) -> Option<u64> {
    Some(id)
}

#[memoize(weigh = 8)]
fn load(id: u64) -> u64 {
    id
}

fn main() {}
