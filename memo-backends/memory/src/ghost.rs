//! Hashes of entries that were evicted a short while ago.

use std::collections::{HashMap, VecDeque};
use std::hash::BuildHasherDefault;

use crate::map::Given;

/// Remembers at least this many, so that a store of a few large values learns too.
const LEAST: usize = 64;

/// A queue of hashes with a fast "is it in there?".
///
/// Each remembered hash has a number; a place in the queue counts only while the index still has
/// its number. So forgetting need not search the queue.
#[derive(Default)]
pub(crate) struct Ghost {
    queue: VecDeque<(u64, u64)>,
    index: HashMap<u64, u64, BuildHasherDefault<Given>>,
    next: u64,
}

impl Ghost {
    /// Remembers a hash, and forgets the oldest beyond the number of `entries` in the store.
    pub(crate) fn remember(&mut self, hash: u64, entries: usize) {
        self.queue.push_back((hash, self.next));
        self.index.insert(hash, self.next);
        self.next += 1;
        while self.queue.len() > entries.max(LEAST) {
            self.drop_oldest();
        }
    }

    pub(crate) fn contains(&self, hash: u64) -> bool {
        self.index.contains_key(&hash)
    }

    /// Forgets a hash; says whether it was remembered.
    pub(crate) fn forget(&mut self, hash: u64) -> bool {
        self.index.remove(&hash).is_some()
    }

    fn drop_oldest(&mut self) {
        if let Some((hash, number)) = self.queue.pop_front()
            && self.index.get(&hash) == Some(&number)
        {
            self.index.remove(&hash);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_is_forgotten_first() {
        let mut ghost = Ghost::default();
        (0..=LEAST as u64).for_each(|hash| ghost.remember(hash, 0));
        assert!(!ghost.contains(0));
        assert!(ghost.contains(1));
    }

    #[test]
    fn a_hash_remembered_again_counts_from_its_last_time() {
        let mut ghost = Ghost::default();
        ghost.remember(7, 0);
        assert!(ghost.forget(7));
        ghost.remember(7, 0);
        (100..100 + LEAST as u64 - 1).for_each(|hash| ghost.remember(hash, 0));
        assert!(
            ghost.contains(7),
            "only the stale place of 7 has left the queue"
        );
    }

    #[test]
    fn the_queue_does_not_grow_with_evictions() {
        let mut ghost = Ghost::default();
        for round in 0..100_000 {
            ghost.remember(round % 3, 0);
            ghost.forget(round % 3);
        }
        assert!(ghost.queue.len() <= LEAST);
    }
}
