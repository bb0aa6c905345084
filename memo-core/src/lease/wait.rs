//! How one waits who finds a name leased.

use std::time::{Duration, Instant};

use super::token::{is_after_failure, is_failure};
use crate::backend::Token;

/// A short computation is over by then.
const FIRST: Duration = Duration::from_millis(5);
/// So many waiters as there may be must not keep a server busy.
const LONGEST: Duration = Duration::from_millis(100);
/// How long one waits for one holder, unless the cache says otherwise: at least so long,
const USUAL: Duration = Duration::from_secs(30);
/// and at least so many lease times: a holder who died costs one of them.
const LEASE_TIMES: u32 = 3;
/// For how many times as long a lease is kept, and one waits in all.
const IN_ALL: u32 = 10;
/// How often one joins a holder who is not the last one any more.
const MOST_JOINS: u32 = 8;

/// How long is long enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limits {
    /// For one holder. Who has waited for so long computes as well.
    pub(crate) holder: Duration,
    /// For all holders together, and for one who keeps a lease.
    pub(crate) in_all: Duration,
}

impl Limits {
    /// Those of a lease for `time`, where the cache says `wanted`.
    pub(crate) fn of(time: Duration, wanted: Option<Duration>) -> Self {
        let usual = || time.saturating_mul(LEASE_TIMES).max(USUAL);
        let holder = wanted.unwrap_or_else(usual);
        Self {
            holder,
            in_all: holder.saturating_mul(IN_ALL),
        }
    }
}

/// Somebody who waits.
#[derive(Debug)]
pub(crate) struct Wait {
    limits: Limits,
    began: Instant,
    /// Who has the lease, since when as far as this caller knows, and how often it was asked for meanwhile.
    holder: Option<Token>,
    since: Instant,
    asked: u32,
    joins: u32,
}

/// What one does who does not get the lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Pause, and ask again.
    Pause(Duration),
    /// Join this holder: compute as well, and store.
    Join(Token),
    /// Compute, and store nothing.
    Compute,
}

impl Wait {
    pub(crate) fn new(limits: Limits, now: Instant) -> Self {
        Self {
            limits,
            began: now,
            holder: None,
            since: now,
            asked: 0,
            joins: 0,
        }
    }

    /// What to do next, where `holder` has the lease, or nobody and what is there must not be served yet; `luck` is in `[0, 1)`.
    ///
    /// Of those who wait for a holder that works on and on one joins, and the others wait for the one who joined. Who waited for a holder that
    /// has failed waits for nobody else.
    pub(crate) fn next(&mut self, holder: Option<Token>, now: Instant, luck: f64) -> Next {
        if now.duration_since(self.began) >= self.limits.in_all {
            return Next::Compute;
        }
        if let Some(holder) = holder {
            if is_failure(holder) {
                return self.join(holder);
            }
            let is_another = self.holder.is_some_and(|known| known != holder);
            if is_another && is_after_failure(holder) {
                return Next::Compute;
            }
            if self.holder != Some(holder) {
                (self.holder, self.since, self.asked) = (Some(holder), now, 0);
            }
            if now.duration_since(self.since) >= self.limits.holder {
                return self.join(holder);
            }
        }
        Next::Pause(self.pause(now, luck))
    }

    /// Whether nothing was waited for yet.
    pub(crate) fn is_new(&self) -> bool {
        self.asked == 0 && self.joins == 0 && self.began == self.since
    }

    fn join(&mut self, holder: Token) -> Next {
        self.joins += 1;
        match self.joins <= MOST_JOINS {
            true => Next::Join(holder),
            false => Next::Compute,
        }
    }

    /// Pauses double, and each is cut by up to a half, so that those who began together do not go on together.
    fn pause(&mut self, now: Instant, luck: f64) -> Duration {
        let left = self.limits.holder;
        let left = left.saturating_sub(now.duration_since(self.since));
        let doubled = FIRST.saturating_mul(1 << self.asked.min(16));
        self.asked = self.asked.saturating_add(1);
        let pause = doubled.min(LONGEST).mul_f64(1.0 - luck / 2.0);
        pause.min(left).max(Duration::from_millis(1))
    }
}

