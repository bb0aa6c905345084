//! Those who wait for a connection, in the order in which they came.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::MOST_DEADLINES;
use crate::Deadline;
use crate::deadline::later;

/// Those who wait. Under the pool's lock.
pub(super) struct Line<C> {
    seats: VecDeque<Arc<Seat<C>>>,
    /// When a connection last came back from somebody who was served, while others waited.
    progress: Option<Instant>,
}

/// Where one waits to be called.
pub(super) struct Seat<C> {
    given: Mutex<Option<Place<C>>>,
    called: Condvar,
}

/// A place in the pool, and the idle connection that was on it, if any.
pub(super) struct Place<C> {
    pub(super) idle: Option<C>,
    pub(super) generation: u64,
    /// Whether it comes from somebody who was served by the server.
    pub(super) was_served: bool,
}

impl<C> Line<C> {
    /// One more, behind the others.
    pub(super) fn join(&mut self) -> Arc<Seat<C>> {
        let seat = Arc::new(Seat {
            given: Mutex::new(None),
            called: Condvar::new(),
        });
        self.seats.push_back(Arc::clone(&seat));
        seat
    }

    /// Gives a place to the one who has waited longest; back, if nobody waits.
    pub(super) fn call(&mut self, place: Place<C>) -> Option<Place<C>> {
        let Some(first) = self.seats.pop_front() else {
            return Some(place);
        };
        if place.was_served {
            self.progress = Some(Instant::now());
        }
        *first.lock() = Some(place);
        first.called.notify_one();
        None
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.seats.len()
    }

    /// Goes, if it was not called yet.
    pub(super) fn leave(&mut self, seat: &Seat<C>) {
        self.seats
            .retain(|other| !std::ptr::eq(Arc::as_ptr(other), seat));
    }

    /// Until when one waits who has this deadline, as far as is known: one deadline after somebody was served since it came.
    pub(super) fn patience(&self, deadline: &Deadline) -> Option<Instant> {
        let progress = self.progress?;
        let has_seen = progress > deadline.begun();
        let end = later(progress, deadline.time()).min(Self::last(deadline));
        has_seen.then_some(end)
    }

    /// When one stops to wait who has this deadline, whatever comes.
    pub(super) fn last(deadline: &Deadline) -> Instant {
        let all = deadline.time().saturating_mul(MOST_DEADLINES);
        later(deadline.begun(), all)
    }
}

impl<C> Default for Line<C> {
    fn default() -> Self {
        Self {
            seats: VecDeque::new(),
            progress: None,
        }
    }
}

impl<C> Seat<C> {
    /// Waits until it is called, or until then.
    pub(super) fn wait(&self, until: Instant) -> Option<Place<C>> {
        let left = until.saturating_duration_since(Instant::now());
        let waits = |given: &mut Option<Place<C>>| given.is_none();
        let waited = self.called.wait_timeout_while(self.lock(), left, waits);
        let (mut given, _) = waited.unwrap_or_else(PoisonError::into_inner);
        given.take()
    }

    /// What it was given.
    pub(super) fn taken(&self) -> Option<Place<C>> {
        self.lock().take()
    }

    fn lock(&self) -> MutexGuard<'_, Option<Place<C>>> {
        self.given.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
