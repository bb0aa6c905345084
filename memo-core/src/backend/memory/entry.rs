//! What the store of bytes keeps in the engine, and under which keys.

use std::any::TypeId;
use std::hash::Hasher;

use bytes::Bytes;
use foldhash::SharedSeed;
use foldhash::fast::FoldHasher;

use crate::backend::Name;
use crate::near::KeyRef;

/// An entry. Its type tells it from the near cache's objects, whatever their keys are.
#[derive(Debug)]
pub(super) enum Stored {
    Value(Bytes),
    /// The sum of a counter.
    Count(u64),
}

impl Stored {
    /// A counter reads as its decimal digits, as it does in servers.
    pub(super) fn to_bytes(&self) -> Bytes {
        match self {
            Self::Value(value) => value.clone(),
            Self::Count(sum) => sum.to_string().into(),
        }
    }

    pub(super) fn count(&self) -> Option<u64> {
        match self {
            Self::Value(_) => None,
            Self::Count(sum) => Some(*sum),
        }
    }

    pub(super) fn weight(&self) -> usize {
        match self {
            Self::Value(value) => value.len(),
            Self::Count(_) => 0,
        }
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
