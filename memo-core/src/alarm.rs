//! Wakes at a time, without a runtime: one thread for the process, and real time, whatever clock a cache reads.

use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::{Duration, Instant};

use crate::threads::{IDLE, LoneThread, Spawn, contained, lock, spawn};

/// Whoever waits longer is woken after this: thirty years, which any clock can count.
const LONGEST: Duration = Duration::from_secs(30 * 365 * 86_400);

static ALARM: Alarm = Alarm::new(IDLE, spawn);

/// Wakes `waker` when `delay` has passed, from a thread of its own.
///
/// Where no thread can be had it is woken at once, from this one: whoever is woken looks again. It must not block, or others are woken late.
/// In the child of a fork, those that waited in the parent are woken as soon as somebody there asks to be.
pub(crate) fn wake_in(delay: Duration, waker: Waker) {
    ALARM.wake_in(delay, waker);
}

/// The same, until the answer is dropped: then the waker is, and nobody is woken any more who was not yet.
pub(crate) fn timer(delay: Duration, waker: Waker) -> Timer {
    ALARM.timer(delay, waker)
}

/// How many wait for longer than this.
#[cfg(test)]
pub(crate) fn waiting_beyond(delay: Duration) -> usize {
    let at = Instant::now() + delay;
    let pending = lock(&ALARM.pending);
    pending.calls.range((at, 0)..).count()
}

/// Somebody who is to be woken. Dropping it takes that back.
#[must_use = "dropped, it wakes nobody"]
pub(crate) struct Timer {
    alarm: &'static Alarm,
    at: At,
}

impl Drop for Timer {
    fn drop(&mut self) {
        let waker = self.alarm.take_back(self.at);
        drop(waker);
    }
}

struct Alarm {
    pending: Mutex<Pending>,
    changed: Condvar,
    idle: Duration,
}

/// No waker is woken, cloned or dropped under its lock: that is somebody else's code.
struct Pending {
    calls: BTreeMap<At, Waker>,
    last: u64,
    thread: LoneThread,
}

/// When, and of two calls for one instant the number: the earlier one comes first.
type At = (Instant, u64);

impl Alarm {
    const fn new(idle: Duration, spawn: Spawn) -> Self {
        Self {
            pending: Mutex::new(Pending {
                calls: BTreeMap::new(),
                last: 0,
                thread: LoneThread::new("memo-alarm", spawn),
            }),
            changed: Condvar::new(),
            idle,
        }
    }

    fn timer(&'static self, delay: Duration, waker: Waker) -> Timer {
        let at = self.wake_in(delay, waker);
        Timer { alarm: self, at }
    }

    fn wake_in(&'static self, delay: Duration, waker: Waker) -> At {
        let now = Instant::now();
        let at = now.checked_add(delay.min(LONGEST)).unwrap_or(now);
        let mut pending = lock(&self.pending);
        let at = pending.add(at, waker);
        if pending.thread.start(|| self.keep_waking()) {
            self.changed.notify_one();
            return at;
        }
        let stranded = std::mem::take(&mut pending.calls);
        drop(pending);
        wake_all(stranded.into_values());
        at
    }

    fn take_back(&self, at: At) -> Option<Waker> {
        let mut pending = lock(&self.pending);
        let waker = pending.calls.remove(&at);
        // Its thread would otherwise sleep until then, and not end.
        if pending.calls.is_empty() {
            self.changed.notify_one();
        }
        waker
    }

    fn keep_waking(&self) {
        while let Some(due) = self.next() {
            wake_all(due);
        }
    }

    /// Waits for calls to be due; `None` when there was none for a while, and the thread ends.
    fn next(&self) -> Option<Vec<Waker>> {
        let mut pending = lock(&self.pending);
        loop {
            let now = Instant::now();
            let due = pending.take_due(now);
            if !due.is_empty() {
                return Some(due);
            }
            let next = pending.calls.keys().next();
            let nap = next.map_or(self.idle, |(at, _)| at.saturating_duration_since(now));
            let timed_out;
            (pending, timed_out) = self.wait(pending, nap);
            if timed_out && pending.calls.is_empty() {
                pending.thread.end();
                return None;
            }
        }
    }

    fn wait<'a>(
        &self,
        pending: MutexGuard<'a, Pending>,
        nap: Duration,
    ) -> (MutexGuard<'a, Pending>, bool) {
        let woken = self.changed.wait_timeout(pending, nap);
        let (pending, timeout) = woken.unwrap_or_else(PoisonError::into_inner);
        (pending, timeout.timed_out())
    }
}

impl Pending {
    fn add(&mut self, at: Instant, waker: Waker) -> At {
        self.last += 1;
        let at = (at, self.last);
        self.calls.insert(at, waker);
        at
    }

