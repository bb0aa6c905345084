//! When a server is asked: the breaker's states, as a pure machine that is told the time.

use std::time::{Duration, Instant};

use memo_core::backend::{Availability, FaultKind};

/// One fault may be bad luck, or one value too large for its time, and every success forgets those before it. A refused login is no
/// luck, and trying again may lock the account.
const FAULTS_IN_A_ROW: u32 = 3;

/// A probe that has not told of its end by now never will: it was lost in a fork.
const LOST: Duration = Duration::from_secs(60);

/// How long a server is left alone.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pauses {
    /// After it failed.
    pub(crate) first: Duration,
    /// Each further pause is twice the one before, up to this.
    pub(crate) longest: Duration,
}

/// Closed: the server is asked. Open: it is not, until its pause has passed. Half open: one probe asks it.
#[derive(Debug)]
pub(crate) struct Breaker {
    pauses: Pauses,
    state: State,
    /// Pauses since the server last did what it was asked.
    paused: u32,
    /// Probes so far: the number of the last one.
    probes: u64,
}

#[derive(Debug)]
enum State {
    Closed { faults: u32 },
    Open { until: Instant },
    HalfOpen { lost: Instant },
}

impl Pauses {
    pub(crate) const USUAL: Self = Self {
        first: Duration::from_millis(500),
        longest: Duration::from_secs(5),
    };

    /// The pause after so many others; from four to six fifths of it, so that clients of one server do not come back as one.
    fn after(self, others: u32, luck: f64) -> Duration {
        let doubled = 2_u32.saturating_pow(others);
        let pause = self.first.saturating_mul(doubled).min(self.longest);
        pause.mul_f64(0.8 + 0.4 * luck.clamp(0.0, 1.0))
    }
}

impl Breaker {
    pub(crate) fn new(pauses: Pauses) -> Self {
        Self {
            pauses,
            state: State::Closed { faults: 0 },
            paused: 0,
            probes: 0,
        }
    }

    /// The server did what it was asked.
    pub(crate) fn succeeded(&mut self) {
        if let State::Closed { faults } = &mut self.state {
            *faults = 0;
            self.paused = 0;
        }
    }

    /// The server was not there; answers whether it is left alone from now on. `luck` is between 0 and 1.
    pub(crate) fn failed(&mut self, kind: FaultKind, now: Instant, luck: f64) -> bool {
        let State::Closed { faults } = &mut self.state else {
            return false;
        };
        *faults += 1;
        let opens = kind == FaultKind::Auth || *faults >= FAULTS_IN_A_ROW;
        if opens {
            self.pause(now, luck);
        }
        opens
    }

    /// The number of a probe to be started now, if it is time for one.
    pub(crate) fn probe(&mut self, now: Instant) -> Option<u64> {
        if now < self.due()? {
            return None;
        }
        self.state = State::HalfOpen { lost: now + LOST };
        self.probes += 1;
        Some(self.probes)
    }

    /// A probe has ended; answers whether the server is asked again.
    pub(crate) fn probed(&mut self, number: u64, works: bool, now: Instant, luck: f64) -> bool {
        let is_current = matches!(self.state, State::HalfOpen { .. }) && number == self.probes;
        if !is_current {
            return false;
        }
        match works {
            true => self.state = State::Closed { faults: 0 },
            false => self.pause(now, luck),
        }
        works
    }

    /// When the next probe may start, if the server is left alone.
    pub(crate) fn due(&self) -> Option<Instant> {
        match self.state {
            State::Closed { .. } => None,
            State::Open { until } => Some(until),
            State::HalfOpen { lost } => Some(lost),
        }
    }

    pub(crate) fn availability(&self) -> Availability {
        match self.state {
            State::Closed { .. } => Availability::Up,
            State::Open { .. } => Availability::Down,
            State::HalfOpen { .. } => Availability::Probing,
        }
    }

    /// Whether a success would change anything.
    pub(crate) fn is_troubled(&self) -> bool {
        !matches!(self.state, State::Closed { faults: 0 }) || self.paused > 0
    }

