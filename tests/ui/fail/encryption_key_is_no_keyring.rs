use memo::memoize;

static KEYS: [u8; 32] = [7; 32];

#[memoize(encrypt, encryption_key = KEYS)]
fn load(id: u64) -> u64 {
    id
}

fn main() {}
