//! How followers wait for a flight to end, blocking or not.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::sync::{Arc, PoisonError};
use std::task::{Context, Poll, Waker};

use super::graph::Edge;
use super::permit::Writing;
use super::{Cargo, Flight, FlightId};
use crate::sync::{Condvar, Mutex, lock};

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
}

impl Signal {
    pub(super) fn raise(&self, landing: Landing) {
        let (wakers, is_blocking) = {
            let mut state = lock(&self.state);
            state.landing = Some(landing);
            (std::mem::take(&mut state.wakers), state.is_blocking)
        };
        if is_blocking {
            self.changed.notify_all();
        }
        wake_all(wakers);
    }

    /// A number for somebody who is going to wait.
    fn enrol(&self) -> u64 {
        let mut state = lock(&self.state);
        state.followers += 1;
        state.followers
    }

    fn wait(&self) -> Landing {
        let mut state = lock(&self.state);
        loop {
            if let Some(landing) = &state.landing {
                return landing.clone();
            }
            state.is_blocking = true;
            state = self
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Wakers are the executor's code: cloned and dropped under no lock.
    fn poll(&self, follower: u64, waker: &Waker) -> Poll<Landing> {
        let mut waker = waker.clone();
        let mut state = lock(&self.state);
        if let Some(landing) = &state.landing {
            return Poll::Ready(landing.clone());
        }
        match state
            .wakers
            .iter_mut()
            .find(|(number, _)| *number == follower)
        {
            Some((_, known)) => std::mem::swap(known, &mut waker),
            None => {
                state.wakers.push((follower, waker));
                return Poll::Pending;
            }
        }
        drop(state);
        drop(waker);
        Poll::Pending
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

/// Somebody who waits for a leader, or for a writing: [`wait`](Follow::wait), or `await` it. Dropping it is free.
pub(crate) struct Follow {
    awaited: Awaited,
    number: u64,
    _edge: Option<Edge>,
}

enum Awaited {
    Flight(Arc<Flight>),
    Writing(Arc<Writing>),
}

impl Follow {
    pub(super) fn new(flight: Arc<Flight>, edge: Option<Edge>) -> Self {
        Self {
            number: flight.signal.enrol(),
            awaited: Awaited::Flight(flight),
            _edge: edge,
        }
    }

    pub(super) fn of_writing(writing: &Arc<Writing>) -> Self {
        Self {
            number: writing.signal.enrol(),
            awaited: Awaited::Writing(writing.clone()),
            _edge: None,
        }
    }

    pub(crate) fn wait(self) -> Landing {
        self.signal().wait()
    }

    /// The flight that is followed, and what its leader shares, if that is more than an outcome.
    pub(crate) fn cargo(&self) -> Option<(FlightId, Cargo)> {
        match &self.awaited {
            Awaited::Flight(flight) => Some((flight.id, flight.cargo.clone()?)),
            Awaited::Writing(_) => None,
        }
    }

    fn signal(&self) -> &Signal {
        match &self.awaited {
            Awaited::Flight(flight) => &flight.signal,
            Awaited::Writing(writing) => &writing.signal,
        }
    }
}

impl Future for Follow {
    type Output = Landing;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Landing> {
        self.signal().poll(self.number, context.waker())
    }
}

impl Drop for Follow {
    fn drop(&mut self) {
        let left = {
            let mut state = lock(&self.signal().state);
            let at = state
                .wakers
                .iter()
                .position(|(number, _)| *number == self.number);
            at.map(|at| state.wakers.swap_remove(at))
        };
        drop(left);
    }
}

#[cfg(all(test, not(shuttle)))]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::task::Wake;

    use super::*;

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
        assert!(signal.poll(1, &first).is_pending());
        drop(first);
        assert!(signal.poll(1, Waker::noop()).is_pending());
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
        assert!(signal.poll(1, &Waker::from(Arc::new(Panics))).is_pending());
        assert!(signal.poll(2, &Waker::from(woken.clone())).is_pending());
        let raised = catch_unwind(AssertUnwindSafe(|| signal.raise(Landing::Each)));
        assert!(raised.is_err(), "the panic goes on");
        assert!(woken.0.load(Ordering::SeqCst));
    }
}
