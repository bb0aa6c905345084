use memo::memoize;

#[memoize(key = "{SHARD}:{id}")]
fn load(id: u64) -> u64 {
    id
}

fn main() {}
