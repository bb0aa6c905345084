//! The keys of a function are a `Keyring`, or what derefs to one, wherever it comes from.

#[path = "../support.rs"]
mod support;

use std::sync::{Arc, LazyLock};

use memo::{Cache, Keyring, memoize};

use support::block_on;

static KEYS: LazyLock<Keyring> = LazyLock::new(keys);

fn keys() -> Keyring {
    unimplemented!("nobody calls what needs it")
}

#[memoize(encrypt, encryption_key = KEYS)]
fn of_a_static(id: u64) -> u64 {
    id
}

#[memoize(encrypt, encryption_key = &KEYS, large_data, compress = false, codec = "postcard")]
async fn of_a_borrow(id: u64) -> Option<u64> {
    Some(id)
}

#[memoize(encrypt, encryption_key = keys())]
async fn of_a_call(id: u64) -> Result<u64, String> {
    Ok(id)
}

#[memoize(skip(keys), encrypt, encryption_key = keys.as_ref())]
fn of_an_argument(keys: &Arc<Keyring>, id: u64) -> u64 {
    id
}

struct Vault {
    cache: Cache,
    ring: Keyring,
    shared: Arc<Keyring>,
}

impl Vault {
    #[memoize(skip(self), encrypt, encryption_key = self.ring, cache = self.cache, entry = a_entry)]
    fn a(&self, id: u64) -> u64 {
        id
    }

    #[memoize(skip(self), cache = self.cache, encrypt, encryption_key = &self.ring)]
    async fn b(&self, id: u64) -> u64 {
        id
    }

    #[memoize(skip(self), expiration = 60, encrypt, encryption_key = self.shared, entry = c_entry)]
    async fn c(&self, id: u64) -> u64 {
        id
    }
}

/// A future goes to another thread with its keys.
fn sendable<T: Send>(value: T) -> T {
    value
}

fn uncalled(vault: &Vault) {
    of_a_static(1);
    of_a_static::entry(1).invalidate();
    block_on(sendable(of_a_borrow(1)));
    block_on(sendable(of_a_call(1))).ok();
    of_an_argument(&vault.shared, 1);
    vault.a(1);
    vault.a_entry(1).invalidate();
    block_on(sendable(vault.b(1)));
    block_on(sendable(vault.c(1)));
    vault.c_entry(1).invalidate();
}

fn main() {
    let _ = uncalled;
}
