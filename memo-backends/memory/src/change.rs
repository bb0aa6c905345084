//! One change to the store, under its lock.

use std::sync::Arc;

use crate::entry::Entry;
use crate::ledger::Ledger;
use crate::map::{Map, WriteGuard};
use crate::residents::Residents;
use crate::{KeyRef, Tick, front};

/// Expired entries that an insertion removes by the way: more than one, so that they cannot pile
/// up, and few, so that no insertion pays for a pile.
const RECLAIM_PER_INSERT: usize = 8;

/// What a change works on. Map and residents hold the same entries whenever the lock is free.
///
/// A [`DropLater`](crate::DropLater) must be under way: entries are let go here, and dropping their
/// values is user code, which may call the store again.
pub(crate) struct Change<'a> {
    pub(crate) map: &'a Map,
    pub(crate) guard: &'a WriteGuard<'a>,
    pub(crate) residents: &'a mut Residents,
    pub(crate) ledger: &'a Ledger,
    pub(crate) budget: usize,
}

impl Change<'_> {
    /// Puts the entry in, in place of an older one of its key; says how many others were evicted.
    pub(crate) fn insert(&mut self, entry: Arc<Entry>, now: Tick) -> usize {
        let room = self.room_beside(&entry);
        self.reclaim(now, RECLAIM_PER_INSERT);
        let older = self.map.get_to_change(&entry.key(), self.guard);
        let standing = match older {
            Some(older) => self.residents.replace(older),
            None => self.residents.newcomer(entry.key().hash),
        };
        let evicted = self.evict_down_to(room);
        self.residents.seat(Arc::clone(&entry), standing);
        self.map.put(entry, self.guard);
        // Only now: until here readers of this key may still have the older value.
        if let Some(older) = older {
            bury(older);
        }
        evicted
    }

    pub(crate) fn remove(&mut self, key: &KeyRef<'_>) -> bool {
        let Some(entry) = self.map.get_to_change(key, self.guard) else {
            return false;
        };
        let unseated = self.residents.unseat(entry.seat());
        self.remove_from_map(unseated)
    }

    /// Has a live entry expire then, if it would live longer; says whether there is one.
    pub(crate) fn cut_short(&mut self, key: &KeyRef<'_>, expires_at: Tick, now: Tick) -> bool {
        let entry = self.map.get_to_change(key, self.guard);
        let Some(entry) = entry.filter(|entry| !entry.is_expired(now)) else {
            return false;
        };
        if expires_at < entry.expires_at() {
            self.residents.expire_at(entry, expires_at);
        }
        true
    }

    pub(crate) fn remove_scope(&mut self, scope: u32) -> usize {
        let seats = self.residents.of_scope(scope);
        for seat in &seats {
            let unseated = self.residents.unseat(*seat);
            self.remove_from_map(unseated);
        }
        seats.len()
    }

    pub(crate) fn clear(&mut self) -> usize {
        self.map.clear(self.guard);
        let entries = self.residents.len();
        self.residents.clear().for_each(|entry| bury(&entry));
        entries
    }

    /// Removes at most `limit` entries whose time has passed.
    pub(crate) fn reclaim(&mut self, now: Tick, limit: usize) -> usize {
        let mut reclaimed = 0;
        while reclaimed < limit {
            let expired = self.residents.expire(now);
            if !self.remove_from_map(expired) {
                break;
            }
            reclaimed += 1;
        }
        reclaimed
    }

    /// The bytes that the others may keep beside a new entry.
    ///
    /// Removed entries that a thread still holds are in memory, so they count as well; but never
    /// for more than half of the budget, since evicting the living does not free the dead.
    fn room_beside(&self, entry: &Entry) -> usize {
        let known = self.residents.bytes().saturating_add(entry.cost());
        let dead = self.ledger.held().saturating_sub(known);
        let budget = self.budget - dead.min(self.budget / 2);
        budget.saturating_sub(entry.cost())
    }

    fn evict_down_to(&mut self, bytes: usize) -> usize {
        let mut evicted = 0;
        while self.residents.bytes() > bytes {
            let victim = self.residents.evict();
            if !self.remove_from_map(victim) {
                break;
            }
            evicted += 1;
        }
        evicted
    }

    fn remove_from_map(&mut self, unseated: Option<Arc<Entry>>) -> bool {
        let Some(entry) = unseated else {
            return false;
        };
        self.map.remove(&entry.key(), self.guard);
        bury(&entry);
        true
    }
}

/// Completes a removal for all threads, once the map no longer has the entry.
fn bury(entry: &Arc<Entry>) {
    entry.bury();
    front::forget(entry);
}
