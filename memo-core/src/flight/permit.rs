//! Writing to a backend, in an order with invalidations.
//!
//! A store in this process is changed under the lock of a shard. Writing to a backend takes longer than a lock may be held, so whoever writes
//! has a [`Permit`]. An invalidation voids what is being computed, waits for the permits of its key, and deletes afterwards: what is
//! written late is deleted, and what is computed late is not written. At last it [voids](Flights::invalidate) the flights that began meanwhile,
//! which may have fetched what was deleted a moment later: whoever calls after the invalidation does not join them.
//!
//! Nobody waits for an asynchronous writer, which may need this very thread, or task, to go on. Its permit is revoked instead: it deletes what
//! it wrote, and until then what is in the backend is [suspect](Flights::is_suspect), and not served in this process. So it is with a writer on
//! the very thread: a backend, an observer or a `Drop` that runs while it writes may change what is being written.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::{FlightId, Flights, Follow, Heart, Landing, Lead, OwnedKey, Shard, Signal, Ticket};
use crate::context;
use crate::near::KeyRef;
use crate::registry::ScopeId;
use crate::sync::{ThreadId, thread};
use crate::waits::Waits;

/// The right to write one key to a backend now. Dropped when the writing is over, however it ended.
pub(crate) struct Permit {
    writing: Arc<Writing>,
    flights: Flights,
}

/// A writing under way.
pub(super) struct Writing {
    key: OwnedKey,
    waits: Waits,
    /// Where it began. A blocking writer stays there.
    thread: ThreadId,
    revoked: AtomicBool,
    pub(super) signal: Signal,
}

impl Writing {
    /// Whether it ends by itself while this thread waits.
    fn ends_elsewhere(&self) -> bool {
        self.waits == Waits::Blocking && self.thread != thread::current().id()
    }

    pub(super) fn revoke(&self) {
        self.revoked.store(true, Ordering::Release);
    }
}

impl Permit {
    /// Whether an invalidation came meanwhile that could not wait: what was written must be deleted.
    pub(crate) fn is_revoked(&self) -> bool {
        self.writing.revoked.load(Ordering::Acquire)
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.flights
            .shard(self.writing.key.hash)
            .writing
            .retain(|writing| !Arc::ptr_eq(writing, &self.writing));
        self.writing.signal.raise(Landing::Each);
    }
}

/// What gives the right to store.
pub(crate) enum Right {
    Lead(Lead),
    Alone(Ticket),
    Spent,
}

impl Right {
    /// The permit to write, unless what was computed is not valid any more.
    pub(crate) fn permit(
        &self,
        flights: &Flights,
        key: &KeyRef<'_>,
        waits: Waits,
    ) -> Option<Permit> {
        match self {
            Self::Lead(lead) => lead.permit(waits),
            Self::Alone(ticket) => flights.permit(ticket, key, waits),
            Self::Spent => None,
        }
    }

    /// What an asynchronous leader says when it is polled.
    pub(crate) fn heart(&self) -> Option<Arc<Heart>> {
        match self {
            Self::Lead(lead) => lead.heart(),
            Self::Alone(_) | Self::Spent => None,
        }
    }

    /// The flight that it leads.
    pub(crate) fn leading(&self) -> Option<FlightId> {
        match self {
            Self::Lead(lead) => Some(lead.id()),
            Self::Alone(_) | Self::Spent => None,
        }
    }
}

impl Lead {
    /// The permit to write, unless the flight was voided.
    pub(super) fn permit(&self, waits: Waits) -> Option<Permit> {
        let key = &self.flight.key;
        let mut shard = self.flights.shard(key.hash);
        shard
            .stands(&self.flight)
            .then(|| shard.begin_writing(&self.flights, key.clone(), waits))
    }
}

impl Flights {
    /// The permit to write what was computed under a ticket, unless something was invalidated meanwhile.
    pub(super) fn permit(&self, ticket: &Ticket, key: &KeyRef<'_>, waits: Waits) -> Option<Permit> {
        let mut shard = self.shard(key.hash);
        (shard.epoch == ticket.epoch).then(|| shard.begin_writing(self, key.into(), waits))
    }

    /// Has those who are writing `key` delete what they write; answers whether there are any.
    pub(crate) fn revoke(&self, key: &KeyRef<'_>) -> bool {
        let shard = self.shard(key.hash);
        let writings = shard.writing.iter().filter(|writing| writing.key.is(key));
        writings.map(|writing| writing.revoke()).count() > 0
    }

    /// Whether somebody is writing a value that an invalidation could not wait for: what is in the backend may be that.
    pub(crate) fn is_suspect(&self, key: &KeyRef<'_>) -> bool {
        let shard = self.shard(key.hash);
        let mut writings = shard.writing.iter();
        writings.any(|writing| writing.key.is(key) && writing.revoked.load(Ordering::Acquire))
    }

    /// Voids what is being computed for `key`; answers the writings to wait for before anything is deleted.
    pub(crate) fn void(&self, key: &KeyRef<'_>) -> Vec<Follow> {
        let mut shard = self.shard(key.hash);
        shard.void(key);
        shard.stop_writing(|written| written.is(key), self.own_limit())
    }

    fn own_limit(&self) -> Duration {
        self.limit(!context::leading().is_empty())
    }

    /// Takes the flights of `scope` out of the table.
    pub(crate) fn retire_scope(&self, scope: ScopeId) {
        for shard in self.shards.iter() {
            super::lock(shard).void_scope(scope);
        }
    }

    /// Voids what is being computed for `key` and gives the right to write another value, once the writings are over that stand beside it.
    pub(crate) fn seize(&self, key: &KeyRef<'_>, waits: Waits) -> (Permit, Vec<Follow>) {
        let mut shard = self.shard(key.hash);
        shard.void(key);
        let before = shard.stop_writing(|written| written.is(key), self.own_limit());
        (shard.begin_writing(self, key.into(), waits), before)
    }

    /// Voids what is being computed in `scope`; answers the writings to wait for. What landed before is in the store when this returns.
    pub(crate) fn void_scope(&self, scope: ScopeId) -> Vec<Follow> {
        let (mut writings, limit) = (Vec::new(), self.own_limit());
        for shard in self.shards.iter() {
            let mut shard = super::lock(shard);
            shard.void_scope(scope);
            writings.extend(shard.stop_writing(|written| written.scope == scope, limit));
        }
        writings
    }
}

impl Shard {
    fn begin_writing(&mut self, flights: &Flights, key: OwnedKey, waits: Waits) -> Permit {
        let writing = Arc::new(Writing {
            key,
            waits,
            thread: thread::current().id(),
            revoked: AtomicBool::new(false),
            signal: Signal::default(),
        });
        self.writing.push(writing.clone());
        Permit {
            writing,
            flights: flights.clone(),
        }
    }

    /// The writings of certain keys: those of blocking writers on other threads as an answer, to be waited for; the others are revoked.
    fn stop_writing(&self, concerns: impl Fn(&OwnedKey) -> bool, limit: Duration) -> Vec<Follow> {
        let concerned = self.writing.iter().filter(|writing| concerns(&writing.key));
        let (awaited, others): (Vec<_>, Vec<_>) =
            concerned.partition(|writing| writing.ends_elsewhere());
        for writing in others {
            writing.revoke();
        }
        let wait = |writing| Follow::of_writing(writing, limit);
        awaited.into_iter().map(wait).collect()
    }
}
