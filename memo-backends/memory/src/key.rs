//! Keys, as the reader holds them and as an entry owns them.

use std::any::TypeId;
use std::hash::{Hash, Hasher};

use smallvec::SmallVec;

/// A key as the reader holds it: nothing is owned, so a lookup allocates nothing.
///
/// Two keys are equal when all fields are. The store never hashes: `hash` must be a function of
/// the other fields, and well mixed in its lowest and highest bits.
#[derive(Clone, Copy, Debug, Eq)]
pub struct KeyRef<'a> {
    /// The hash of everything else.
    pub hash: u64,
    /// The group that [`Store::remove_scope`](crate::Store::remove_scope) removes at once.
    pub scope: u32,
    /// The type of the value.
    pub value_type: TypeId,
    /// The type whose instance of a generic function the entry belongs to.
    pub instance: TypeId,
    /// The encoded arguments.
    pub bytes: &'a [u8],
}

impl PartialEq for KeyRef<'_> {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        self.hash == other.hash
            && self.scope == other.scope
            && self.value_type == other.value_type
            && self.instance == other.instance
            && same_bytes(self.bytes, other.bytes)
    }
}

/// Equality of slices; for up to 16 bytes, as most keys are, without the call of `memcmp`, which
/// takes longer than the rest of the comparison.
#[inline]
fn same_bytes(a: &[u8], b: &[u8]) -> bool {
    match a.len() {
        len if len != b.len() => false,
        // The two chunks overlap, and cover all.
        8..=16 => a.first_chunk::<8>() == b.first_chunk() && a.last_chunk::<8>() == b.last_chunk(),
        17..=32 => {
            a.first_chunk::<16>() == b.first_chunk() && a.last_chunk::<16>() == b.last_chunk()
        }
        4..8 => a.first_chunk::<4>() == b.first_chunk() && a.last_chunk::<4>() == b.last_chunk(),
        _ => a == b,
    }
}

impl Hash for KeyRef<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

/// A key as its entry owns it.
pub(crate) struct Key {
    hash: u64,
    scope: u32,
    value_type: TypeId,
    instance: TypeId,
    bytes: Bytes,
}

/// Keys of a few integers or a short string need no allocation of their own.
type Bytes = SmallVec<[u8; 32]>;

impl Key {
    /// What [`Key::heap_bytes`] of the owned key will be.
    pub(crate) fn heap_bytes_of(key: &KeyRef<'_>) -> usize {
        if key.bytes.len() > Bytes::new().inline_size() {
            key.bytes.len()
        } else {
            0
        }
    }

    /// Bytes that the key owns outside of itself.
    pub(crate) fn heap_bytes(&self) -> usize {
        Self::heap_bytes_of(&self.borrow())
    }

    #[inline]
    pub(crate) fn borrow(&self) -> KeyRef<'_> {
        KeyRef {
            hash: self.hash,
            scope: self.scope,
            value_type: self.value_type,
            instance: self.instance,
            bytes: &self.bytes,
        }
    }
}

impl From<&KeyRef<'_>> for Key {
    fn from(key: &KeyRef<'_>) -> Self {
        Key {
            hash: key.hash,
            scope: key.scope,
            value_type: key.value_type,
            instance: key.instance,
            bytes: Bytes::from_slice(key.bytes),
        }
    }
}
