//! Whether values of a type survive being encoded and decoded.

use std::sync::atomic::{AtomicU8, Ordering};

/// What the first value that was read back said of its type.
#[derive(Debug, Default)]
pub(crate) struct Proof(AtomicU8);

impl Proof {
    const GIVEN: u8 = 1;
    const REFUTED: u8 = 2;

    /// A value was read back and is as it was.
    pub(crate) fn is_given(&self) -> bool {
        self.0.load(Ordering::Relaxed) == Self::GIVEN
    }

    /// A value was read back and is not what it was.
    pub(crate) fn is_refuted(&self) -> bool {
        self.0.load(Ordering::Relaxed) == Self::REFUTED
    }

    pub(crate) fn note(&self, survived: bool) {
        let verdict = if survived { Self::GIVEN } else { Self::REFUTED };
        // What was refuted once stays so.
        self.0.fetch_max(verdict, Ordering::Relaxed);
    }
}
