use memo::{Cache, Keyring, memoize, memoize_iter};

use std::time::Duration;

struct Shop;

impl Shop {
    async fn ring(&self) -> Result<Keyring, String> {
        Err("there is none".to_owned())
    }

    fn cache(&self) -> Option<Cache> {
        None
    }

    #[memoize(skip(self), encrypt, encryption_key = self.ring().await?)]
    async fn sealed(&self, id: u64) -> Result<u64, String> {
        Ok(id)
    }

    #[memoize(skip(self), cache = self.cache()?)]
    fn found(&self, id: u64) -> Option<u64> {
        Some(id)
    }
}

async fn is_good(value: &u64) -> bool {
    *value > 0
}

async fn seconds() -> u64 {
    60
}

#[memoize(
    key = [id.checked_add(1)?],
    cache_if = |value| is_good(value).await,
    expiration = Duration::from_secs(seconds().await),
    force_overwrite = if id == 0 { return None } else { false },
)]
async fn load(id: u64) -> Option<u64> {
    Some(id)
}

#[memoize_iter(expiration = Duration::from_secs(seconds().await))]
async fn listed(id: u64) -> Vec<u64> {
    vec![id]
}

/// What stays in a closure or a block is its own affair.
#[memoize(
    cache_if = |value: &u64| (|| { value.checked_add(1)?; Some(()) })().is_some(),
    force_overwrite = { drop(async { seconds().await }); false },
)]
fn fine(id: u64) -> u64 {
    id
}

/// The functions are still there.
async fn caller() {
    let _ = (load(1).await, listed(1).await, fine(1), Shop.found(1));
}

fn main() {
    drop(caller());
}
