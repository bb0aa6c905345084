use memo::memoize;

#[memoize(codec = memo::Codec::Msgpack)]
fn load(id: u64) -> u64 {
    id
}

fn main() {}
