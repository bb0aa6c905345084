//! What a function has done, counted so that counting a hit costs a store to a line of the thread's own.

use std::sync::atomic::Ordering::{Acquire, Release};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use crate::reject::Reject;

/// What a memoized function has done since the program started.
///
/// `calls = hits + joined + computed + abandoned + faults + failed`, but for calls still running.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Calls that went through a cache: bypassed and disabled ones are not counted.
    pub calls: u64,
    /// Calls answered by a cached value.
    pub hits: u64,
    /// Calls that found no value to serve.
    pub misses: u64,
    /// Misses answered by a computation that another caller had begun.
    pub joined: u64,
    /// Times the body ran to an end.
    pub computed: u64,
    /// Times the body panicked or was dropped before its end.
    pub abandoned: u64,
    /// Computed values that were stored.
    pub stored: u64,
    /// Computed values that were not stored: errors, filtered values, values voided by an invalidation, values too large.
    pub unstored: u64,
    /// Calls that could not use the cache, because the key could not be made.
    pub faults: u64,
    /// Calls of a `strict` function that returned the backend's fault.
    pub failed: u64,
    /// Calls that ran without a cache because they were outside of every scope: see [`require_scope`](crate::require_scope).
    pub unscoped: u64,
    /// Times a call got the lease of its value: see `lock`.
    pub leased: u64,
    /// Times a call met the lease of another process.
    pub lease_waits: u64,
    /// Operations of a backend that failed.
    pub backend_faults: u64,
    /// Bytes of entries that were fetched from a backend.
    pub bytes_read: u64,
    /// Bytes of entries that were stored in a backend.
    pub bytes_written: u64,
    /// Entries that were found in a backend and not served, by the reason; only reasons that occurred.
    pub refused: Vec<(Reject, u64)>,
    /// Time spent in the body.
    pub compute_time: Duration,
    /// What the hits would have cost: hits times the mean time of the body.
    pub saved: Duration,
}

/// The counters of one function.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    hits: Striped,
    pub(crate) misses: Counter,
    pub(crate) joined: Counter,
    pub(crate) computed: Counter,
    pub(crate) abandoned: Counter,
    pub(crate) stored: Counter,
    pub(crate) unstored: Counter,
    pub(crate) faults: Counter,
    pub(crate) failed: Counter,
    pub(crate) unscoped: Counter,
    pub(crate) leased: Counter,
    pub(crate) lease_waits: Counter,
    pub(crate) backend_faults: Counter,
    pub(crate) bytes_read: Counter,
    pub(crate) bytes_written: Counter,
    refused: [Counter; Reject::ALL.len()],
    compute_nanos: Counter,
}

impl Counters {
    /// Counts a hit; answers how many this lane has counted.
    #[inline]
    pub(crate) fn hit(&self, lane: u8) -> u64 {
        self.hits.add(lane)
    }

    pub(crate) fn computed(&self, took: Duration) {
        self.computed.add(1);
        self.compute_nanos
            .add(u64::try_from(took.as_nanos()).unwrap_or(u64::MAX));
    }

    pub(crate) fn refuse(&self, reject: Reject) {
        self.refused[reject as usize].add(1);
    }

    fn refused(&self) -> Vec<(Reject, u64)> {
        let counted = Reject::ALL
            .into_iter()
            .map(|reject| (reject, self.refused[reject as usize].get()));
        counted.filter(|(_, count)| *count > 0).collect()
    }

    pub(crate) fn snapshot(&self) -> Stats {
        let (hits, misses, computed) = (self.hits.total(), self.misses.get(), self.computed.get());
        let compute_time = Duration::from_nanos(self.compute_nanos.get());
        let mean_nanos = compute_time
            .as_nanos()
            .checked_div(u128::from(computed))
            .unwrap_or(0);
        let saved = u64::try_from(mean_nanos.saturating_mul(u128::from(hits))).unwrap_or(u64::MAX);
        Stats {
            calls: hits + misses + self.faults.get(),
            hits,
            misses,
            joined: self.joined.get(),
            computed,
            abandoned: self.abandoned.get(),
            stored: self.stored.get(),
            unstored: self.unstored.get(),
            faults: self.faults.get(),
            failed: self.failed.get(),
            unscoped: self.unscoped.get(),
            leased: self.leased.get(),
            lease_waits: self.lease_waits.get(),
            backend_faults: self.backend_faults.get(),
            bytes_read: self.bytes_read.get(),
            bytes_written: self.bytes_written.get(),
            refused: self.refused(),
            compute_time,
            saved: Duration::from_nanos(saved),
        }
    }
}

/// A counter of the slow road.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn add(&self, more: u64) {
        self.0.fetch_add(more, Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// A counter with a cache line for each lane.
#[derive(Debug, Default)]
struct Striped([Padded; Lane::COUNT]);

#[derive(Debug, Default)]
#[repr(align(64))]
struct Padded(AtomicU64);

impl Striped {
    #[inline]
    fn add(&self, lane: u8) -> u64 {
        if let Some(Padded(own)) = self.0[..Lane::SHARED as usize].get(lane as usize) {
            // Exact without a locked instruction: no other thread writes an owned lane.
            let count = own.load(Relaxed) + 1;
            own.store(count, Relaxed);
            return count;
        }
        self.0[Lane::SHARED as usize].0.fetch_add(1, Relaxed) + 1
    }

    fn total(&self) -> u64 {
        self.0.iter().map(|lane| lane.0.load(Relaxed)).sum()
    }
}

/// A thread's right to count on a line of its own; the last lane is shared by all threads that came too late for one.
pub(crate) struct Lane(u8);

/// One bit for each lane that a living thread owns.
static OWNED: AtomicU32 = AtomicU32::new(0);

impl Lane {
    pub(crate) const SHARED: u8 = 16;
    const COUNT: usize = Self::SHARED as usize + 1;

    pub(crate) fn claim() -> Self {
        let free = |owned: u32| {
            (owned.trailing_ones() < u32::from(Self::SHARED)).then(|| owned | (owned + 1))
        };
        // Acquire pairs with the release in `drop`: the next owner sees every count of the last one.
        match OWNED.fetch_update(Acquire, Acquire, free) {
            Ok(before) => Self(before.trailing_ones() as u8),
            Err(_) => Self(Self::SHARED),
        }
    }

    pub(crate) fn index(&self) -> u8 {
        self.0
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        if self.0 < Self::SHARED {
            OWNED.fetch_and(!(1 << self.0), Release);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context;

    #[test]
    fn hits_of_many_threads_are_counted_exactly() {
        let counters = Counters::default();
        std::thread::scope(|scope| {
            for _ in 0..40 {
                scope.spawn(|| {
                    for _ in 0..1000 {
                        counters.hit(context::lane());
                    }
                });
            }
        });
        assert_eq!(counters.snapshot().hits, 40_000);
    }

    #[test]
    fn a_lane_is_owned_once_and_comes_back() {
        let lanes: Vec<Lane> = (0..40).map(|_| Lane::claim()).collect();
        let mut owned: Vec<u8> = lanes
            .iter()
            .map(Lane::index)
            .filter(|&lane| lane < Lane::SHARED)
            .collect();
        let claimed = owned.len();
        owned.dedup();
        assert_eq!(owned.len(), claimed);
        drop(lanes);
        assert!(Lane::claim().index() < Lane::SHARED);
    }
}
