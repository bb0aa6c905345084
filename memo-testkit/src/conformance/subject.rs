//! The backend that is put to the laws, and its time.

use std::fmt;
use std::thread;
use std::time::Duration;

use memo_core::backend::Backend;

use crate::ManualClock;

/// A backend, and how time passes for it.
pub struct Subject<B> {
    backend: B,
    moment: Duration,
    advance: Box<dyn Fn(Duration) + Send + Sync>,
    is_real: bool,
}

impl<B: Backend> Subject<B> {
    /// A backend whose time passes by `advance`, which takes at least the time that it is given. Laws let values live for a few of
    /// `moment`, which has to be so long that a law's operations take much less, and no shorter than what the backend can measure.
    pub fn new(
        backend: B,
        moment: Duration,
        advance: impl Fn(Duration) + Send + Sync + 'static,
    ) -> Self {
        Self {
            backend,
            moment,
            advance: Box::new(advance),
            is_real: false,
        }
    }

    /// A backend that reads the time from this clock.
    pub fn with_clock(backend: B, clock: ManualClock) -> Self {
        let advance = move |by| clock.advance(by);
        Self::new(backend, Duration::from_secs(1), advance)
    }

    /// A backend in real time, such as a server: laws sleep for a few of `moment`, or for longer where the machine is late: a law that fails
    /// after it took half a moment more than it meant to is put again with moments of twice the length, and that is said on standard error.
    pub fn in_real_time(backend: B, moment: Duration) -> Self {
        Self {
            is_real: true,
            ..Self::new(backend, moment, thread::sleep)
        }
    }

    /// The backend.
    pub fn backend(&self) -> &B {
        &self.backend
    }

    pub(super) fn moment(&self) -> Duration {
        self.moment
    }

    /// Whether a machine that is late makes lives shorter than they were meant to be.
    pub(super) fn is_in_real_time(&self) -> bool {
        self.is_real
    }

    pub(super) fn advance(&self, by: Duration) {
        (self.advance)(by);
    }
}

impl<B: fmt::Debug> fmt::Debug for Subject<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subject")
            .field("backend", &self.backend)
            .field("moment", &self.moment)
            .finish_non_exhaustive()
    }
}
