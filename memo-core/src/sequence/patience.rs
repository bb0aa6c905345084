//! How long a follower waits for a producer whose consumer does something else, or whose body does not come to an end.

use std::time::{Duration, Instant};

use crate::flight::left;

/// What is left of it, during one wait.
#[derive(Clone, Debug)]
pub(super) struct Patience {
    /// With a producer that is not asked for items.
    idle: Duration,
    /// With one that is at work.
    limit: Duration,
    began: Instant,
    /// Since when the body has not run.
    idle_since: Option<Instant>,
    /// Since when it has, as far as one knows.
    busy_since: Option<Instant>,
}

/// Shorter waits would be a busy loop.
const LEAST: Duration = Duration::from_millis(1);

impl Patience {
    pub(super) fn new(idle: Duration, limit: Duration) -> Self {
        Self {
            idle,
            limit,
            began: Instant::now(),
            idle_since: None,
            busy_since: None,
        }
    }

    /// How long the wait has been so far.
    pub(super) fn waited(&self) -> Duration {
        self.began.elapsed()
    }

    /// How long to wait until one looks again, while the body does not run; `None` where that was long enough.
    pub(super) fn with_nobody(&mut self) -> Option<Duration> {
        self.busy_since = None;
        let since = *self.idle_since.get_or_insert_with(Instant::now);
        let left = left(self.idle, since, None)?;
        // It may be at work again by then, and nobody says so.
        Some(left.min(self.limit.max(LEAST)))
    }

    /// The same, while the body runs; `anew` is when another follower gave up.
    pub(super) fn with_a_body(&mut self, anew: Option<Instant>) -> Option<Duration> {
        self.idle_since = None;
        let since = *self.busy_since.get_or_insert_with(Instant::now);
        let left = left(self.limit, since, anew)?;
        Some(left.min(self.idle.max(LEAST)))
    }
}
