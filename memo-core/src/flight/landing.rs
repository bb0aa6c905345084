//! How followers wait for a flight to end, blocking or not, and when they wait no longer.
//!
//! A wait ends with the flight, or when its leader makes no progress: an asynchronous leader that is not polled though it was woken, or
//! whose task has turned to something else ([`pulse`](super::pulse)); and where nothing can be seen, when the time is over. Then one of those who
//! wait takes the lead as well, and the time of the others begins anew.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::sync::{Arc, Weak};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

use super::graph::{self, Edge};
use super::permit::Writing;
use super::pulse::Seen;
use super::{Cargo, Flight, FlightId};
use crate::alarm;
use crate::context;
use crate::sync::{Condvar, Mutex, lock, wait_at_most};

/// How a flight ended.
#[derive(Clone)]
pub(crate) enum Landing {
    /// With an outcome for everybody.
    Shared(Arc<dyn Any + Send + Sync>),
    /// With an outcome that cannot be copied: the followers compute for themselves, all at once.
    Each,
    /// Without an outcome: somebody else has to lead.
    Abandoned,
}

/// What came of waiting.
pub(crate) enum Waited {
    Landed(Landing),
    /// There is no progress: whoever is told goes on instead, and nobody else is told for as long again.
    Stalled(Stalled),
}

/// A wait that was given up.
pub(crate) struct Stalled {
    awaited: Awaited,
    /// How long it was.
    pub(crate) after: Duration,
}

/// Where a flight's end is announced.
#[derive(Default)]
pub(super) struct Signal {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    landing: Option<Landing>,
    /// One waker for each follower that awaits, by the follower's number.
    wakers: Vec<(u64, Waker)>,
    followers: u64,
    /// Whether a follower blocks: to notify nobody is a call of the system all the same.
    is_blocking: bool,
    /// When somebody went on in the leader's place, or the leader itself after an excuse.
    anew: Option<Instant>,
    /// Whether the leader waits for something that is known to end.
    is_excused: bool,
    /// When the followers that await are woken to look again.
    look: Option<Instant>,
}

/// How much is left of a wait that may be so long and began then, or anew when somebody else gave up; `None` where that was long enough.
pub(crate) fn left(limit: Duration, began: Instant, anew: Option<Instant>) -> Option<Duration> {
    let since = anew.map_or(began, |anew| anew.max(began));
    let left = limit.checked_sub(since.elapsed())?;
    (!left.is_zero()).then_some(left)
}

impl State {
    /// How much longer this one waits; `None` where that was long enough.
    fn left(&self, waiter: &Waiter) -> Option<Duration> {
        if self.is_excused {
            return Some(waiter.limit.max(OFTEN));
        }
        left(waiter.limit, waiter.began, self.anew)
    }

    fn take_waker(&mut self, follower: u64) -> Option<Waker> {
        let wakers = &mut self.wakers;
        let at = wakers.iter().position(|(number, _)| *number == follower)?;
        Some(wakers.swap_remove(at).1)
    }
}

impl Signal {
    /// Tells everybody, unless that has been done.
    pub(super) fn raise(&self, landing: Landing) {
        let (wakers, is_blocking) = {
            let mut state = lock(&self.state);
            state.landing.get_or_insert(landing);
            (std::mem::take(&mut state.wakers), state.is_blocking)
        };
        if is_blocking {
            self.changed.notify_all();
        }
        wake_all(wakers);
    }

    /// Says that the leader waits for something that is known to end, or has done so: nobody gives up meanwhile.
    pub(super) fn excuse(&self, is_excused: bool) {
        let mut state = lock(&self.state);
        state.is_excused = is_excused;
        state.anew = Some(Instant::now());
    }

    /// Somebody who is going to wait.
    fn enrol(&self, limit: Duration) -> Waiter {
        let mut state = lock(&self.state);
        state.followers += 1;
        Waiter {
            number: state.followers,
            began: Instant::now(),
            limit,
        }
    }

