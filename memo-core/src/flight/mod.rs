//! Single flight: of the callers who miss one key at one time, one leads and the others follow.
//!
//! The table also decides which computed values may still be stored. An invalidation takes the flights of its key out of the
//! table; a leader that no longer finds its flight there knows that its value is from before.
//!
//! Invariants: a flight stands in the table from its beginning until it lands or is voided. Values are stored and removed with
//! the shard of their key locked, so a store and an invalidation of one key have an order. No user code runs under that lock:
//! what a change of the store drops waits until it is free.

mod graph;
#[cfg(all(test, shuttle))]
mod interleavings;
mod landing;
mod permit;
mod pulse;

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use crate::near::{DropLater, KeyRef};

use self::graph::Edge;
use self::landing::Signal;
pub(crate) use self::landing::{Follow, Landing, Stalled, Waited, left, wake_all};
use self::permit::Writing;
pub(crate) use self::permit::{Permit, Right};
use self::pulse::Pulse;
pub(crate) use self::pulse::{Heart, Turn};
use crate::context;
use crate::registry::ScopeId;
use crate::sync::{Mutex, MutexGuard, lock};
use crate::waits::Waits;

/// A flight's number, never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct FlightId(u64);

impl FlightId {
    fn next() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

/// Which callers can share one computation, beyond their key: those who want the same type and wait in the same way.
///
/// A thread that blocks for a future which only this thread would poll waits for ever, so the two kinds never meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Kind {
    pub(crate) outcome: TypeId,
    pub(crate) waits: Waits,
}

/// Whom a caller does not follow. Those flights are voided where the caller sets out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Avoid {
    Nobody,
    /// What is under way may have begun before the reason for the call.
    Everybody,
    /// Whose leader has stopped.
    One(FlightId),
}

/// What the leader of a flight has to share before it lands.
pub(crate) type Cargo = Arc<dyn Any + Send + Sync>;

/// What a caller who missed is to do.
pub(crate) enum Role {
    /// Compute; the others wait.
    Lead(Lead),
    /// Wait for the leader.
    Follow(Follow),
    /// Compute without being waited for: the leader waits, directly or not, for this very call.
    Alone(Ticket),
}

const SHARDS: usize = 32;

/// The part of the limit that a call waits which was made by a memoized body. Only such a call can be what its leader waits for, as far as
/// one can see; and those who wait for it wait as well.
const NESTED: u32 = 10;

/// The computations under way in one cache.
pub(crate) struct Flights {
    shards: Arc<[Mutex<Shard>; SHARDS]>,
    /// How long one call waits for another.
    limit: Duration,
}

#[derive(Default)]
struct Shard {
    /// By the hash of the key; usually one flight each.
    running: HashMap<u64, Vec<Arc<Flight>>>,
    /// What is being written to a backend at this moment.
    writing: Vec<Arc<Writing>>,
    /// Counts the invalidations, for those who compute without a flight.
    epoch: u64,
}

struct Flight {
    id: FlightId,
    key: OwnedKey,
    kind: Kind,
    cargo: Option<Cargo>,
    signal: Signal,
    pulse: Arc<Pulse>,
    /// Usually one; more where others have gone on in its place. Changed under the shard's lock.
    leaders: AtomicUsize,
}

#[derive(Clone, PartialEq, Eq)]
struct OwnedKey {
    hash: u64,
    scope: ScopeId,
    value_type: TypeId,
    instance: TypeId,
    bytes: Box<[u8]>,
}

impl Flights {
    /// `limit` is how long one call waits for another that shows no progress.
    pub(crate) fn new(limit: Duration) -> Self {
        Self {
            shards: Arc::new(std::array::from_fn(|_| Mutex::default())),
            limit,
        }
    }

    fn limit(&self, is_nested: bool) -> Duration {
        match is_nested {
            true => self.limit / NESTED,
            false => self.limit,
        }
    }

