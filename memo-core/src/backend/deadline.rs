//! When an operation has taken too long.

use std::task::{Context, Waker};
use std::time::{Duration, Instant};

use crate::alarm::{self, Timer};

/// The time that an asynchronous operation may take. It costs nothing while nobody waits.
pub(super) struct Deadline {
    limit: Duration,
    /// Since when somebody waits, and who is to be woken at the end.
    waiting: Option<(Instant, Waker, Timer)>,
}

impl Deadline {
    pub(super) fn of(limit: Duration) -> Self {
        Self {
            limit,
            waiting: None,
        }
    }

    /// Whether it is over, for an operation that is not done. If not, whoever polls is woken when it will be.
    pub(super) fn is_over(&mut self, context: &Context<'_>) -> bool {
        let waker = context.waker();
        let now = Instant::now();
        let since = match &self.waiting {
            Some((since, known, _)) if known.will_wake(waker) => {
                return now.duration_since(*since) >= self.limit;
            }
            Some((since, ..)) => *since,
            None => now,
        };
        let left = self.limit.saturating_sub(now.duration_since(since));
        if left.is_zero() {
            return true;
        }
        let timer = alarm::timer(left, waker.clone());
        self.waiting = Some((since, waker.clone(), timer));
        false
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::mpsc::{Receiver, Sender, channel};
    use std::task::Wake;

    use super::*;
    use crate::threads::tests::LIMIT;

    const SOON: Duration = Duration::from_millis(20);

    struct Ring(Sender<()>);

    impl Wake for Ring {
        fn wake(self: Arc<Self>) {
            let _ = self.0.send(());
        }
    }

    fn bell() -> (Waker, Receiver<()>) {
        let (sender, receiver) = channel();
        (Arc::new(Ring(sender)).into(), receiver)
    }

    fn is_over(deadline: &mut Deadline, waker: &Waker) -> bool {
        deadline.is_over(&Context::from_waker(waker))
    }

    #[test]
    fn whoever_polls_is_woken_when_it_is_over_and_not_before() {
        let (mut deadline, (waker, woken)) = (Deadline::of(SOON), bell());
        let start = Instant::now();
        assert!(!is_over(&mut deadline, &waker));
        woken.recv_timeout(LIMIT).expect("somebody is woken");
        assert!(start.elapsed() >= SOON);
        assert!(is_over(&mut deadline, &waker));
    }

    #[test]
    fn whoever_polls_last_is_woken_as_well_and_it_is_over_no_later() {
        let (mut deadline, (first, _woken)) = (Deadline::of(SOON), bell());
        let (second, woken) = bell();
        let start = Instant::now();
        assert!(!is_over(&mut deadline, &first));
        while start.elapsed() < SOON / 2 {
            std::thread::yield_now();
        }
        let _ = is_over(&mut deadline, &second);
        while !is_over(&mut deadline, &second) {
            woken.recv_timeout(LIMIT).expect("somebody is woken");
        }
        assert!(start.elapsed() >= SOON);
    }

    #[test]
    fn no_time_at_all_is_over_at_once() {
        let (waker, _woken) = bell();
        assert!(is_over(&mut Deadline::of(Duration::ZERO), &waker));
    }
}
