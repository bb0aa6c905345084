//! One entry: key, value, and what readers note on it.

use std::any::Any;
use std::mem;
use std::sync::Arc;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicU64, AtomicUsize};

use crate::key::{Key, KeyRef};
use crate::later;
use crate::ledger::{self, Charge, Ledger};
use crate::uses::Uses;
use crate::{Info, Lookup, Tick, Value};

/// Bytes that an entry costs beside its weight: the entry itself (256 with the counts of its `Arc`),
/// its node and slot in the map (about 40), its seat in the queues (48 to 96), its deadline (about
/// 30) and its hash once it was evicted (about 60). About 350 to 480 in all,
/// depending on how full the tables are.
pub(crate) const OVERHEAD: usize = 472;

/// No ledger's address.
const DEAD: usize = 0;

/// A stored value with its key.
///
/// What a hit reads comes first and is 121 bytes, two cache lines: 1024 popular entries do not fit
/// the first level of a processor's cache, and every line that need not be read is one wait less.
#[repr(C, align(64))]
pub(crate) struct Entry {
    key: Key,
    value: Value,
    /// A [`Tick`], which changes only under the store's lock.
    expires_at: AtomicU64,
    /// The address of the ledger while the entry can be found in its store's map, then [`DEAD`].
    /// One number for two questions, since every hit asks both.
    lives_on: AtomicUsize,
    uses: Uses,
    inserted_at: Tick,
    /// The entry's place in the arena; meaningful only under the store's lock.
    seat: AtomicUsize,
    /// Last, so that the bytes are given back after the value has gone.
    charge: Charge,
}

impl Entry {
    pub(crate) fn new(
        key: &KeyRef<'_>,
        value: Value,
        charge: Charge,
        expires_at: Tick,
        now: Tick,
    ) -> Self {
        Entry {
            key: key.into(),
            value,
            expires_at: AtomicU64::new(expires_at),
            inserted_at: now,
            seat: AtomicUsize::new(usize::MAX),
            uses: Uses::default(),
            lives_on: AtomicUsize::new(charge.ledger_address()),
            charge,
        }
    }

    /// What an entry with this key and weight counts against the budget.
    pub(crate) fn cost_of(key: &KeyRef<'_>, weight: usize) -> usize {
        weight
            .saturating_add(OVERHEAD)
            .saturating_add(Key::heap_bytes_of(key))
    }

    /// Runs `read` on the value unless its time has passed, and counts the use.
    #[inline]
    pub(crate) fn read<V: Any, R>(&self, now: Tick, read: impl FnOnce(&V) -> R) -> Lookup<R> {
        if self.is_expired(now) {
            return Lookup::Expired;
        }
        let Some(value) = self.value.downcast_ref::<V>() else {
            return Lookup::Absent;
        };
        self.uses.count();
        Lookup::Hit(read(value))
    }

    #[inline]
    pub(crate) fn key(&self) -> KeyRef<'_> {
        self.key.borrow()
    }

    /// What the entry counts against the budget, in bytes.
    #[inline]
    pub(crate) fn cost(&self) -> usize {
        self.charge.bytes()
    }

    #[inline]
    pub(crate) fn expires_at(&self) -> Tick {
        self.expires_at.load(Relaxed)
    }

    pub(crate) fn set_expires_at(&self, expires_at: Tick) {
        self.expires_at.store(expires_at, Relaxed);
    }

    #[inline]
    pub(crate) fn is_expired(&self, now: Tick) -> bool {
        self.expires_at() <= now
    }

    /// Whether this is a live entry of the store with this ledger.
    ///
    /// Pairs with [`Entry::bury`]: whoever learns that a removal returned sees the entry dead.
    #[inline]
    pub(crate) fn lives_on(&self, ledger: &Arc<Ledger>) -> bool {
        self.lives_on.load(Acquire) == ledger::address(ledger)
    }

    #[inline]
    pub(crate) fn is_alive(&self) -> bool {
        self.lives_on.load(Acquire) != DEAD
    }

    /// Makes the handles that threads still have of this entry useless.
    pub(crate) fn bury(&self) {
        self.lives_on.store(DEAD, Release);
    }

    pub(crate) fn uses(&self) -> u8 {
        self.uses.get()
    }

    pub(crate) fn set_uses(&self, uses: u8) {
        self.uses.set(uses);
    }

    pub(crate) fn seat(&self) -> usize {
        self.seat.load(Relaxed)
    }

    pub(crate) fn set_seat(&self, seat: usize) {
        self.seat.store(seat, Relaxed);
    }

    pub(crate) fn info(&self) -> Info {
        Info {
            expires_at: self.expires_at(),
            inserted_at: self.inserted_at,
            weight: self.cost() - OVERHEAD - self.key.heap_bytes(),
            uses: self.uses(),
        }
    }
}

impl Drop for Entry {
    /// Wherever the last handle goes, the value is dropped where user code may run.
    fn drop(&mut self) {
        // A box of nothing: this does not allocate.
        later::discard(mem::replace(&mut self.value, Box::new(())));
    }
}
