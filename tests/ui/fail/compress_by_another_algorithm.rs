use memo::memoize;

#[memoize(large_data, compress = "zstd")]
fn load(id: u64) -> u64 {
    id
}

fn main() {}
