use std::sync::LazyLock;

use memo::{Keyring, memoize};

static KEYS: LazyLock<Keyring> = LazyLock::new(|| unimplemented!());

#[memoize(
    local,
    large_data,
    compress = false,
    encrypt,
    encryption_key = KEYS,
    codec = "postcard",
    lock,
    near = "5s"
)]
fn load(id: u64) -> u64 {
    id
}

fn main() {}