    /// Finds the caller's role. Where that is to lead, the followers get the cargo.
    pub(crate) fn begin(
        &self,
        key: &KeyRef<'_>,
        kind: Kind,
        avoid: Avoid,
        cargo: Option<Cargo>,
    ) -> Role {
        let stack = context::leading();
        let mut shard = self.shard(key.hash);
        match avoid {
            Avoid::Nobody => {}
            Avoid::Everybody => shard.void(key),
            Avoid::One(id) => drop(shard.remove(key.hash, |flight| flight.id == id)),
        }
        if let Some(flight) = shard.find(key, kind) {
            let limit = self.limit(!stack.is_empty());
            return match graph::wait(&stack, flight.id) {
                Some(edge) => Role::Follow(Follow::new(flight, edge, limit)),
                None => Role::Alone(Ticket { epoch: shard.epoch }),
            };
        }
        let flight = Arc::new(Flight {
            id: FlightId::next(),
            key: key.into(),
            kind,
            cargo,
            signal: Signal::default(),
            pulse: Arc::default(),
            leaders: AtomicUsize::new(1),
        });
        shard
            .running
            .entry(key.hash)
            .or_default()
            .push(flight.clone());
        Role::Lead(self.lead(flight, &stack, false))
    }

    fn lead(&self, flight: Arc<Flight>, stack: &[FlightId], is_second: bool) -> Lead {
        let edge = graph::nest(stack, flight.id);
        let heart = (flight.kind.waits == Waits::Async).then(|| Arc::new(Heart::of(&flight.pulse)));
        Lead {
            flight,
            flights: self.clone(),
            heart,
            is_second,
            _edge: edge,
            landed: false,
        }
    }

    /// Leads, beside its leader, a flight whose leader has stopped: the first of them to land lands for all. `None` if it is over.
    pub(crate) fn take_over(&self, stalled: &Stalled) -> Option<Lead> {
        let flight = stalled.flight()?;
        let stack = context::leading();
        let shard = self.shard(flight.key.hash);
        if !shard.stands(flight) {
            return None;
        }
        flight.leaders.fetch_add(1, Ordering::Relaxed);
        Some(self.lead(flight.clone(), &stack, true))
    }

    /// The right to store a value that is computed from now on, without anybody waiting for it.
    pub(crate) fn ticket(&self, hash: u64) -> Ticket {
        Ticket {
            epoch: self.shard(hash).epoch,
        }
    }

    /// Stores a value computed under `ticket`, unless something was invalidated meanwhile.
    pub(crate) fn store_alone<S>(
        &self,
        ticket: &Ticket,
        hash: u64,
        store: impl FnOnce() -> S,
    ) -> Option<S> {
        let _later = DropLater::begin();
        let shard = self.shard(hash);
        (shard.epoch == ticket.epoch).then(store)
    }

    /// Whether the key is being computed.
    pub(crate) fn is_running(&self, key: &KeyRef<'_>) -> bool {
        let shard = self.shard(key.hash);
        shard
            .running
            .get(&key.hash)
            .is_some_and(|flights| flights.iter().any(|flight| flight.key.is(key)))
    }

    /// Voids what is being computed for `key` and changes the store before anybody can store again.
    pub(crate) fn invalidate<S>(&self, key: &KeyRef<'_>, change: impl FnOnce() -> S) -> S {
        let _later = DropLater::begin();
        let mut shard = self.shard(key.hash);
        shard.void(key);
        change()
    }

    fn shard(&self, hash: u64) -> MutexGuard<'_, Shard> {
        lock(&self.shards[hash as usize % SHARDS])
    }
}

impl Clone for Flights {
    fn clone(&self) -> Self {
        Self {
            shards: self.shards.clone(),
            limit: self.limit,
        }
    }
}

impl Shard {
    fn find(&self, key: &KeyRef<'_>, kind: Kind) -> Option<Arc<Flight>> {
        let flights = self.running.get(&key.hash)?;
        flights
            .iter()
            .find(|flight| flight.kind == kind && flight.key.is(key))
            .cloned()
    }

    fn stands(&self, flight: &Arc<Flight>) -> bool {
        let flights = self.running.get(&flight.key.hash);
        flights.is_some_and(|flights| flights.iter().any(|other| other.id == flight.id))
    }

    fn void(&mut self, key: &KeyRef<'_>) {
        self.epoch += 1;
        self.remove(key.hash, |flight| flight.key.is(key));
    }

