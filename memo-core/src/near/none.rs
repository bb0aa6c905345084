//! The near cache without the feature `memory`: there is none, and every look misses.

use std::any::TypeId;

use super::{CacheStats, Found, Inspection, Storing};
use crate::backend::DynBackend;
use crate::clock::{Tick, Time};
use crate::registry::ScopeId;
use crate::value::Cacheable;

/// Single flight needs addresses all the same.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KeyRef<'k> {
    pub(crate) hash: u64,
    pub(crate) scope: ScopeId,
    pub(crate) value_type: TypeId,
    pub(crate) instance: TypeId,
    pub(crate) bytes: &'k [u8],
}

pub(crate) struct DropLater;

impl DropLater {
    pub(crate) fn begin() -> Self {
        Self
    }
}

pub(crate) struct Near;

impl Near {
    pub(crate) fn new(_budget: usize) -> Self {
        Self
    }

    pub(crate) fn backend(&self, _: &Time) -> Option<Box<dyn DynBackend>> {
        None
    }

    pub(crate) fn get<V: Cacheable>(&self, _: &KeyRef<'_>, _now: Tick) -> Option<V> {
        None
    }

    pub(crate) fn find<V: Cacheable>(&self, _: &KeyRef<'_>, _now: Tick) -> Found<V> {
        Found::Absent
    }

    pub(crate) fn store<V: Cacheable>(
        &self,
        _: &KeyRef<'_>,
        _: V,
        _weight: usize,
        _ends: Tick,
        _now: Tick,
    ) -> Storing {
        Storing::NoStore
    }

    pub(crate) fn inspect(&self, _: &KeyRef<'_>) -> Option<Inspection> {
        None
    }

    pub(crate) fn was_evicted(&self, _: &KeyRef<'_>) -> bool {
        false
    }

    pub(crate) fn remove(&self, _: &KeyRef<'_>) -> bool {
        false
    }

    pub(crate) fn remove_scope(&self, _: ScopeId) -> usize {
        0
    }

    pub(crate) fn clear(&self) -> usize {
        0
    }

    pub(crate) fn sweep(&self, _now: Tick) -> Option<Tick> {
        None
    }

    pub(crate) fn stats(&self) -> CacheStats {
        CacheStats::default()
    }
}
