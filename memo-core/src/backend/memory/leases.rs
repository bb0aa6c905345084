//! Who may fill which name.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::backend::{Group, Name, Token};
use crate::clock::Tick;

/// A power of two, enough that threads seldom meet.
const SHARDS: usize = 16;

/// The leases of all names, in shards that also order the changes of their names.
///
/// They are not entries of the store: one that was evicted would turn away a good value.
pub(super) struct Leases {
    shards: [Mutex<HashMap<Name, Held>>; SHARDS],
    hasher: RandomState,
    last: AtomicU64,
}

struct Held {
    token: Token,
    until: Tick,
}

/// The locked shard of a name.
pub(super) struct Shard<'a> {
    leases: MutexGuard<'a, HashMap<Name, Held>>,
    last: &'a AtomicU64,
}

/// What a caller who found no value gets.
pub(super) enum Offer {
    Granted(Token),
    Held,
}

impl Leases {
    pub(super) fn new() -> Self {
        Self {
            shards: Default::default(),
            hasher: RandomState::new(),
            last: AtomicU64::new(0),
        }
    }

    /// Locks the shard of `name`.
    pub(super) fn of(&self, name: &Name) -> Shard<'_> {
        let shard = self.hasher.hash_one(name) as usize % SHARDS;
        Shard {
            leases: lock(&self.shards[shard]),
            last: &self.last,
        }
    }

    /// Ends the leases of a group. One that is granted meanwhile may stay.
    pub(super) fn void_group(&self, group: Group) {
        for shard in &self.shards {
            lock(shard).retain(|name, _| name.group() != group);
        }
    }

    /// How many there are, the forgotten included.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.shards.iter().map(|shard| lock(shard).len()).sum()
    }
}

impl Shard<'_> {
    pub(super) fn ask(&mut self, name: &Name, until: Tick, now: Tick) -> Offer {
        if self
            .leases
            .get(name)
            .is_some_and(|lease| lease.is_good(now))
        {
            return Offer::Held;
        }
        self.make_room(now);
        let token = Token(self.last.fetch_add(1, Ordering::Relaxed) + 1);
        self.leases.insert(name.clone(), Held { token, until });
        Offer::Granted(token)
    }

    /// Ends the lease by its right; `false` if it has no right any more.
    pub(super) fn redeem(&mut self, name: &Name, token: Token, now: Tick) -> bool {
        let right = self
            .leases
            .get(name)
            .is_some_and(|lease| lease.token == token && lease.is_good(now));
        right && self.void(name)
    }

    /// Has the lease end at another time; `false` if it is over.
    pub(super) fn extend(&mut self, name: &Name, token: Token, until: Tick, now: Tick) -> bool {
        match self.leases.get_mut(name) {
            Some(lease) if lease.token == token && lease.is_good(now) => {
                lease.until = until;
                true
            }
            _ => false,
        }
    }

    pub(super) fn release(&mut self, name: &Name, token: Token) {
        if self
            .leases
            .get(name)
            .is_some_and(|lease| lease.token == token)
        {
            self.void(name);
        }
    }

    /// Ends the lease of a name, if there is one.
    pub(super) fn void(&mut self, name: &Name) -> bool {
        self.leases.remove(name).is_some()
    }

    /// Before the table grows, drops the leases that were never given back. Then there is room for as many again, so that each
    /// lease pays for one other.
    fn make_room(&mut self, now: Tick) {
        if self.leases.len() == self.leases.capacity() {
            self.leases.retain(|_, lease| lease.is_good(now));
            let left = self.leases.len();
            self.leases.reserve(left);
        }
    }
}

impl Held {
    fn is_good(&self, now: Tick) -> bool {
        self.until > now
    }
}

fn lock(shard: &Mutex<HashMap<Name, Held>>) -> MutexGuard<'_, HashMap<Name, Held>> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}
