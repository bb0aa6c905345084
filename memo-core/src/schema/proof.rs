//! Whether values of a type survive being encoded and decoded.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// What the values that were read back said of their type.
#[derive(Debug, Default)]
pub(crate) struct Proof {
    read_back: AtomicU32,
    refuted: AtomicBool,
}

/// So many values are read back before a type is trusted: a field that is lost may have its default in the first ones.
const ENOUGH: u32 = 16;

impl Proof {
    /// Whether enough values were read back and are as they were.
    pub(crate) fn is_given(&self) -> bool {
        self.read_back.load(Ordering::Relaxed) >= ENOUGH
    }

    /// A value was read back and is not what it was. That stays so.
    pub(crate) fn is_refuted(&self) -> bool {
        self.refuted.load(Ordering::Relaxed)
    }

    pub(crate) fn note(&self, survived: bool) {
        if survived {
            // Not far beyond what is enough, however many do so at once.
            self.read_back.fetch_add(1, Ordering::Relaxed);
        } else {
            self.refuted.store(true, Ordering::Relaxed);
        }
    }
}
