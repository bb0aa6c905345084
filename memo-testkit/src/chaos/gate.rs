//! Where operations wait until the test lets them go.

use std::pin::Pin;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use memo_core::Waits;

#[derive(Debug, Default)]
pub(super) struct Gate {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// How often the gate was opened.
    openings: u64,
    /// How many wait for the next opening.
    waiting: usize,
    wakers: Vec<Waker>,
}

impl Gate {
    /// Lets everybody go who waits now.
    pub(super) fn open(&self) {
        let wakers = {
            let mut state = self.lock();
            state.openings += 1;
            state.waiting = 0;
            std::mem::take(&mut state.wakers)
        };
        self.changed.notify_all();
        wakers.into_iter().for_each(Waker::wake);
    }

    /// Blocks until so many wait at the gate.
    pub(super) fn wait_until_waiting(&self, many: usize) {
        let state = self.lock();
        drop(
            self.changed
                .wait_while(state, |state| state.waiting < many)
                .unwrap_or_else(PoisonError::into_inner),
        );
    }

    /// Waits for the next opening: the thread, or the task.
    pub(super) async fn pass(&self, waits: Waits) {
        let ticket = self.arrive();
        match waits {
            Waits::Blocking => self.block(ticket.opening),
            Waits::Async => ticket.await,
        }
    }

    fn arrive(&self) -> Ticket<'_> {
        let mut state = self.lock();
        state.waiting += 1;
        self.changed.notify_all();
        Ticket {
            gate: self,
            opening: state.openings,
        }
    }

    fn block(&self, opening: u64) {
        let state = self.lock();
        drop(
            self.changed
                .wait_while(state, |state| state.openings == opening)
                .unwrap_or_else(PoisonError::into_inner),
        );
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One who waits; no longer, if it is dropped.
struct Ticket<'a> {
    gate: &'a Gate,
    opening: u64,
}

impl Future for Ticket<'_> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut state = self.gate.lock();
        if state.openings != self.opening {
            return Poll::Ready(());
        }
        state.wakers.push(context.waker().clone());
        Poll::Pending
    }
}

impl Drop for Ticket<'_> {
    fn drop(&mut self) {
        let mut state = self.gate.lock();
        if state.openings == self.opening {
            state.waiting -= 1;
        }
    }
}
