//! What the store of bytes keeps in the engine, and under which keys.

use std::any::TypeId;
use std::hash::Hasher;

use bytes::Bytes;
use foldhash::SharedSeed;
use foldhash::fast::FoldHasher;

use crate::backend::Name;
use crate::clock::Tick;
use crate::near::KeyRef;

/// An entry. Its type tells it from the near cache's objects, whatever their keys are.
#[derive(Debug)]
pub(super) enum Stored {
    Value(Bytes),
    Count(Counter),
}

/// A counter, which keeps the end that its first addition gave it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Counter {
    pub(super) sum: u64,
    pub(super) expires_at: Tick,
}

impl Stored {
    /// A counter reads as its decimal digits, as it does in servers.
    pub(super) fn to_bytes(&self) -> Bytes {
        match self {
            Self::Value(value) => value.clone(),
            Self::Count(counter) => counter.sum.to_string().into(),
        }
    }

    pub(super) fn count(&self) -> Option<Counter> {
        match self {
            Self::Value(_) => None,
            Self::Count(counter) => Some(*counter),
        }
    }

    pub(super) fn weight(&self) -> usize {
        match self {
            Self::Value(value) => value.len(),
            Self::Count(_) => 0,
        }
    }
}

impl Counter {
    pub(super) fn new(sum: u64, expires_at: Tick) -> Self {
        Self { sum, expires_at }
    }

    /// Stays at the top rather than begin anew.
    pub(super) fn plus(self, more: u64) -> Self {
        let sum = self.sum.saturating_add(more);
        Self { sum, ..self }
    }
}

/// Where the engine has the bytes of this name. The group is the scope, so that both leave at once.
pub(super) fn address(name: &Name) -> KeyRef<'_> {
    let bytes = name.as_str().as_bytes();
    let scope = name.group().0;
    KeyRef {
        hash: hash(bytes, scope),
        scope,
        value_type: TypeId::of::<Stored>(),
        instance: TypeId::of::<()>(),
        bytes,
    }
}

/// As keys of calls are hashed: seeded in every process, mixed once for the bytes and once for the scope.
fn hash(bytes: &[u8], scope: u32) -> u64 {
    let seed = SharedSeed::global_random();
    let mut of_bytes = FoldHasher::with_seed(0, seed);
    of_bytes.write(bytes);
    let mut of_all = FoldHasher::with_seed(of_bytes.finish(), seed);
    of_all.write_u32(scope);
    of_all.finish()
}
