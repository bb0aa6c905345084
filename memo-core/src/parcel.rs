//! A value on its way into the store.

use crate::cache::Cache;
use crate::clock::Tick;
use crate::event::Unstored;
use crate::expiration::{Expiration, Jitter};
use crate::near::{KeyRef, Storing};
use crate::site::Site;
use crate::value::Cacheable;

/// A value with everything about its storing that may run the user's code done, so that [`store`](Parcel::store) runs none.
pub(crate) struct Parcel<V> {
    value: V,
    weight: usize,
    expires_at: Tick,
    now: Tick,
}

impl<V: Cacheable> Parcel<V> {
    /// Packs a value that is computed now, unless its life is over before it begins.
    pub(crate) fn pack(
        value: V,
        weight: usize,
        site: &'static Site,
        cache: &Cache,
        expiration: Option<Expiration>,
        jitter: Option<Jitter>,
    ) -> Result<Self, Unstored> {
        let life = cache.lifetime(site, (expiration, jitter));
        if life.is_over() {
            return Err(Unstored::Expired);
        }
        Ok(Self::copy(value, weight, cache, life))
    }

    /// Packs a copy of a value that lives elsewhere.
    pub(crate) fn copy(value: V, weight: usize, cache: &Cache, life: Expiration) -> Self {
        let now = cache.time().exact();
        Self {
            value,
            weight,
            expires_at: life.deadline(now, None, 0.0),
            now,
        }
    }

    pub(crate) fn store(self, cache: &Cache, address: &KeyRef<'_>) -> Storing {
        cache
            .near()
            .store(address, self.value, self.weight, self.expires_at, self.now)
    }
}
