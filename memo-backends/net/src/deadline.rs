//! By when an operation has to be over.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// By when an operation has to be over: so long after it began, plus the time for which it had to wait its turn in this process.
///
/// ```
/// use std::time::{Duration, Instant};
/// use memo_net::Deadline;
///
/// let deadline = Deadline::after(Duration::from_secs(60));
/// assert!(deadline.end() > Instant::now());
/// // However long it is said to be, it is a time that can be reckoned with.
/// assert!(Deadline::after(Duration::MAX).end() > deadline.end());
/// ```
#[derive(Debug)]
pub struct Deadline {
    begun: Instant,
    time: Duration,
    /// From the beginning to the end, in nanoseconds.
    length: AtomicU64,
}

/// Who says that something may take longer than this, as with `Duration::MAX`, means that he does not mind.
const LONGEST: Duration = Duration::from_secs(86_400);

impl Deadline {
    /// So much time from now; a day at most.
    pub fn after(time: Duration) -> Self {
        let time = time.min(LONGEST);
        Self {
            begun: Instant::now(),
            time,
            length: AtomicU64::new(nanos(time)),
        }
    }

    /// By when it has to be over, as far as is known now.
    pub fn end(&self) -> Instant {
        later(self.begun, Duration::from_nanos(self.length.load(Relaxed)))
    }

    /// How much time the operation has, without waiting.
    pub(crate) fn time(&self) -> Duration {
        self.time
    }

    pub(crate) fn begun(&self) -> Instant {
        self.begun
    }

    /// Its turn has come: it has all of its time from now on.
    pub(crate) fn renew(&self) {
        self.put_off(later(Instant::now(), self.time));
    }

    /// It is over at this instant, or later if it was to be.
    pub(crate) fn put_off(&self, end: Instant) {
        let length = nanos(end.saturating_duration_since(self.begun));
        self.length.fetch_max(length, Relaxed);
    }
}

/// So much time after an instant; a day, where there is no such instant.
pub fn later(from: Instant, time: Duration) -> Instant {
    let end = from.checked_add(time);
    end.or_else(|| from.checked_add(LONGEST)).unwrap_or(from)
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_time_has_an_end() {
        for time in [
            Duration::ZERO,
            Duration::from_nanos(1),
            LONGEST,
            Duration::from_secs(u64::MAX),
            Duration::MAX,
        ] {
            let deadline = Deadline::after(time);
            assert_eq!(deadline.end(), deadline.begun + time.min(LONGEST));
            assert!(later(Instant::now(), time) >= deadline.begun);
        }
    }

    #[test]
    fn a_deadline_is_put_off_and_never_advanced() {
        let deadline = Deadline::after(Duration::from_secs(60));
        let end = deadline.end();
        deadline.put_off(deadline.begun);
        assert_eq!(deadline.end(), end);
        deadline.put_off(end + LONGEST);
        assert_eq!(deadline.end(), end + LONGEST);
        deadline.renew();
        assert_eq!(deadline.end(), end + LONGEST);
    }
}
