//! What was given, in 64 bits: enough to see whether a body that runs again yields the same.

use std::hash::{BuildHasher, Hasher};

use foldhash::quality::FixedState;

/// A running digest of encoded items. It never leaves the process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Digest(u64);

impl Digest {
    #[inline]
    pub(super) fn add(&mut self, item: &[u8]) {
        let mut hasher = FixedState::with_seed(self.0).build_hasher();
        hasher.write_usize(item.len());
        hasher.write(item);
        self.0 = hasher.finish();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(items: &[&[u8]]) -> Digest {
        let mut digest = Digest::default();
        items.iter().for_each(|item| digest.add(item));
        digest
    }

    #[test]
    fn borders_order_and_number_of_items_count() {
        let all = [
            of(&[]),
            of(&[b""]),
            of(&[b"", b""]),
            of(&[b"ab"]),
            of(&[b"a", b"b"]),
            of(&[b"b", b"a"]),
            of(&[b"", b"ab"]),
        ];
        for (at, one) in all.iter().enumerate() {
            assert!(!all[..at].contains(one), "number {at}");
        }
    }

    #[test]
    fn the_same_items_have_the_same_digest() {
        assert_eq!(of(&[b"a", b"bc"]), of(&[b"a", b"bc"]));
    }
}