    fn void_scope(&mut self, scope: ScopeId) {
        self.epoch += 1;
        self.running.retain(|_, flights| {
            flights.retain(|flight| flight.key.scope != scope);
            !flights.is_empty()
        });
    }

    /// Takes flights out of the table; answers whether there were any.
    fn remove(&mut self, hash: u64, leaving: impl Fn(&Flight) -> bool) -> bool {
        let Some(flights) = self.running.get_mut(&hash) else {
            return false;
        };
        let before = flights.len();
        flights.retain(|flight| !leaving(flight));
        let removed = flights.len() < before;
        if flights.is_empty() {
            self.running.remove(&hash);
        }
        removed
    }
}

/// The caller who computes. Dropped without landing (a panic, a cancelled future), it hands over to one of its followers, unless somebody has
/// gone on in its place already.
pub(crate) struct Lead {
    flight: Arc<Flight>,
    flights: Flights,
    heart: Option<Arc<Heart>>,
    is_second: bool,
    _edge: Option<Edge>,
    landed: bool,
}

impl Lead {
    pub(crate) fn id(&self) -> FlightId {
        self.flight.id
    }

    /// Whether it goes on in the place of a leader that has stopped.
    pub(crate) fn is_second(&self) -> bool {
        self.is_second
    }

    /// What an asynchronous leader says when it is polled.
    pub(crate) fn heart(&self) -> Option<Arc<Heart>> {
        self.heart.clone()
    }

    /// Says that it waits for something that is known to end, or has done so: nobody gives up meanwhile.
    pub(crate) fn excuse(&self, is_excused: bool) {
        self.flight.signal.excuse(is_excused);
    }

    /// Ends the flight: stores, unless it was voided, and wakes the followers with what `share` has for them.
    ///
    /// `share` runs only where somebody follows, and under no lock.
    pub(crate) fn land<S>(
        mut self,
        store: impl FnOnce() -> S,
        share: impl FnOnce() -> Option<Box<dyn Any + Send + Sync>>,
    ) -> Option<S> {
        // What the store gives up is dropped when those who wait were woken.
        let _later = DropLater::begin();
        let (stored, followed) = self.leave(store);
        let shared = if followed { share() } else { None };
        self.landed = true;
        self.flight
            .signal
            .raise(shared.map_or(Landing::Each, |copy| Landing::Shared(copy.into())));
        stored
    }

    fn leave<S>(&self, store: impl FnOnce() -> S) -> (Option<S>, bool) {
        let _later = DropLater::begin();
        let mut shard = self.flights.shard(self.flight.key.hash);
        let standing = shard.remove(self.flight.key.hash, |flight| flight.id == self.flight.id);
        let stored = standing.then(store);
        // Out of the table, nobody new can follow: whoever else holds the flight does, or leads it as well.
        (stored, Arc::strong_count(&self.flight) > 1)
    }

    /// Leaves without an outcome; returns whether nobody else leads.
    fn desert(&self) -> bool {
        let _later = DropLater::begin();
        let mut shard = self.flights.shard(self.flight.key.hash);
        let is_last = self.flight.leaders.fetch_sub(1, Ordering::Relaxed) == 1;
        if is_last {
            shard.remove(self.flight.key.hash, |flight| flight.id == self.flight.id);
        }
        is_last
    }
}

impl Drop for Lead {
    fn drop(&mut self) {
        if !self.landed && self.desert() {
            self.flight.signal.raise(Landing::Abandoned);
        }
    }
}

/// The right to store one value without a flight, lost by any invalidation in the same shard.
#[derive(Debug)]
pub(crate) struct Ticket {
    epoch: u64,
}

impl OwnedKey {
    fn is(&self, key: &KeyRef<'_>) -> bool {
        self.hash == key.hash
            && self.scope == key.scope
            && self.value_type == key.value_type
            && self.instance == key.instance
            && *self.bytes == *key.bytes
    }
}

impl From<&KeyRef<'_>> for OwnedKey {
    fn from(key: &KeyRef<'_>) -> Self {
        let KeyRef {
            hash,
            scope,
            value_type,
            instance,
            bytes,
        } = *key;
        Self {
            hash,
            scope,
            value_type,
            instance,
            bytes: bytes.into(),
        }
    }
}
