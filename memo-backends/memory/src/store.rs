//! The store: lock-free reads in front, one lock for changes behind.

use std::any::Any;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::change::Change;
use crate::entry::{Entry, OVERHEAD};
use crate::ledger::{Charge, Ledger};
use crate::map::Map;
use crate::residents::{self, Residents};
use crate::{DropLater, Info, Insert, KeyRef, Lookup, StoreStats, Tick, Value, front, later};

/// Typed objects of any kind, under one byte budget.
///
/// Reads take no lock and allocate nothing; changes take turns. User code (the closure of a read,
/// the drop of a value) never runs under the lock, so it may call the store again.
///
/// # Example
///
/// ```
/// use std::any::TypeId;
/// use memo_memory::{Insert, KeyRef, Lookup, Store};
///
/// let store = Store::with_budget(1 << 20);
/// let key = KeyRef {
///     hash: 0x9e37_79b9_7f4a_7c15,
///     scope: 0,
///     value_type: TypeId::of::<String>(),
///     instance: TypeId::of::<()>(),
///     bytes: b"ada",
/// };
/// let inserted = store.insert(&key, Box::new(String::from("Lovelace")), 8, u64::MAX, 0);
/// assert_eq!(inserted, Insert::Stored { evicted: 0 });
/// assert_eq!(store.read(&key, 0, String::len), Lookup::Hit(8));
/// ```
pub struct Store {
    map: Map,
    residents: Mutex<Residents>,
    ledger: Arc<Ledger>,
    budget: usize,
}

impl Store {
    /// Bytes that an entry counts beside the weight given with it. A key of more than 32 bytes
    /// counts its length on top.
    pub const ENTRY_OVERHEAD: usize = OVERHEAD;

    /// A store that keeps its entries within so many bytes.
    pub fn with_budget(bytes: usize) -> Store {
        Store {
            map: Map::new(),
            residents: Mutex::new(Residents::new(bytes)),
            ledger: Arc::default(),
            budget: bytes,
        }
    }

    /// Runs `read` on the value of a live entry, and counts a use.
    ///
    /// Takes no lock and allocates nothing; writes nothing that other threads read once the entry
    /// was used three times. An entry of another type than `V` is [`Lookup::Absent`].
    #[inline]
    pub fn read<V: Any, R>(
        &self,
        key: &KeyRef<'_>,
        now: Tick,
        read: impl FnOnce(&V) -> R,
    ) -> Lookup<R> {
        let Some(entry) = front::take(key, &self.ledger) else {
            return self.read_from_map(key, |entry| entry.read(now, read));
        };
        let found = entry.read(now, read);
        front::put_back(entry);
        found
    }

    fn read_from_map<R>(
        &self,
        key: &KeyRef<'_>,
        read: impl FnOnce(&Entry) -> Lookup<R>,
    ) -> Lookup<R> {
        let guard = self.map.read();
        let Some(entry) = self.map.get(key, &guard) else {
            return Lookup::Absent;
        };
        let found = read(entry);
        front::offer(entry);
        found
    }

    /// Stores a value, in place of an older one of the same key.
    ///
    /// `weight` is the value's size in bytes; [`Store::ENTRY_OVERHEAD`] is added to it. Makes room
    /// by evicting, and drops a few entries whose time has passed by the way.
    pub fn insert(
        &self,
        key: &KeyRef<'_>,
        value: Value,
        weight: usize,
        expires_at: Tick,
        now: Tick,
    ) -> Insert {
        let cost = Entry::cost_of(key, weight);
        if cost > self.largest() {
            self.remove(key);
            later::discard(value);
            return Insert::TooLarge;
        }
        let charge = Charge::new(&self.ledger, cost);
        let entry = Arc::new(Entry::new(key, value, charge, expires_at, now));
        let evicted = self.change(|change| change.insert(entry, now));
        Insert::Stored { evicted }
    }

    /// Removes an entry; says whether there was one, live or expired.
    ///
    /// No read that starts after this returned finds the value, on any thread. Its memory may stay
    /// for a while: for readers inside, and, if the entry is small, in a slot of each thread that
    /// read it.
    pub fn remove(&self, key: &KeyRef<'_>) -> bool {
        self.change(|change| change.remove(key))
    }

    /// Has an entry expire at `expires_at` if it would live longer; says whether there is one that is live at `now`.
    ///
    /// It costs no allocation and keeps its place among the others.
    pub fn cut_short(&self, key: &KeyRef<'_>, expires_at: Tick, now: Tick) -> bool {
        self.change(|change| change.cut_short(key, expires_at, now))
    }

    /// Removes all entries of a scope; says how many.
    ///
    /// Other changes wait meanwhile, reads do not: about 2 ms to look at a million entries, and
    /// 1 µs for each that is removed.
    pub fn remove_scope(&self, scope: u32) -> usize {
        self.change(|change| change.remove_scope(scope))
    }

    /// Removes everything; says how many entries. Evictions so far are forgotten as well.
    pub fn clear(&self) -> usize {
        self.change(|change| change.clear())
    }

    /// Removes every entry whose time has passed at `now`; says how many.
    pub fn reclaim(&self, now: Tick) -> usize {
        self.change(|change| change.reclaim(now, usize::MAX))
    }

    /// When the next entry expires, if any ever does. Waits for changes under way.
    pub fn next_expiry(&self) -> Option<Tick> {
        self.lock().next_expiry()
    }

    /// Describes an entry, expired or not, without counting a use.
    pub fn inspect(&self, key: &KeyRef<'_>) -> Option<Info> {
        self.map
            .get(key, &self.map.read())
            .map(|entry| entry.info())
    }

    /// Whether an entry of this key was evicted a short while ago and not stored again since.
    ///
    /// For explaining: only hashes are remembered, about as many as there are entries.
    pub fn was_evicted(&self, key: &KeyRef<'_>) -> bool {
        self.lock().was_evicted(key.hash)
    }

    /// The store's figures. Waits for changes under way.
    pub fn stats(&self) -> StoreStats {
        let residents = self.lock();
        StoreStats {
            entries: residents.len(),
            bytes: self.ledger.held(),
            budget: self.budget,
            evictions: residents.evictions(),
            expirations: residents.expirations(),
        }
    }

    /// The most that one entry may cost: the main queue's share of the budget.
    fn largest(&self) -> usize {
        self.budget - residents::small_share(self.budget)
    }

    /// Runs one change under the lock. What it lets go of is dropped when the lock is free.
    fn change<R>(&self, work: impl FnOnce(&mut Change<'_>) -> R) -> R {
        let _later = DropLater::begin();
        let mut residents = self.lock();
        let guard = self.map.write();
        work(&mut Change {
            map: &self.map,
            guard: &guard,
            residents: &mut residents,
            ledger: &self.ledger,
            budget: self.budget,
        })
    }

    /// A panic under the lock can only be a bug of this crate; the cache goes on regardless, since
    /// at worst it evicts in an odd order.
    fn lock(&self) -> MutexGuard<'_, Residents> {
        self.residents
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Store {
    /// Other threads let go of the few small entries they hold when they exit, or use other stores.
    fn drop(&mut self) {
        front::forget_all(&self.ledger);
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store")
            .field("stats", &self.stats())
            .finish_non_exhaustive()
    }
}
