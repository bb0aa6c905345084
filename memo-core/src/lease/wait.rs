//! How one waits who finds a name leased.

use std::time::Duration;

/// A short computation is over by then.
const FIRST: Duration = Duration::from_millis(5);
/// So many waiters as there may be must not keep a server busy.
const LONGEST: Duration = Duration::from_millis(100);
/// For how many lease times one waits. A holder who died costs one of them; one who lives and takes longer is let be after so many.
const LEASE_TIMES: u32 = 3;

/// How long to pause before the lease is asked for again, `None` where that was long enough: `waited` so far, `asked` so many times before,
/// `luck` in `[0, 1)`.
///
/// Pauses double, and each is cut by up to a half, so that those who began together do not go on together.
pub(crate) fn pause(time: Duration, waited: Duration, asked: u32, luck: f64) -> Option<Duration> {
    let left = time.saturating_mul(LEASE_TIMES).checked_sub(waited)?;
    let doubled = FIRST.saturating_mul(1 << asked.min(16));
    let cut = 1.0 - luck / 2.0;
    let pause = doubled.min(LONGEST).mul_f64(cut).min(left);
    (!left.is_zero()).then_some(pause)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIME: Duration = Duration::from_secs(10);

    fn waits(asked: u32, luck: f64) -> Option<Duration> {
        pause(TIME, Duration::ZERO, asked, luck)
    }

    #[test]
    fn pauses_double_up_to_a_tenth_of_a_second() {
        let pauses: Vec<_> = (0..7).filter_map(|asked| waits(asked, 0.0)).collect();
        let millis: Vec<_> = pauses.iter().map(Duration::as_millis).collect();
        assert_eq!(millis, [5, 10, 20, 40, 80, 100, 100]);
        assert_eq!(waits(u32::MAX, 0.0), Some(LONGEST));
    }

    #[test]
    fn luck_cuts_a_pause_to_no_less_than_half() {
        assert_eq!(waits(9, 0.5), Some(LONGEST * 3 / 4));
        let unlucky = waits(9, 0.999_999).expect("nobody has waited yet");
        assert!(unlucky >= LONGEST / 2 && unlucky < LONGEST * 51 / 100);
    }

    #[test]
    fn nobody_waits_for_more_than_three_lease_times() {
        let left = Duration::from_millis(2);
        assert_eq!(pause(TIME, TIME * 3 - left, 9, 0.0), Some(left));
        assert_eq!(pause(TIME, TIME * 3, 9, 0.0), None);
        assert_eq!(pause(TIME, TIME * 4, 0, 0.0), None);
    }

    #[test]
    fn the_longest_times_are_no_trouble() {
        let pause = pause(Duration::MAX, Duration::MAX / 2, 3, 0.0);
        assert_eq!(pause, Some(FIRST * 8));
    }
}
