//! Lifetimes as memcached counts them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use memo_core::Expiration;

/// More seconds than these are taken for a date.
const LONGEST_RELATIVE: u64 = 30 * 24 * 60 * 60;

/// Dates are read as 32 bits with a sign: they end in January 2038.
const LAST_DATE: u64 = i32::MAX as u64;

/// The time to live as the server takes it; 0 is no end.
///
/// The server counts whole seconds by a clock that ticks once a second, so that `n` of them last between `n - 1` and `n`. One more than the
/// whole seconds of a lifetime therefore outlives it by a second at most, and does not cut short a lifetime of whole seconds; one
/// without a whole second is 1, and never 0. When exactly a value is too old is judged by who reads it.
///
/// Beyond thirty days the server wants a date, by its own clock. If the two clocks differ the value is dropped so much earlier or later,
/// which is little beside thirty days. A date that cannot be written becomes the longest time that can.
pub(crate) fn exptime(expiration: Expiration, now: SystemTime) -> u32 {
    expiration
        .duration()
        .map_or(0, |time| seconds(time, unix(now)))
}

/// The same for a lease, which always ends.
pub(crate) fn lease_time(time: Duration) -> u32 {
    exptime(Expiration::from(time), SystemTime::now())
}

/// So many seconds that are left, as the server takes them again. A lease always ends.
pub(crate) fn left(seconds: Option<u64>) -> u32 {
    let seconds = seconds.unwrap_or(LONGEST_RELATIVE);
    u32::try_from(seconds.clamp(1, LONGEST_RELATIVE)).unwrap_or(u32::MAX)
}

fn seconds(time: Duration, now: u64) -> u32 {
    let relative = time.as_secs().saturating_add(1);
    let date = now.saturating_add(relative).min(LAST_DATE);
    let exptime = match relative > LONGEST_RELATIVE {
        true if date > now.saturating_add(LONGEST_RELATIVE) => date,
        _ => relative.min(LONGEST_RELATIVE),
    };
    u32::try_from(exptime).unwrap_or(u32::MAX)
}

fn unix(now: SystemTime) -> u64 {
    let since = now.duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_800_000_000;
    const DAY: u64 = 24 * 60 * 60;

    fn exptime_of(expiration: impl Into<Expiration>) -> u64 {
        let now = UNIX_EPOCH + Duration::from_secs(NOW);
        exptime(expiration.into(), now).into()
    }

    #[test]
    fn no_end_is_none_and_no_time_is_the_shortest() {
        assert_eq!(exptime_of(Expiration::never()), 0);
        assert_eq!(exptime_of(Duration::ZERO), 1);
        assert_eq!(exptime_of(Duration::from_nanos(1)), 1);
        assert_eq!(exptime_of(Duration::from_millis(999)), 1);
        assert_eq!(exptime_of(1), 2);
        assert_eq!(exptime_of(Duration::from_millis(1500)), 2);
    }

    #[test]
    fn up_to_thirty_days_are_seconds_and_more_is_a_date() {
        assert_eq!(exptime_of(30 * DAY - 1), 30 * DAY);
        assert_eq!(exptime_of(30 * DAY), NOW + 30 * DAY + 1);
        assert_eq!(exptime_of(30 * DAY + 1), NOW + 30 * DAY + 2);
        assert_eq!(exptime_of(400 * DAY), NOW + 400 * DAY + 1);
    }

    #[test]
    fn what_cannot_be_written_is_the_longest_that_can() {
        assert_eq!(exptime_of(100 * 365 * DAY), LAST_DATE);
        assert_eq!(exptime_of(Duration::MAX), LAST_DATE);
        for now in [LAST_DATE - 1, LAST_DATE, u64::MAX] {
            let longest = u64::from(seconds(Duration::MAX, now));
            assert_eq!(longest, LONGEST_RELATIVE, "{now}");
        }
        let before = UNIX_EPOCH - Duration::from_secs(9);
        assert_eq!(exptime(Expiration::seconds(60), before), 61);
    }
}
