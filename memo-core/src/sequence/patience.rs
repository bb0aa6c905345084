//! How long a follower waits for a producer whose consumer does something else.

use std::time::{Duration, Instant};

/// What is left of it, during one wait.
#[derive(Clone, Debug)]
pub(super) struct Patience {
    limit: Duration,
    /// Since when the body has not run.
    idle_since: Option<Instant>,
    /// Since when it has, as far as one knows.
    busy_since: Option<Instant>,
}

/// How much longer than for an idle producer one waits for an asynchronous body that is not ready, which its executor may have abandoned.
#[cfg(feature = "stream")]
const FOR_A_FUTURE: u32 = 50;

/// Shorter waits would be a busy loop.
const LEAST: Duration = Duration::from_millis(1);

/// Bodies may take long, however little patience there is with consumers.
#[cfg(feature = "stream")]
const LEAST_FOR_A_FUTURE: Duration = Duration::from_secs(5);

impl Patience {
    pub(super) fn new(limit: Duration) -> Self {
        Self {
            limit,
            idle_since: None,
            busy_since: None,
        }
    }

    /// How long to wait until one looks again, while the body does not run; `None` where that was long enough.
    pub(super) fn with_nobody(&mut self) -> Option<Duration> {
        self.busy_since = None;
        let since = self.idle_since.get_or_insert_with(Instant::now);
        let left = self.limit.checked_sub(since.elapsed())?;
        (!left.is_zero()).then_some(left)
    }

    /// While a thread runs the body: that ends.
    pub(super) fn with_a_thread(&mut self) -> Duration {
        self.idle_since = None;
        self.limit.max(LEAST)
    }

    /// While a future is the body.
    #[cfg(feature = "stream")]
    pub(super) fn with_a_future(&mut self) -> Option<Duration> {
        self.idle_since = None;
        let since = self.busy_since.get_or_insert_with(Instant::now);
        let most = LEAST_FOR_A_FUTURE.max(self.limit.saturating_mul(FOR_A_FUTURE));
        (since.elapsed() < most).then(|| self.limit.max(LEAST))
    }
}