    fn pause(&mut self, now: Instant, luck: f64) {
        let until = now + self.pauses.after(self.paused, luck);
        self.state = State::Open { until };
        self.paused = self.paused.saturating_add(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Availability::{Down, Probing, Up};
    use FaultKind::{Auth, Connect, Protocol, Timeout};

    /// What happens, with the time in milliseconds.
    enum Do {
        Succeed,
        Fail(u64, FaultKind),
        /// Somebody asks; a probe starts or not.
        Ask(u64, bool),
        /// The last probe ends.
        Probed(u64, bool),
    }
    use Do::{Ask, Fail, Probed, Succeed};

    /// Luck that leaves a pause as it is.
    const EVEN: f64 = 0.5;

    /// What happens, line by line, and how the server is after it.
    #[track_caller]
    fn goes(lines: &[(Do, Availability)]) {
        let start = Instant::now();
        let at = |millis: &u64| start + Duration::from_millis(*millis);
        let mut breaker = Breaker::new(Pauses::USUAL);
        for (number, (action, then)) in lines.iter().enumerate() {
            match action {
                Succeed => breaker.succeeded(),
                Fail(now, kind) => {
                    let opened = breaker.failed(*kind, at(now), EVEN);
                    assert!(!opened || *then == Down, "line {number}");
                }
                Ask(now, starts) => {
                    let probe = breaker.probe(at(now));
                    assert_eq!(probe.is_some(), *starts, "line {number}");
                }
                Probed(now, works) => {
                    let closed = breaker.probed(breaker.probes, *works, at(now), EVEN);
                    assert_eq!(closed, *then == Up, "line {number}");
                }
            }
            assert_eq!(breaker.availability(), *then, "line {number}");
        }
    }

    #[test]
    fn three_faults_in_a_row_open_it() {
        for kind in [Connect, Timeout, Protocol] {
            goes(&[
                (Fail(0, kind), Up),
                (Fail(0, kind), Up),
                (Fail(0, kind), Down),
            ]);
        }
    }

    #[test]
    fn a_success_forgets_the_faults_before_it() {
        goes(&[
            (Fail(0, Timeout), Up),
            (Fail(0, Timeout), Up),
            (Succeed, Up),
            (Fail(0, Timeout), Up),
            (Fail(0, Timeout), Up),
            (Fail(0, Timeout), Down),
        ]);
    }

    #[test]
    fn a_refused_login_opens_it_at_once() {
        goes(&[(Fail(0, Auth), Down)]);
    }

    #[test]
    fn one_probe_starts_when_the_pause_has_passed_and_closes_it() {
        goes(&[
            (Ask(0, false), Up),
            (Fail(0, Auth), Down),
            (Ask(499, false), Down),
            (Ask(500, true), Probing),
            (Ask(501, false), Probing),
            (Probed(502, true), Up),
            (Ask(503, false), Up),
        ]);
    }

    #[test]
    fn pauses_double_up_to_the_longest_while_probes_fail() {
        let mut lines = vec![(Fail(0, Auth), Down)];
        let mut now = 0;
        for pause in [500, 1000, 2000, 4000, 5000, 5000, 5000] {
            lines.push((Ask(now + pause - 1, false), Down));
            now += pause;
            lines.push((Ask(now, true), Probing));
            lines.push((Probed(now, false), Down));
        }
        goes(&lines);
    }

    #[test]
    fn a_server_that_answers_nothing_but_probes_is_left_alone_for_longer_each_time() {
        goes(&[
            (Fail(0, Auth), Down),
            (Ask(500, true), Probing),
            (Probed(500, true), Up),
            (Fail(500, Auth), Down),
            (Ask(1499, false), Down),
            (Ask(1500, true), Probing),
            (Probed(1500, true), Up),
            (Succeed, Up),
            (Fail(2000, Auth), Down),
            (Ask(2499, false), Down),
            (Ask(2500, true), Probing),
        ]);
    }

    #[test]
    fn what_was_asked_before_it_opened_changes_nothing_after() {
        goes(&[
            (Fail(0, Auth), Down),
            (Succeed, Down),
            (Fail(400, Timeout), Down),
            (Ask(500, true), Probing),
            (Succeed, Probing),
            (Fail(500, Timeout), Probing),
        ]);
    }

    #[test]
    fn a_lost_probe_is_replaced_and_its_end_is_not_awaited() {
        let start = Instant::now();
        let mut breaker = Breaker::new(Pauses::USUAL);
        assert!(breaker.failed(Auth, start, EVEN));
        let began = start + Pauses::USUAL.first;
        let lost = breaker.probe(began).expect("it is time");
        assert_eq!(breaker.probe(began + LOST - Duration::from_millis(1)), None);
        let next = breaker.probe(began + LOST).expect("it is time");
        assert!(!breaker.probed(lost, true, began + LOST, EVEN));
        assert_eq!(breaker.availability(), Probing);
        assert!(breaker.probed(next, true, began + LOST, EVEN));
    }

    #[test]
    fn luck_moves_a_pause_by_a_fifth() {
        let pause = |luck| Pauses::USUAL.after(0, luck).as_millis();
        assert_eq!((pause(0.0), pause(0.5), pause(1.0)), (400, 500, 600));
        let pause = |luck| Pauses::USUAL.after(u32::MAX, luck).as_millis();
        assert_eq!((pause(0.0), pause(0.5), pause(1.0)), (4000, 5000, 6000));
    }

    #[test]
    fn only_what_a_success_would_change_is_trouble() {
        let now = Instant::now();
        let mut breaker = Breaker::new(Pauses::USUAL);
        assert!(!breaker.is_troubled());
        breaker.failed(Timeout, now, EVEN);
        assert!(breaker.is_troubled());
        breaker.succeeded();
        assert!(!breaker.is_troubled());
        breaker.failed(Auth, now, EVEN);
        let probe = breaker.probe(now + LOST).expect("it is time");
        breaker.probed(probe, true, now, EVEN);
        assert!(breaker.is_troubled(), "the pauses are not forgotten yet");
        breaker.succeeded();
        assert!(!breaker.is_troubled());
    }
}
