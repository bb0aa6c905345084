//! The near cache: typed values in this process, never serialized.

#[cfg(feature = "memory")]
mod memory;
#[cfg(not(feature = "memory"))]
mod none;

#[cfg(feature = "memory")]
pub(crate) use self::memory::{DropLater, KeyRef, Near};
#[cfg(not(feature = "memory"))]
pub(crate) use self::none::{DropLater, KeyRef, Near};

use std::any::TypeId;

use crate::clock::Tick;
use crate::key::Key;
use crate::registry::ScopeId;

/// Where the value of type `V` of a call is.
#[inline]
pub(crate) fn address<V: 'static>(scope: ScopeId, key: &Key) -> KeyRef<'_> {
    KeyRef {
        hash: key.hash_in(scope),
        scope,
        value_type: TypeId::of::<V>(),
        instance: key.instance_id(),
        bytes: key.bytes(),
    }
}

/// What a look into the near cache found.
#[derive(Debug, PartialEq, Eq)]
#[cfg_attr(
    not(feature = "memory"),
    expect(dead_code, reason = "without `memory` nothing is found")
)]
pub(crate) enum Found<V> {
    Value(V),
    Expired,
    Evicted,
    Absent,
}

/// What became of a value that was to be stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(
    not(feature = "memory"),
    expect(dead_code, reason = "without `memory` nothing is stored")
)]
pub(crate) enum Storing {
    Stored {
        weight: usize,
        evicted: usize,
    },
    TooLarge,
    #[cfg_attr(
        feature = "memory",
        expect(dead_code, reason = "with `memory` there always is a store")
    )]
    NoStore,
}

/// What is known of an entry without reading it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Inspection {
    pub(crate) stored_at: Tick,
    pub(crate) expires_at: Tick,
    pub(crate) weight: usize,
}

/// What a cache holds in this process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CacheStats {
    /// Live and not yet reclaimed entries.
    pub entries: usize,
    /// The weight of everything held, bookkeeping included.
    pub bytes: usize,
    /// What `bytes` stays within, but for removed values that threads still hold.
    pub budget: usize,
    /// Entries that had to make room.
    pub evictions: u64,
    /// Entries reclaimed after they expired.
    pub expirations: u64,
    /// Bodies run to their end for this cache.
    pub computed: u64,
    /// Deletions that the backend did not do, and that are tried again until it does.
    pub owed: usize,
}
