//! Who may fill which name.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::backend::{Group, Lease, Name, Token};
use crate::clock::Tick;

/// A power of two, enough that threads seldom meet.
const SHARDS: usize = 16;

/// How many may hold the lease of one name.
const MOST_HOLDERS: usize = 8;

/// The leases of all names, in shards that also order the changes of their names.
///
/// They are not entries of the store: one that was evicted would turn away a good value.
pub(super) struct Leases {
    shards: [Mutex<HashMap<Name, Held>>; SHARDS],
    hasher: RandomState,
}

struct Held {
    /// Of those who may fill the name; the last one last.
    holders: Vec<Token>,
    until: Tick,
}

/// The locked shard of a name.
pub(super) struct Shard<'a> {
    leases: MutexGuard<'a, HashMap<Name, Held>>,
}

impl Leases {
    pub(super) fn new() -> Self {
        Self {
            shards: Default::default(),
            hasher: RandomState::new(),
        }
    }

    /// Locks the shard of `name`.
    pub(super) fn of(&self, name: &Name) -> Shard<'_> {
        let shard = self.hasher.hash_one(name) as usize % SHARDS;
        Shard {
            leases: lock(&self.shards[shard]),
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
    /// The lease of a name under which there is no value.
    pub(super) fn ask(&mut self, name: &Name, token: Token, until: Tick, now: Tick) -> Lease {
        let good = self.good(name, now);
        let holder = good.and_then(|lease| lease.holders.last().copied());
        match holder {
            Some(holder) if holder != token => return Lease::Held(holder),
            Some(_) => {}
            None => self.seize(name, token, until, now),
        }
        Lease::Granted
    }

    /// Gives the lease to this token alone.
    pub(super) fn seize(&mut self, name: &Name, token: Token, until: Tick, now: Tick) {
        self.make_room(now);
        let holders = vec![token];
        self.leases.insert(name.clone(), Held { holders, until });
    }

    /// Gives the lease to this token as well, if `holder` got it last.
    pub(super) fn join(
        &mut self,
        name: &Name,
        (holder, token): (Token, Token),
        until: Tick,
        now: Tick,
    ) -> bool {
        let Some(lease) = self.good(name, now) else {
            return false;
        };
        let last = lease.holders.last().copied();
        if last == Some(holder) && holder != token {
            lease.holders.push(token);
            let many = lease.holders.len();
            lease.holders.drain(..many.saturating_sub(MOST_HOLDERS));
        } else if last != Some(token) {
            return false;
        }
        lease.until = until;
        true
    }

    /// Ends the lease by its right; `false` if it has no right any more.
    pub(super) fn redeem(&mut self, name: &Name, token: Token, now: Tick) -> bool {
        let lease = self.good(name, now);
        lease.is_some_and(|lease| lease.is_of(token)) && self.void(name)
    }

    /// Has the lease end at another time; `false` if it is over.
    pub(super) fn extend(&mut self, name: &Name, token: Token, until: Tick, now: Tick) -> bool {
        match self.good(name, now) {
            Some(lease) if lease.is_of(token) => {
                lease.until = until;
                true
            }
            _ => false,
        }
    }

    /// Takes the right from this token; answers whether it had any.
    pub(super) fn release(&mut self, name: &Name, token: Token, now: Tick) -> bool {
        let Some(lease) = self.good(name, now) else {
            return false;
        };
        let was_held = lease.is_of(token);
        lease.holders.retain(|holder| *holder != token);
        if lease.holders.is_empty() {
            self.void(name);
        }
        was_held
    }

    fn good(&mut self, name: &Name, now: Tick) -> Option<&mut Held> {
        let lease = self.leases.get_mut(name);
        lease.filter(|lease| lease.is_good(now))
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

    fn is_of(&self, token: Token) -> bool {
        self.holders.contains(&token)
    }
}

fn lock(shard: &Mutex<HashMap<Name, Held>>) -> MutexGuard<'_, HashMap<Name, Held>> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}
