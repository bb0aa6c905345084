//! How long a value lives, and how its end is spread.

use std::time::Duration;

use crate::clock::Tick;

/// How long a cached value may be served after it was computed.
///
/// Integers are seconds; any [`Duration`] converts. Time is kept in milliseconds. What lives for less than one of them is not stored at all:
/// a lifetime of zero, such as a `max-age=0` that was passed on, is no lifetime.
///
/// ```
/// use std::time::Duration;
/// use memo_core::Expiration;
///
/// assert_eq!(Expiration::from(90), Expiration::from(Duration::from_secs(90)));
/// assert_eq!(Expiration::default(), Expiration::seconds(30 * 24 * 60 * 60));
/// assert_eq!(Expiration::never().duration(), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expiration(Option<Duration>);

impl Expiration {
    /// Expires this many seconds after the value was computed.
    pub const fn seconds(seconds: u64) -> Self {
        Self(Some(Duration::from_secs(seconds)))
    }

    /// Expires this many milliseconds after the value was computed.
    pub const fn millis(millis: u64) -> Self {
        Self(Some(Duration::from_millis(millis)))
    }

    /// Stays until it is evicted or invalidated.
    pub const fn never() -> Self {
        Self(None)
    }

    /// The lifetime, or `None` where there is no end.
    pub const fn duration(self) -> Option<Duration> {
        self.0
    }

    /// Whether it is over as soon as it begins: what has such a life is stored nowhere. Time is counted in milliseconds.
    pub(crate) const fn is_over(self) -> bool {
        matches!(self.0, Some(lifetime) if lifetime.as_millis() == 0)
    }

    /// The tick at which a value stored at `now` dies; `luck` in `[0, 1)` decides the jitter.
    pub(crate) fn deadline(self, now: Tick, jitter: Option<Jitter>, luck: f64) -> Tick {
        let Some(lifetime) = self.spread(jitter, luck).0 else {
            return Tick::MAX;
        };
        let millis = u64::try_from(lifetime.as_millis()).unwrap_or(u64::MAX);
        // `MAX` means "never" and also "the coarse clock sleeps": a finite end stays below it.
        now.saturating_add(millis).min(Tick::MAX - 1)
    }

    /// What jitter leaves of it; `luck` in `[0, 1)` decides.
    pub(crate) fn spread(self, jitter: Option<Jitter>, luck: f64) -> Self {
        let Some(lifetime) = self.0 else {
            return self;
        };
        let spread = jitter.map_or(Duration::ZERO, |jitter| jitter.spread(lifetime));
        Self(Some(lifetime.saturating_sub(spread.mul_f64(luck))))
    }
}

impl Default for Expiration {
    /// Thirty days.
    fn default() -> Self {
        Self::seconds(30 * 24 * 60 * 60)
    }
}

impl From<u64> for Expiration {
    fn from(seconds: u64) -> Self {
        Self::seconds(seconds)
    }
}

impl From<Duration> for Expiration {
    fn from(lifetime: Duration) -> Self {
        Self(Some(lifetime))
    }
}

/// How far before its full lifetime a value may expire, drawn anew for each value.
///
/// Values stored in one burst then do not die in one burst. Jitter only ever shortens a lifetime, so `expiration` stays a
/// promise.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Jitter(Spread);

#[derive(Clone, Copy, Debug, PartialEq)]
enum Spread {
    Fraction(f64),
    UpTo(Duration),
}

impl Jitter {
    /// Up to this fraction of the lifetime; values outside `[0, 1]` are brought inside it.
    pub const fn fraction(fraction: f64) -> Self {
        Self(Spread::Fraction(fraction))
    }

    /// Up to this many milliseconds.
    pub const fn upto_millis(millis: u64) -> Self {
        Self(Spread::UpTo(Duration::from_millis(millis)))
    }

    fn spread(self, lifetime: Duration) -> Duration {
        match self.0 {
            Spread::Fraction(fraction) if fraction >= 1.0 => lifetime,
            Spread::Fraction(fraction) if fraction > 0.0 => lifetime.mul_f64(fraction),
            Spread::Fraction(_) => Duration::ZERO,
            Spread::UpTo(most) => most.min(lifetime),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jitter_only_shortens_and_never_past_its_spread() {
        let lifetime = Expiration::seconds(100);
        let tenth = Some(Jitter::fraction(0.1));
        assert_eq!(lifetime.deadline(0, None, 0.9), 100_000);
        assert_eq!(lifetime.deadline(0, tenth, 0.0), 100_000);
        assert_eq!(lifetime.deadline(0, tenth, 0.5), 95_000);
        assert!(lifetime.deadline(0, tenth, 0.999) > 90_000);
        assert_eq!(
            lifetime.deadline(7, Some(Jitter::upto_millis(10_000)), 0.5),
            95_007
        );
    }

    #[test]
    fn a_spread_longer_than_the_lifetime_is_the_lifetime() {
        let second = Expiration::seconds(1);
        assert_eq!(
            second.deadline(5, Some(Jitter::upto_millis(90_000)), 0.5),
            505
        );
        assert_eq!(
            second.deadline(5, Some(Jitter::fraction(f64::NAN)), 0.5),
            1005
        );
        assert_eq!(second.deadline(5, Some(Jitter::fraction(8.0)), 0.5), 505);
        let ages = Expiration::from(Duration::MAX);
        assert_eq!(
            ages.deadline(0, Some(Jitter::fraction(1.0)), 0.0),
            Tick::MAX - 1
        );
    }

    #[test]
    fn a_lifetime_of_no_millisecond_is_over_and_no_other_is() {
        for lifetime in [Duration::ZERO, Duration::from_micros(999)] {
            assert!(Expiration::from(lifetime).is_over(), "{lifetime:?}");
        }
        for lifetime in [Duration::from_millis(1), Duration::MAX] {
            assert!(!Expiration::from(lifetime).is_over(), "{lifetime:?}");
        }
        assert!(!Expiration::never().is_over());
    }

    #[test]
    fn the_longest_lifetime_can_be_spread_by_any_jitter() {
        let jitters = [
            Jitter::fraction(f64::INFINITY),
            Jitter::fraction(1.0 - f64::EPSILON / 2.0),
            Jitter::upto_millis(u64::MAX),
        ];
        for jitter in jitters {
            for luck in [0.0, 0.5, 1.0 - f64::EPSILON / 2.0] {
                let spread = Expiration::from(Duration::MAX).spread(Some(jitter), luck);
                assert!(spread.duration().is_some());
            }
        }
    }

    #[test]
    fn a_finite_end_is_never_mistaken_for_no_end() {
        let ages = Expiration::from(Duration::MAX);
        assert_eq!(ages.deadline(1, None, 0.0), Tick::MAX - 1);
        assert_eq!(Expiration::never().deadline(1, None, 0.0), Tick::MAX);
    }
}