#[cfg(test)]
mod tests {
    use super::super::token::{failure, fresh, fresh_after_failure};
    use super::*;

    const LIMIT: Duration = Duration::from_secs(10);

    fn wait() -> (Wait, Instant) {
        let limits = Limits::of(Duration::from_secs(1), Some(LIMIT));
        let now = Instant::now();
        (Wait::new(limits, now), now)
    }

    #[test]
    fn pauses_double_up_to_a_tenth_of_a_second_and_luck_cuts_them() {
        let (mut wait, now) = wait();
        let holder = Some(fresh());
        let pauses: Vec<_> = (0..7).map(|_| wait.next(holder, now, 0.0)).collect();
        let millis = [5, 10, 20, 40, 80, 100, 100];
        assert_eq!(
            pauses,
            millis.map(|ms| Next::Pause(Duration::from_millis(ms)))
        );
        assert_eq!(wait.next(holder, now, 0.5), Next::Pause(LONGEST * 3 / 4));
        let Next::Pause(unlucky) = wait.next(holder, now, 0.999_999) else {
            panic!("nobody has waited yet");
        };
        assert!(unlucky >= LONGEST / 2 && unlucky < LONGEST * 51 / 100);
    }

    #[test]
    fn one_waits_for_each_holder_until_the_limit_and_joins_it() {
        let (mut wait, now) = wait();
        let [first, second] = [fresh(), fresh()];
        let paused = |next| matches!(next, Next::Pause(_));
        let short = Duration::from_millis(1);
        assert!(paused(wait.next(Some(first), now, 0.0)));
        let last = now + LIMIT - short;
        assert_eq!(wait.next(Some(first), last, 0.0), Next::Pause(short));
        assert_eq!(wait.next(Some(first), now + LIMIT, 0.0), Next::Join(first));
        assert!(paused(wait.next(Some(second), now + LIMIT, 0.0)));
        let later = now + LIMIT + LIMIT;
        assert_eq!(wait.next(Some(second), later, 0.0), Next::Join(second));
    }

    #[test]
    fn no_wait_is_without_an_end() {
        let (mut wait, now) = wait();
        assert_eq!(
            wait.next(Some(fresh()), now + LIMIT * 10, 0.0),
            Next::Compute
        );
        assert_eq!(wait.next(None, now + LIMIT * 10, 0.0), Next::Compute);
        let (mut wait, now) = self::wait();
        let joins = (0..20).filter(|_| wait.next(Some(failure()), now, 0.0) != Next::Compute);
        assert_eq!(joins.count(), 8);
    }

    #[test]
    fn who_waited_for_one_that_failed_waits_for_nobody_else() {
        let (mut wait, now) = wait();
        let (holder, failed, next) = (fresh(), failure(), fresh_after_failure());
        wait.next(Some(holder), now, 0.0);
        assert_eq!(wait.next(Some(failed), now, 0.0), Next::Join(failed));
        assert_eq!(wait.next(Some(next), now, 0.0), Next::Compute);
    }

    #[test]
    fn who_comes_after_a_failure_waits_for_the_next_one() {
        let (mut wait, now) = wait();
        let (failed, next) = (failure(), fresh_after_failure());
        assert_eq!(wait.next(Some(failed), now, 0.0), Next::Join(failed));
        let paused = |next| matches!(next, Next::Pause(_));
        assert!(paused(wait.next(Some(next), now, 0.0)));
        assert!(paused(wait.next(Some(next), now, 0.0)));
    }

    #[test]
    fn the_limit_is_half_a_minute_or_three_lease_times_or_what_the_cache_says() {
        let seconds = Duration::from_secs;
        let holder = |time, wanted| Limits::of(time, wanted).holder;
        assert_eq!(holder(seconds(1), None), seconds(30));
        assert_eq!(holder(seconds(60), None), seconds(180));
        assert_eq!(holder(seconds(60), Some(seconds(2))), seconds(2));
        let longest = Limits::of(Duration::MAX, None);
        assert_eq!(longest.in_all, Duration::MAX);
        let mut wait = Wait::new(longest, Instant::now());
        let next = wait.next(Some(fresh()), Instant::now(), 0.0);
        assert_eq!(next, Next::Pause(FIRST));
    }
}