    /// `None` where the wait is given up.
    fn wait(&self, waiter: &Waiter) -> Option<Landing> {
        let mut state = lock(&self.state);
        loop {
            if let Some(landing) = &state.landing {
                return Some(landing.clone());
            }
            let Some(left) = state.left(waiter) else {
                state.anew = Some(Instant::now());
                return None;
            };
            state.is_blocking = true;
            state = wait_at_most(&self.changed, state, left);
        }
    }

    /// Ready without a landing where the wait is given up.
    fn poll(&self, waiter: &Waiter, waker: &Waker, stalls: Option<Seat>) -> Poll<Option<Landing>> {
        let waker = waker.clone();
        let mut state = lock(&self.state);
        if let Some(landing) = &state.landing {
            return Poll::Ready(Some(landing.clone()));
        }
        let is_stalled = stalls.is_some_and(|seat| seat.anew == state.anew);
        if is_stalled || state.left(waiter).is_none() {
            state.anew = Some(Instant::now());
            return Poll::Ready(None);
        }
        let known = state.take_waker(waiter.number);
        state.wakers.push((waiter.number, waker));
        drop(state);
        drop(known);
        Poll::Pending
    }

    /// When to look next, if nobody is woken before that.
    fn next_look(&self, waiter: &Waiter, pause: Duration) -> Option<Duration> {
        let mut state = lock(&self.state);
        let pause = pause.min(state.left(waiter).unwrap_or_default());
        let at = Instant::now() + pause;
        if state.look.is_some_and(|set| set <= at) {
            return None;
        }
        state.look = Some(at);
        Some(pause)
    }

    fn look_again(&self) {
        let wakers = {
            let mut state = lock(&self.state);
            state.look = None;
            std::mem::take(&mut state.wakers)
        };
        wake_all(wakers);
    }
}

/// Wakes everybody, also when waking somebody panics; that panic goes on afterwards.
pub(crate) fn wake_all(wakers: Vec<(u64, Waker)>) {
    let mut panics = wakers
        .into_iter()
        .filter_map(|(_, waker)| catch_unwind(AssertUnwindSafe(|| waker.wake())).err())
        .collect::<Vec<_>>();
    if let Some(first) = panics.pop()
        && !std::thread::panicking()
    {
        resume_unwind(first);
    }
}

/// Has those who await a flight look again, if there is somebody still.
struct Bell(Weak<Flight>);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        if let Some(flight) = self.0.upgrade() {
            flight.signal.look_again();
        }
    }
}

/// Somebody who waits for a leader, or for a writing: [`wait`](Follow::wait), or `await` it. Dropping it is free.
pub(crate) struct Follow {
    awaited: Awaited,
    waiter: Waiter,
    seat: Seat,
    _edge: Option<Edge>,
}

/// Who waits, since when, and for how long.
struct Waiter {
    number: u64,
    began: Instant,
    limit: Duration,
}

#[derive(Clone)]
enum Awaited {
    Flight(Arc<Flight>),
    Writing(Arc<Writing>),
}

/// What somebody who awaits has seen of the leader so far.
#[derive(Clone, Copy, Default)]
struct Seat {
    anew: Option<Instant>,
    /// The number of the leader's polls when the task was asked for a turn.
    asked: Option<u64>,
    /// How often the leader was due, one time after the other.
    due: u32,
    /// How often it was not.
    calm: u32,
}

/// How often a follower looks at a leader that is due, and how many times before it is not waited for any more: about a fifth of a second on a machine that
/// has time. On one that has none a look comes late, as the leader's poll does.
const OFTEN: Duration = Duration::from_millis(25);
const LOOKS: u32 = 8;
/// The longest pause between two looks at a leader that is not due.
const SELDOM: Duration = Duration::from_millis(400);

impl Follow {
    pub(super) fn new(flight: Arc<Flight>, edge: Option<Edge>, limit: Duration) -> Self {
        Self {
            waiter: flight.signal.enrol(limit),
            awaited: Awaited::Flight(flight),
            seat: Seat::default(),
            _edge: edge,
        }
    }

