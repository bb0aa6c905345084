//! A case is one function; its contestants are the ways to cache it.

use crate::timing;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// How many different arguments a case cycles through: more than a branch predictor learns, all within the L2 cache.
pub(crate) const KEYS: usize = 1024;

/// The bound of every cache that has one: roomy enough that no contestant evicts what is asked for.
pub(crate) const CAPACITY: usize = 16 * KEYS;

static COMPUTED: AtomicU64 = AtomicU64::new(0);

/// Every body passes its value through here, so that a miss shows.
pub(crate) fn computed<V>(value: V) -> V {
    COMPUTED.fetch_add(1, Relaxed);
    value
}

/// One function, cached in several ways; the first contestant is memo.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) contestants: Vec<Contestant>,
}

/// One way to cache the function.
pub(crate) struct Contestant {
    pub(crate) name: &'static str,
    timed: Box<dyn Fn(usize, u64) -> Duration>,
}

impl Case {
    /// A case without contestants.
    pub(crate) fn new(name: &'static str) -> Self {
        Self {
            name,
            contestants: Vec::new(),
        }
    }

    /// Adds a contestant, which is called with numbers below [`KEYS`], each standing for one set of arguments.
    pub(crate) fn with<V: 'static>(
        mut self,
        name: &'static str,
        call: impl Fn(usize) -> V + Sync + 'static,
    ) -> Self {
        // Twice: some caches admit a newcomer only when it is asked for again.
        (0..2 * KEYS).for_each(|n| drop(call(n % KEYS)));
        let timed = Box::new(move |threads, calls| timing::time(threads, calls, KEYS, &call));
        self.contestants.push(Contestant { name, timed });
        self
    }
}

impl Contestant {
    /// The time that `threads` threads take for `calls` calls each, side by side.
    ///
    /// # Panics
    /// When a body ran: the calls were not all hits, and their time would mean nothing.
    pub(crate) fn time(&self, threads: usize, calls: u64) -> Duration {
        let before = COMPUTED.load(Relaxed);
        let time = (self.timed)(threads, calls);
        assert_eq!(COMPUTED.load(Relaxed), before, "{} missed", self.name);
        time
    }
}
