//! How often an entry was used, as far as eviction wants to know.

#[cfg(test)]
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::{AtomicU8, Ordering::Relaxed};

/// Uses are counted up to here (two bits are what S3-FIFO needs).
const USES_MAX: u8 = 3;

/// A count that is not written any more once it is high enough: many threads read a popular entry, and its cache line stays with all of them.
#[derive(Default)]
pub(crate) struct Uses {
    count: AtomicU8,
    #[cfg(test)]
    writes: AtomicUsize,
}

impl Uses {
    /// A use lost to a race is a use not counted; eviction only guesses anyway.
    #[inline]
    pub(crate) fn count(&self) {
        let uses = self.get();
        if uses < USES_MAX {
            self.set(uses + 1);
        }
    }

    #[inline]
    pub(crate) fn get(&self) -> u8 {
        self.count.load(Relaxed)
    }

    #[inline]
    pub(crate) fn set(&self, uses: u8) {
        self.count.store(uses, Relaxed);
        #[cfg(test)]
        self.writes.fetch_add(1, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_use_writes_nothing_once_three_were_counted() {
        let uses = Uses::default();
        for _ in 0..100 {
            uses.count();
        }
        assert_eq!((uses.get(), uses.writes.load(Relaxed)), (3, 3));
        uses.set(0);
        uses.count();
        assert_eq!((uses.get(), uses.writes.load(Relaxed)), (1, 5));
    }
}
