//! The near cache with the feature `memory`: the engine of `memo-memory`.

use std::sync::Arc;

pub(crate) use memo_memory::{DropLater, KeyRef};
use memo_memory::{Insert, Lookup, Store};

use super::{CacheStats, Found, Inspection, Storing};
use crate::backend::{DynBackend, Guarded, Memory};
use crate::clock::{Tick, Time};
use crate::registry::ScopeId;
use crate::value::Cacheable;

pub(crate) struct Near {
    /// Shared with the bytes that a cache keeps in this process.
    store: Arc<Store>,
}

impl Near {
    pub(crate) fn new(budget: usize) -> Self {
        Self {
            store: Arc::new(Store::with_budget(budget)),
        }
    }

    /// A backend over the same engine, for values that live as bytes.
    pub(crate) fn backend(&self, time: &Time) -> Option<Box<dyn DynBackend>> {
        let engine = Arc::clone(self.engine());
        Some(Guarded::over(Memory::sharing(engine, time.clone())))
    }

    /// The engine, for [`Memory`] to share.
    pub(crate) fn engine(&self) -> &Arc<Store> {
        &self.store
    }

    /// The value, cloned under no lock.
    #[inline]
    pub(crate) fn get<V: Cacheable>(&self, address: &KeyRef<'_>, now: Tick) -> Option<V> {
        match self.store.read(address, now, V::clone) {
            Lookup::Hit(value) => Some(value),
            Lookup::Expired | Lookup::Absent => None,
        }
    }

    /// The value, or why there is none.
    pub(crate) fn find<V: Cacheable>(&self, address: &KeyRef<'_>, now: Tick) -> Found<V> {
        match self.store.read(address, now, V::clone) {
            Lookup::Hit(value) => Found::Value(value),
            Lookup::Expired => Found::Expired,
            Lookup::Absent if self.store.was_evicted(address) => Found::Evicted,
            Lookup::Absent => Found::Absent,
        }
    }

    pub(crate) fn store<V: Cacheable>(
        &self,
        address: &KeyRef<'_>,
        value: V,
        weight: usize,
        expires_at: Tick,
        now: Tick,
    ) -> Storing {
        match self
            .store
            .insert(address, Box::new(value), weight, expires_at, now)
        {
            Insert::Stored { evicted } => Storing::Stored { weight, evicted },
            Insert::TooLarge => Storing::TooLarge,
        }
    }

    pub(crate) fn inspect(&self, address: &KeyRef<'_>) -> Option<Inspection> {
        let info = self.store.inspect(address)?;
        Some(Inspection {
            stored_at: info.inserted_at,
            expires_at: info.expires_at,
            weight: info.weight,
        })
    }

    pub(crate) fn was_evicted(&self, address: &KeyRef<'_>) -> bool {
        self.store.was_evicted(address)
    }

    pub(crate) fn remove(&self, address: &KeyRef<'_>) -> bool {
        self.store.remove(address)
    }

    pub(crate) fn remove_scope(&self, scope: ScopeId) -> usize {
        self.store.remove_scope(scope)
    }

    pub(crate) fn clear(&self) -> usize {
        self.store.clear()
    }

    pub(crate) fn sweep(&self, now: Tick) -> Option<Tick> {
        self.store.reclaim(now);
        self.store.next_expiry()
    }

    pub(crate) fn stats(&self) -> CacheStats {
        let stats = self.store.stats();
        CacheStats {
            entries: stats.entries,
            bytes: stats.bytes,
            budget: stats.budget,
            evictions: stats.evictions,
            expirations: stats.expirations,
            ..CacheStats::default()
        }
    }
}
