use memo::memoize;

#[memoize(key = "{self.shard}:{id}")]
fn load(id: u64) -> u64 {
    id
}

fn main() {}