    pub(super) fn of_writing(writing: &Arc<Writing>, limit: Duration) -> Self {
        Self {
            waiter: writing.signal.enrol(limit),
            awaited: Awaited::Writing(writing.clone()),
            seat: Seat::default(),
            _edge: None,
        }
    }

    pub(crate) fn wait(self) -> Waited {
        let landing = self.signal().wait(&self.waiter);
        self.waited(landing)
    }

    fn waited(&self, landing: Option<Landing>) -> Waited {
        match landing {
            Some(landing) => Waited::Landed(landing),
            None => Waited::Stalled(Stalled {
                awaited: self.awaited.clone(),
                after: self.waiter.began.elapsed(),
            }),
        }
    }

    /// The flight that is followed, and what its leader shares, if that is more than an outcome.
    pub(crate) fn cargo(&self) -> Option<(FlightId, Cargo)> {
        match &self.awaited {
            Awaited::Flight(flight) => Some((flight.id, flight.cargo.clone()?)),
            Awaited::Writing(_) => None,
        }
    }

    /// Lets the bodies that run on this thread wait for what may have been followed from elsewhere; `None` if that would never end.
    pub(crate) fn again(&self) -> Option<Self> {
        let Awaited::Flight(flight) = &self.awaited else {
            return None;
        };
        let edge = graph::wait(&context::leading(), flight.id)?;
        Some(Self::new(flight.clone(), edge, self.waiter.limit))
    }

    /// How long it waits at the most.
    pub(crate) fn limit(&self) -> Duration {
        self.waiter.limit
    }

    fn signal(&self) -> &Signal {
        match &self.awaited {
            Awaited::Flight(flight) => &flight.signal,
            Awaited::Writing(writing) => &writing.signal,
        }
    }

    /// Looks at the leader: whether it has stopped, and when to look again.
    pub(crate) fn look(&mut self, waker: &Waker) -> (bool, Duration) {
        let Awaited::Flight(flight) = &self.awaited else {
            return (false, SELDOM);
        };
        let anew = lock(&flight.signal.state).anew;
        if self.seat.anew != anew {
            self.seat = Seat {
                anew,
                ..Seat::default()
            };
        }
        let Some(seen) = flight.pulse.look(waker) else {
            return (false, OFTEN);
        };
        let has_stopped = self.seat.has_stopped(&seen);
        if self.seat.asked == Some(seen.polls) && !has_stopped {
            waker.wake_by_ref();
        }
        (has_stopped, self.seat.pause())
    }
}

impl Seat {
    fn has_stopped(&mut self, seen: &Seen) -> bool {
        if seen.is_due {
            self.due += 1;
            self.calm = 0;
        } else {
            self.due = 0;
            self.calm += 1;
        }
        if seen.is_here && self.asked == Some(seen.polls) {
            // The task has had a turn, in which it polled this follower and not the leader.
            return true;
        }
        // A task is asked for a turn when it begins to wait, and when the leader is due.
        let asks = seen.is_here && (seen.is_due || self.asked.is_none());
        self.asked = match asks {
            true => Some(seen.polls),
            false => self.asked.map(|_| u64::MAX),
        };
        self.due > LOOKS
    }

    fn pause(&self) -> Duration {
        match self.due {
            0 => (OFTEN * (1 << self.calm.min(4))).min(SELDOM),
            _ => OFTEN,
        }
    }
}

impl Future for Follow {
    type Output = Waited;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Waited> {
        let waker = context.waker();
        let (has_stopped, pause) = self.look(waker);
        let stalls = has_stopped.then_some(self.seat);
        let landing = self.signal().poll(&self.waiter, waker, stalls);
        if let Poll::Ready(landing) = landing {
            return Poll::Ready(self.waited(landing));
        }
        if let Awaited::Flight(flight) = &self.awaited
            && let Some(pause) = flight.signal.next_look(&self.waiter, pause)
        {
            let bell = Bell(Arc::downgrade(flight));
            alarm::wake_in(pause, Arc::new(bell).into());
        }
        Poll::Pending
    }
}

