use std::sync::LazyLock;

use memo::{Keyring, memoize};

static KEYS: LazyLock<Keyring> = LazyLock::new(|| unimplemented!());

#[memoize(encryption_key = KEYS)]
fn load(id: u64) -> u64 {
    id
}

fn main() {}
