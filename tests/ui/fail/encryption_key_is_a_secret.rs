use memo::memoize;

#[memoize(encrypt, encryption_key = "correct horse battery staple")]
fn load(id: u64) -> u64 {
    id
}

fn main() {}
