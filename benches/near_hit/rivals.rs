//! The caches that one uses by hand, each in the best way it offers.

use crate::case::CAPACITY;
use equivalent::Equivalent;
use std::hash::Hash;

/// `quick_cache` with its default hasher. It has no expiration and no single flight on this road.
pub(crate) struct Quick<K, V>(quick_cache::sync::Cache<K, V>);

/// `moka` with its default hasher. It has no expiration here; a hit still records itself for the eviction policy.
pub(crate) struct Moka<K, V>(moka::sync::Cache<K, V>);

impl<K: Hash + Eq, V: Clone> Quick<K, V> {
    /// An empty cache.
    pub(crate) fn new() -> Self {
        Self(quick_cache::sync::Cache::new(CAPACITY))
    }

    /// Looks up by the borrowed key and computes on a miss; only a miss owns its key.
    pub(crate) fn get_or<Q>(
        &self,
        key: &Q,
        own: impl FnOnce(&Q) -> K,
        compute: impl FnOnce() -> V,
    ) -> V
    where
        Q: Hash + Equivalent<K>,
    {
        if let Some(hit) = self.0.get(key) {
            return hit;
        }
        let value = compute();
        self.0.insert(own(key), value.clone());
        value
    }
}

impl<K, V> Moka<K, V>
where
    K: Hash + Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// An empty cache.
    pub(crate) fn new() -> Self {
        Self(moka::sync::Cache::new(CAPACITY as u64))
    }

    /// Looks up by the borrowed key; a miss is computed once for all who wait for it.
    pub(crate) fn get_or<Q>(
        &self,
        key: &Q,
        own: impl FnOnce(&Q) -> K,
        compute: impl FnOnce() -> V,
    ) -> V
    where
        Q: Hash + Equivalent<K>,
    {
        // Not `get_with` alone: it would allocate for its owned key, hit or not.
        self.0
            .get(key)
            .unwrap_or_else(|| self.0.get_with(own(key), compute))
    }
}