    fn take_due(&mut self, now: Instant) -> Vec<Waker> {
        let mut due = Vec::new();
        while let Some(first) = self.calls.first_entry()
            && first.key().0 <= now
        {
            due.push(first.remove());
        }
        due
    }
}

fn wake_all(wakers: impl IntoIterator<Item = Waker>) {
    for waker in wakers {
        contained(|| waker.wake());
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::mpsc::{Receiver, Sender, channel};
    use std::task::Wake;
    use std::thread::{self, ThreadId};

    use super::*;
    use crate::threads::tests::{LIMIT, no_thread, until};

    const SOON: Duration = Duration::from_millis(20);
    const LATER: Duration = Duration::from_millis(60);
    /// Longer than a busy machine lets a thread stand still between two lines.
    const MUCH_LATER: Duration = Duration::from_secs(3);
    const NEVER: Duration = Duration::MAX;

    fn alarm(idle: Duration) -> &'static Alarm {
        Box::leak(Box::new(Alarm::new(idle, spawn)))
    }

    /// Does this when it is woken.
    struct Act<F>(F);

    impl<F: Fn() + Send + Sync + 'static> Wake for Act<F> {
        fn wake(self: Arc<Self>) {
            (self.0)();
        }
    }

    fn act(act: impl Fn() + Send + Sync + 'static) -> Waker {
        Arc::new(Act(act)).into()
    }

    /// Tells who was woken, on which thread and when.
    struct Bell(Sender<Ring>, Receiver<Ring>);

    type Ring = (u32, ThreadId, Instant);

    impl Bell {
        fn new() -> Self {
            let (sender, receiver) = channel();
            Self(sender, receiver)
        }

        fn waker(&self, number: u32) -> Waker {
            let rings = self.0.clone();
            act(move || {
                let _ = rings.send((number, thread::current().id(), Instant::now()));
            })
        }

        #[track_caller]
        fn next(&self) -> Ring {
            self.1.recv_timeout(LIMIT).expect("the alarm wakes")
        }

        fn numbers(&self, many: usize) -> Vec<u32> {
            (0..many).map(|_| self.next().0).collect()
        }

        fn is_silent(&self) -> bool {
            self.1.try_recv().is_err()
        }
    }

    #[test]
    fn a_waker_is_woken_when_its_time_has_come_and_not_before() {
        let (bell, start) = (Bell::new(), Instant::now());
        wake_in(SOON, bell.waker(1));
        let (number, thread, at) = bell.next();
        assert_eq!(number, 1);
        assert_ne!(thread, thread::current().id());
        assert!(at - start >= SOON);
    }

    #[test]
    fn who_takes_a_timer_back_is_not_woken_and_leaves_nothing() {
        let (alarm, bell) = (alarm(IDLE), Bell::new());
        let kept = alarm.timer(SOON, bell.waker(1));
        drop(alarm.timer(MUCH_LATER, bell.waker(2)));
        for number in 0..60_000 {
            drop(alarm.timer(LIMIT, bell.waker(number)));
        }
        assert!(lock(&alarm.pending).calls.len() <= 1);
        assert_eq!(bell.next().0, 1);
        drop(kept);
        alarm.wake_in(MUCH_LATER, bell.waker(3));
        assert_eq!(bell.next().0, 3);
        assert!(bell.is_silent());
    }

    #[test]
    fn the_thread_does_not_sleep_for_a_timer_that_was_taken_back() {
        let (alarm, bell) = (alarm(Duration::ZERO), Bell::new());
        let timer = alarm.timer(NEVER, bell.waker(0));
        drop(timer);
        until(|| lock(&alarm.pending).thread.has_ended());
        assert!(bell.is_silent());
    }

    #[test]
    fn the_earlier_time_comes_first_and_of_one_instant_the_first_to_ask() {
        let (bell, now) = (Bell::new(), Instant::now());
        let mut pending = Alarm::new(IDLE, spawn).pending.into_inner();
        let pending = pending.as_mut().expect("nobody had it");
        for (delay, number) in [(30, 5), (10, 0), (20, 3), (10, 1), (20, 4), (10, 2)] {
            pending.add(now + Duration::from_millis(delay), bell.waker(number));
        }
        assert!(pending.take_due(now).is_empty());
        wake_all(pending.take_due(now + Duration::from_millis(20)));
        assert_eq!(bell.numbers(5), [0, 1, 2, 3, 4]);
        assert!(bell.is_silent());
    }

    #[test]
    fn who_asks_for_an_earlier_time_does_not_wait_for_the_later() {
        let (alarm, bell) = (alarm(IDLE), Bell::new());
        for round in 1..4 {
            alarm.wake_in(LIMIT, bell.waker(0));
            alarm.wake_in(SOON, bell.waker(round));
            assert_eq!(bell.next().0, round);
        }
        assert!(bell.is_silent());
    }

    #[test]
    fn the_longest_delay_is_a_delay() {
        let (alarm, bell) = (alarm(IDLE), Bell::new());
        alarm.wake_in(NEVER, bell.waker(1));
        alarm.wake_in(SOON, bell.waker(2));
        assert_eq!(bell.next().0, 2);
        assert!(bell.is_silent());
    }

    #[test]
    fn a_waker_that_panics_harms_nobody_else() {
        let (alarm, bell) = (alarm(IDLE), Bell::new());
        alarm.wake_in(SOON, act(|| panic!("as planned")));
        alarm.wake_in(SOON, bell.waker(1));
        alarm.wake_in(LATER, bell.waker(2));
        assert_eq!(bell.numbers(2), [1, 2]);
    }

    #[test]
    fn a_waker_may_ask_to_be_woken_again() {
        let (alarm, bell) = (alarm(IDLE), Bell::new());
        let again = bell.waker(2);
        let first = bell.waker(1);
        let asks = act(move || {
            first.wake_by_ref();
            alarm.wake_in(Duration::ZERO, again.clone());
        });
        alarm.wake_in(Duration::ZERO, asks);
        assert_eq!(bell.numbers(2), [1, 2]);
    }

    #[test]
    fn a_waker_may_ask_for_another_when_it_is_dropped() {
        struct Asks(&'static Alarm, Waker);
        impl Wake for Asks {
            fn wake(self: Arc<Self>) {}
        }
        impl Drop for Asks {
            fn drop(&mut self) {
                self.0.wake_in(Duration::ZERO, self.1.clone());
            }
        }
        let (alarm, bell) = (alarm(IDLE), Bell::new());
        let asks = Arc::new(Asks(alarm, bell.waker(1)));
        alarm.wake_in(Duration::ZERO, asks.into());
        assert_eq!(bell.next().0, 1);
    }

    #[test]
    fn the_thread_ends_when_nobody_needs_it_and_comes_back() {
        let (alarm, bell) = (alarm(Duration::ZERO), Bell::new());
        for round in 0..3 {
            alarm.wake_in(SOON, bell.waker(round));
            assert_eq!(bell.next().0, round);
            until(|| lock(&alarm.pending).thread.has_ended());
        }
    }

    #[test]
    fn the_thread_stays_while_somebody_waits() {
        let (alarm, bell) = (alarm(Duration::ZERO), Bell::new());
        alarm.wake_in(NEVER, bell.waker(0));
        let next = |number| {
            alarm.wake_in(SOON, bell.waker(number));
            bell.next()
        };
        let (first, second) = (next(1), next(2));
        assert_eq!((first.0, second.0), (1, 2));
        assert_eq!(first.1, second.1, "another thread");
    }

    #[test]
    fn without_a_thread_all_are_woken_at_once() {
        let alarm: &Alarm = Box::leak(Box::new(Alarm::new(IDLE, no_thread)));
        let bell = Bell::new();
        lock(&alarm.pending).add(Instant::now() + LIMIT, bell.waker(1));
        alarm.wake_in(LIMIT, bell.waker(2));
        let mut both = [bell.next(), bell.next()];
        both.sort_by_key(|(number, ..)| *number);
        assert_eq!(both.map(|(number, ..)| number), [1, 2]);
        assert_eq!(both[0].1, thread::current().id());
        assert!(lock(&alarm.pending).calls.is_empty());
    }

    #[test]
    fn a_child_that_lost_the_thread_has_one_again_when_it_asks() {
        let (alarm, bell) = (alarm(IDLE), Bell::new());
        {
            let mut pending = lock(&alarm.pending);
            assert!(pending.thread.start(|| {}));
            pending.add(Instant::now(), bell.waker(1));
            pending.thread.lose();
        }
        alarm.wake_in(SOON, bell.waker(2));
        assert_eq!(bell.numbers(2), [1, 2]);
    }

    #[test]
    fn a_thread_that_ends_can_still_ask() {
        struct Last(Waker);
        impl Drop for Last {
            fn drop(&mut self) {
                wake_in(SOON, self.0.clone());
            }
        }
        thread_local!(static LAST: std::cell::OnceCell<Last> = const { std::cell::OnceCell::new() });
        let bell = Bell::new();
        let waker = bell.waker(1);
        let thread = thread::spawn(|| LAST.with(|last| last.set(Last(waker)).is_ok()));
        assert!(thread.join().expect("it ends well"));
        assert_eq!(bell.next().0, 1);
    }
}
