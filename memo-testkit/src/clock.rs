//! Time that passes when it is told to.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use memo_core::{Clock, Tick};

/// A clock that stands still until [`advance`](Self::advance) is called. Clones show the same time.
///
/// ```
/// use std::time::Duration;
/// use memo_core::Clock;
/// use memo_testkit::ManualClock;
///
/// let clock = ManualClock::new();
/// let start = clock.now();
/// clock.advance(Duration::from_secs(90));
/// assert_eq!(clock.now() - start, 90_000);
/// ```
#[derive(Clone, Debug, Default)]
pub struct ManualClock(Arc<AtomicU64>);

impl ManualClock {
    /// A clock at its beginning.
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets time pass. Parts of a millisecond are dropped.
    pub fn advance(&self, by: Duration) {
        let millis = u64::try_from(by.as_millis()).unwrap_or(u64::MAX / 2);
        self.0.fetch_add(millis, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Tick {
        self.0.load(Ordering::SeqCst)
    }

    /// Begins on 2026-01-01 (UTC).
    fn wall(&self) -> Duration {
        Duration::from_secs(1_767_225_600) + Duration::from_millis(self.now())
    }
}