impl Drop for Follow {
    fn drop(&mut self) {
        let left = lock(&self.signal().state).take_waker(self.waiter.number);
        drop(left);
    }
}

impl Stalled {
    /// The flight that is to be led anew.
    pub(super) fn flight(&self) -> Option<&Arc<Flight>> {
        match &self.awaited {
            Awaited::Flight(flight) => Some(flight),
            Awaited::Writing(_) => None,
        }
    }

    /// Has what is being written deleted by whoever writes it.
    pub(crate) fn revoke(&self) {
        if let Awaited::Writing(writing) = &self.awaited {
            writing.revoke();
        }
    }
}

#[cfg(all(test, not(shuttle)))]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::task::Wake;

    use super::*;

    fn is_waiting(signal: &Signal, number: u64, waker: &Waker) -> bool {
        let waiter = Waiter {
            number,
            began: Instant::now(),
            limit: Duration::MAX,
        };
        signal.poll(&waiter, waker, None).is_pending()
    }

    /// A waker that looks at the signal when it is dropped, as one that owns a follower would.
    struct Looks(Arc<Signal>);

    impl Wake for Looks {
        fn wake(self: Arc<Self>) {}
    }

    impl Drop for Looks {
        fn drop(&mut self) {
            assert!(self.0.state.try_lock().is_ok(), "dropped under the lock");
        }
    }

    #[test]
    fn a_waker_that_is_replaced_is_dropped_under_no_lock() {
        let signal = Arc::new(Signal::default());
        let first = Waker::from(Arc::new(Looks(signal.clone())));
        assert!(is_waiting(&signal, 1, &first));
        drop(first);
        assert!(is_waiting(&signal, 1, Waker::noop()));
    }

    const MINUTE: Duration = Duration::from_secs(60);

    /// Two who have waited for long enough.
    fn overdue(signal: &Signal) -> [Waiter; 2] {
        let waiter = || Waiter {
            began: Instant::now() - MINUTE,
            ..signal.enrol(MINUTE)
        };
        [waiter(), waiter()]
    }

    #[test]
    fn the_time_of_the_others_begins_anew_when_one_has_waited_for_long_enough() {
        let signal = Signal::default();
        let [first, second] = overdue(&signal);
        let poll = |waiter| signal.poll(waiter, Waker::noop(), None);
        assert!(matches!(poll(&first), Poll::Ready(None)));
        assert!(poll(&second).is_pending());
        let signal = Signal::default();
        let [first, second] = overdue(&signal);
        assert!(signal.wait(&first).is_none());
        assert!(lock(&signal.state).left(&second).is_some());
    }

    #[test]
    fn who_has_seen_a_leader_stop_goes_on_unless_another_has() {
        let signal = Signal::default();
        let [first, second] = [(); 2].map(|()| signal.enrol(MINUTE));
        let seen = Seat::default();
        let poll = |waiter| signal.poll(waiter, Waker::noop(), Some(seen));
        assert!(matches!(poll(&first), Poll::Ready(None)));
        assert!(poll(&second).is_pending());
    }

    struct Panics;

    impl Wake for Panics {
        fn wake(self: Arc<Self>) {
            panic!("as planned");
        }
    }

    #[derive(Default)]
    struct Woken(AtomicBool);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.store(true, Ordering::SeqCst);
        }
    }

    #[test]
    fn a_waker_that_panics_keeps_nobody_asleep() {
        let signal = Signal::default();
        let woken = Arc::new(Woken::default());
        assert!(is_waiting(&signal, 1, &Waker::from(Arc::new(Panics))));
        assert!(is_waiting(&signal, 2, &Waker::from(woken.clone())));
        let raised = catch_unwind(AssertUnwindSafe(|| signal.raise(Landing::Each)));
        assert!(raised.is_err(), "the panic goes on");
        assert!(woken.0.load(Ordering::SeqCst));
    }
}
