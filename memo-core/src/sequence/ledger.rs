//! What a consumer was given, and what a source that begins anew has to repeat.

use super::digest::Digest;

/// The items given from sources that can be lost: how many, and what they were.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    given: u64,
    digest: Digest,
    /// How much of that the source at hand has repeated, until it has repeated all.
    repeated: Option<(u64, Digest)>,
}

/// What an item of a source is to the consumer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    New,
    /// It was given before, as far as one can tell.
    Known,
    /// What was given before was something else.
    Other,
}

impl Ledger {
    pub(super) fn given(&self) -> u64 {
        self.given
    }

    /// Notes an item that the consumer gets.
    #[inline]
    pub(super) fn give(&mut self, item: &[u8]) {
        self.given += 1;
        self.digest.add(item);
    }

    /// From here on another source yields the items, from the first one on.
    pub(super) fn begin_anew(&mut self) {
        self.repeated = (self.given > 0).then(|| (0, Digest::default()));
    }

    /// Forgets what was given, which nobody has seen; answers whether there was anything.
    pub(super) fn forget(&mut self) -> bool {
        std::mem::take(self).given > 0
    }

    /// Whether the source has still to repeat what was given.
    #[inline]
    pub(super) fn is_behind(&self) -> bool {
        self.repeated.is_some()
    }

    /// Takes the next item of a source. They are compared when there are as many as were given.
    #[inline]
    pub(super) fn meet(&mut self, item: &[u8]) -> Standing {
        let Some((count, digest)) = &mut self.repeated else {
            return Standing::New;
        };
        *count += 1;
        digest.add(item);
        if *count < self.given {
            return Standing::Known;
        }
        let same = *digest == self.digest;
        self.repeated = None;
        if same {
            Standing::Known
        } else {
            Standing::Other
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(items: &[&[u8]]) -> Ledger {
        let mut ledger = Ledger::default();
        items.iter().for_each(|item| ledger.give(item));
        ledger.begin_anew();
        ledger
    }

    #[test]
    fn what_is_repeated_is_not_new() {
        let mut ledger = after(&[b"a", b"b"]);
        assert_eq!(ledger.meet(b"a"), Standing::Known);
        assert!(ledger.is_behind());
        assert_eq!(ledger.meet(b"b"), Standing::Known);
        assert!(!ledger.is_behind());
        assert_eq!(ledger.meet(b"c"), Standing::New);
    }

    #[test]
    fn something_else_is_noticed_before_anything_new() {
        let mut ledger = after(&[b"a", b"b"]);
        assert_eq!(ledger.meet(b"x"), Standing::Known);
        assert_eq!(ledger.meet(b"b"), Standing::Other);
    }

    #[test]
    fn a_source_may_be_replaced_before_it_has_repeated_all() {
        let mut ledger = after(&[b"a", b"b"]);
        ledger.meet(b"x");
        ledger.begin_anew();
        assert_eq!(ledger.meet(b"a"), Standing::Known);
        assert_eq!(ledger.meet(b"b"), Standing::Known);
    }

    #[test]
    fn the_first_source_repeats_nothing() {
        let mut ledger = after(&[]);
        assert!(!ledger.is_behind());
        assert_eq!(ledger.meet(b"a"), Standing::New);
    }
}
