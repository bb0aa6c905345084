//! The one place where time is read.

mod ticker;

use std::fmt::Debug;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Milliseconds on a monotonic clock, counted from an arbitrary start.
pub type Tick = u64;

/// A source of monotonic time, for tests that must not sleep and programs with a time of their own.
///
/// ```
/// use std::sync::atomic::{AtomicU64, Ordering};
/// use memo_core::{Clock, Tick};
///
/// #[derive(Debug, Default)]
/// struct Frozen(AtomicU64);
/// impl Clock for Frozen {
///     fn now(&self) -> Tick {
///         self.0.load(Ordering::Relaxed)
///     }
/// }
/// assert_eq!(Frozen::default().now(), 0);
/// ```
pub trait Clock: Debug + Send + Sync {
    /// The present, in milliseconds; never less than an earlier reading, never `u64::MAX`.
    fn now(&self) -> Tick;

    /// The present on the calendar, as time since 1970 (UTC): the date that is stored with values outside of the process. The system's,
    /// where an implementation says nothing.
    fn wall(&self) -> Duration {
        system_wall()
    }
}

/// Work that is due when time passes: dropping what has expired.
pub(crate) trait Janitor: Send + Sync {
    /// Drops what is dead at `now` and says when to come again.
    fn sweep(&self, now: Tick) -> Option<Tick>;
}

/// Where a cache reads time.
#[derive(Clone, Debug)]
pub(crate) enum Time {
    System,
    Custom(Arc<dyn Clock>),
}

impl Time {
    /// A reading that costs about a nanosecond and may be a few tens of milliseconds old.
    ///
    /// `Tick::MAX` says that the coarse clock sleeps: everything looks expired, and the caller asks [`Time::exact`].
    #[inline]
    pub(crate) fn coarse(&self) -> Tick {
        match self {
            Self::System => ticker::coarse(),
            Self::Custom(clock) => clock.now(),
        }
    }

    /// The present; wakes the coarse clock, or mends it if it has stopped.
    pub(crate) fn exact(&self) -> Tick {
        match self {
            Self::System => ticker::exact_and_awake(),
            Self::Custom(clock) => clock.now(),
        }
    }

    /// The present in whole seconds since 2020 (UTC), as entries have it; a system clock before that reads as 0.
    pub(crate) fn wall_seconds(&self) -> u32 {
        let wall = match self {
            Self::System => system_wall(),
            Self::Custom(clock) => clock.wall(),
        };
        u32::try_from(wall.as_secs().saturating_sub(START_OF_2020)).unwrap_or(u32::MAX)
    }

    /// Has `janitor` called when its entries expire, for as long as it lives.
    ///
    /// A custom clock has nobody to call: there, every store drops a few of the expired.
    pub(crate) fn employ(&self, janitor: Weak<dyn Janitor>) {
        if let Self::System = self {
            ticker::employ(janitor);
        }
    }
}

/// 2020-01-01T00:00:00Z.
const START_OF_2020: u64 = 1_577_836_800;

fn system_wall() -> Duration {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
}

/// Measures how long a body runs: real time, whatever clock the cache reads.
pub(crate) struct Stopwatch(Instant);

impl Stopwatch {
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}
