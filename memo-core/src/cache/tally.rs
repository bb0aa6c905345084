//! What calls and sequences have in common to tell of what happened to them: a counter each, and an event.

use std::sync::atomic::Ordering;
use std::time::Duration;

use super::{Cache, Delivered};
use crate::backend::Answer;
use crate::event::{Event, Miss, Operation, Unstored};
use crate::far::{Far, Problem, Refusal};
use crate::site::State;

impl Cache {
    /// A key could not be made.
    pub(crate) fn key_failed(&self, state: &'static State) {
        state.counters.faults.add(1);
        self.emit(|| Event::KeyFailed {
            function: &state.name,
        });
    }

    /// A call found nothing to serve.
    pub(crate) fn missed(&self, state: &'static State, reason: Miss) {
        state.counters.misses.add(1);
        self.emit(|| Event::Miss {
            function: &state.name,
            reason,
        });
    }

    /// A blocking operation is about to go to a backend. In debug builds it is told once where that holds up a runtime.
    ///
    /// Not on standard error: it is advice, and a library has no business there.
    pub(crate) fn blocks(&self, state: &'static State, far: &Far) {
        if !cfg!(debug_assertions) || far.capability.in_process || state.told.has_blocked() {
            return;
        }
        if far.backend.is_on_runtime() && state.told.blocks_first() {
            self.emit(|| Event::BlockedRuntime {
                function: &state.name,
                backend: far.backend.kind(),
            });
        }
    }

    /// A call found an entry that it is not served.
    pub(crate) fn refused(&self, state: &'static State, refusal: Refusal) {
        state.counters.refuse(refusal.reject);
        if let Some(writer) = refusal.writer {
            self.tell(state, &Problem::SharedKey { with: &writer.name });
        }
    }

    /// Another call's computation answers a call, which is a miss if it was not counted as one before.
    pub(crate) fn joined(&self, state: &'static State, is_counted: bool) {
        if !is_counted {
            state.counters.misses.add(1);
        }
        state.counters.joined.add(1);
        self.emit(|| Event::Joined {
            function: &state.name,
        });
    }

    /// A body ran to its end.
    pub(crate) fn computed(&self, state: &'static State, took: Duration) {
        state.counters.computed(took);
        self.0.computed.fetch_add(1, Ordering::Relaxed);
        self.emit(|| Event::Computed {
            function: &state.name,
            took,
        });
    }

    /// A call got the lease of what it computes.
    pub(crate) fn leased(&self, state: &'static State) {
        state.counters.leased.add(1);
        self.emit(|| Event::Leased {
            function: &state.name,
        });
    }

    /// Another process computes what a call wants.
    pub(crate) fn lease_held(&self, state: &'static State) {
        state.counters.lease_waits.add(1);
        self.emit(|| Event::LeaseHeld {
            function: &state.name,
        });
    }

    /// A call has waited for another process for so long that it computes as well.
    pub(crate) fn lease_joined(&self, state: &'static State) {
        self.emit(|| Event::LeaseJoined {
            function: &state.name,
        });
    }

    /// A call has kept a lease for as long as it may.
    pub(crate) fn lease_ended(&self, state: &'static State) {
        self.emit(|| Event::LeaseEnded {
            function: &state.name,
        });
    }

    /// A body was dropped before its end.
    pub(crate) fn abandoned(&self, state: &'static State) {
        state.counters.abandoned.add(1);
        self.emit(|| Event::Abandoned {
            function: &state.name,
        });
    }

    pub(crate) fn stored(&self, state: &'static State, weight: usize, evicted: usize) {
        state.counters.stored.add(1);
        self.emit(|| Event::Stored {
            function: &state.name,
            weight,
            evicted,
        });
    }

    pub(crate) fn unstored(&self, state: &'static State, reason: Unstored) {
        state.counters.unstored.add(1);
        self.emit(|| Event::Unstored {
            function: &state.name,
            reason,
        });
    }

    /// A backend answered for what it was to store of an entry, which no call has computed.
    pub(crate) fn placed(&self, state: &'static State, answer: Answer<Delivered>) {
        let function = &state.name;
        let unstored = |reason| Event::Unstored { function, reason };
        match answer {
            Ok(Delivered::Stored { weight }) => {
                state.counters.bytes_written.add(weight as u64);
                self.emit(|| Event::Stored {
                    function,
                    weight,
                    evicted: 0,
                });
            }
            Ok(Delivered::Unstored(reason)) => self.emit(|| unstored(reason)),
            Ok(Delivered::NotRemoved(reason, fault)) => {
                self.report_fault(state, Operation::Delete, fault);
                self.emit(|| unstored(reason));
            }
            Err(fault) => self.report_fault(state, Operation::Set, fault),
        }
    }

    /// A backend answered for what it was to store.
    pub(crate) fn delivered(&self, state: &'static State, answer: Answer<Delivered>) {
        match answer {
            Ok(Delivered::Stored { weight }) => {
                state.counters.bytes_written.add(weight as u64);
                self.stored(state, weight, 0);
            }
            Ok(Delivered::Unstored(reason)) => self.unstored(state, reason),
            Ok(Delivered::NotRemoved(reason, fault)) => {
                self.report_fault(state, Operation::Delete, fault);
                self.unstored(state, reason);
            }
            Err(fault) => {
                self.report_fault(state, Operation::Set, fault);
                self.unstored(state, Unstored::Fault);
            }
        }
    }
}
