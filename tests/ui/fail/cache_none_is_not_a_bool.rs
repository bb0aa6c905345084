use memo::memoize;

#[memoize(cache_none = "no")]
fn load(id: u64) -> Option<u64> {
    Some(id)
}

fn main() {}
