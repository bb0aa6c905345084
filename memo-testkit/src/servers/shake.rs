//! Bad networks, made up from a seed.

use std::time::Duration;

use crate::dice::Dice;

/// A network that shakes what the client says, see [`Break::Shake`](super::Break::Shake). The same seed makes up the same numbers.
///
/// ```
/// use std::time::Duration;
/// use memo_testkit::servers::Shake;
///
/// let shake = Shake::seeded(7).delaying(Duration::from_millis(300)).cutting_one_in(50);
/// assert!(format!("{shake:?}").contains("300ms"));
/// ```
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct Shake {
    seed: u64,
    latest: Duration,
    bytes_per_second: Option<u32>,
    cut_one_in: Option<u32>,
}

impl Shake {
    /// Returns a network that lets all pass, to be made worse.
    pub const fn seeded(seed: u64) -> Self {
        Self {
            seed,
            latest: Duration::ZERO,
            bytes_per_second: None,
            cut_one_in: None,
        }
    }

    /// Has what the client says arrive up to so much later, on each connection by its own measure: what is said first on one may arrive after what is
    /// said later on another. On one connection all arrives in its order, also where the client has hung up meanwhile.
    pub const fn delaying(mut self, latest: Duration) -> Self {
        self.latest = latest;
        self
    }

    /// Has what the client says pass at so many bytes a second, on each connection.
    pub const fn throttled_to(mut self, bytes_per_second: u32) -> Self {
        self.bytes_per_second = Some(bytes_per_second);
        self
    }

    /// Cuts the connection at one in so many pieces that the client says, some of which arrives still.
    pub const fn cutting_one_in(mut self, pieces: u32) -> Self {
        self.cut_one_in = Some(pieces);
        self
    }

    /// Returns how many bytes pass at once: what takes a hundredth of a second.
    pub(super) fn slice(&self) -> usize {
        self.bytes_per_second
            .map_or(usize::MAX, |bytes| (bytes / 100).max(1) as usize)
    }

    /// Returns how long so many bytes take.
    pub(super) fn time_for(&self, bytes: usize) -> Duration {
        let rate = self.bytes_per_second.map(|rate| f64::from(rate.max(1)));
        rate.map_or(Duration::ZERO, |rate| {
            Duration::from_secs_f64(bytes as f64 / rate)
        })
    }
}

/// The luck of one connection.
pub(super) struct Luck {
    dice: Dice,
    shake: Shake,
    /// How slow the connection is at all times.
    usual: Duration,
}

impl Luck {
    pub(super) fn of(shake: Shake, connection: usize) -> Self {
        let mut luck = Self {
            // Not a multiple of the step of the dice: connections would have the same numbers, one throw later each.
            dice: Dice::new(shake.seed ^ ((connection as u64) << 32)),
            shake,
            usual: Duration::ZERO,
        };
        // One connection in three is quick, the others are slow in their own ways.
        if luck.dice.below(3) > 0 {
            luck.usual = luck.up_to(shake.latest) / 64;
        }
        luck
    }

    /// Returns for how long the next piece is held back: now and then for long.
    pub(super) fn delay(&mut self) -> Duration {
        match self.dice.below(80) {
            0 => self.up_to(self.shake.latest),
            _ => self.up_to(self.usual),
        }
    }

    /// Returns how much of a piece passes before the connection is cut, if it is.
    pub(super) fn cut(&mut self, bytes: usize) -> Option<usize> {
        let one_in = self.shake.cut_one_in?.max(1) as usize;
        (self.dice.below(one_in) == 0).then(|| self.dice.below(bytes + 1))
    }

    fn up_to(&mut self, most: Duration) -> Duration {
        most.mul_f64(self.dice.below(1024) as f64 / 1024.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_seed_makes_up_the_same_network_twice_and_each_connection_is_slow_in_its_own_way() {
        let shake = Shake::seeded(1).delaying(Duration::from_millis(500));
        let delays = |connection| {
            let mut luck = Luck::of(shake, connection);
            std::array::from_fn::<_, 20, _>(|_| luck.delay())
        };
        assert_eq!(delays(1), delays(1));
        assert_ne!(delays(1), delays(2));
        assert!(
            delays(3)
                .iter()
                .all(|delay| *delay < Duration::from_millis(500))
        );
    }

    #[test]
    fn what_is_throttled_takes_the_time_of_its_bytes() {
        let shake = Shake::seeded(1).throttled_to(1000);
        assert_eq!(shake.slice(), 10);
        assert_eq!(shake.time_for(10), Duration::from_millis(10));
        assert_eq!(shake.time_for(3), Duration::from_millis(3));
        assert_eq!(Shake::seeded(1).time_for(usize::MAX), Duration::ZERO);
    }

    #[test]
    fn connections_are_cut_as_often_as_was_asked_for() {
        let mut luck = Luck::of(Shake::seeded(1).cutting_one_in(10), 1);
        let cuts = (0..1000).filter_map(|_| luck.cut(8)).collect::<Vec<_>>();
        assert!((50..200).contains(&cuts.len()), "{}", cuts.len());
        assert!(cuts.iter().all(|passed| *passed <= 8));
        assert_eq!(Luck::of(Shake::seeded(1), 1).cut(8), None);
    }
}
