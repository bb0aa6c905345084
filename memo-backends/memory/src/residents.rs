//! Which entries are in the store, and which one has to leave next.
//!
//! Eviction is S3-FIFO (Yang, Zhang, Qiu, Yue, Vinayak: "FIFO queues are all you need for cache
//! eviction", SOSP 2023), by bytes instead of by count. New entries queue in a small part of the
//! budget; most are read never again and leave from there without having pushed out anything. Those
//! used more than once go on to the main queue. What comes back soon after its eviction starts in
//! the main queue. A read only counts; all ordering happens here, when room is needed.
//!
//! One deviation: evictions from the main queue are remembered too, so that
//! [`Residents::was_evicted`] tells the truth about every entry.

use std::sync::Arc;

use crate::Tick;
use crate::arena::{Arena, Place};
use crate::deadlines::Deadlines;
use crate::entry::Entry;
use crate::ghost::Ghost;

/// The small queue's part of the budget: a tenth, as in the paper.
const SMALL_PART: usize = 10;

/// Uses on probation that earn a place in the main queue; two, as in the paper.
const USES_TO_STAY: u8 = 2;

/// The entries of a store, in their queues. Everything here happens under the store's lock.
pub(crate) struct Residents {
    arena: Arena,
    ghost: Ghost,
    deadlines: Deadlines,
    small_share: usize,
    evictions: u64,
    expirations: u64,
}

/// The small queue's share of a budget, in bytes.
pub(crate) fn small_share(budget: usize) -> usize {
    budget / SMALL_PART
}

/// Where an entry starts, and with how many uses.
#[derive(Clone, Copy)]
pub(crate) struct Standing {
    place: Place,
    uses: u8,
}

impl Residents {
    pub(crate) fn new(budget: usize) -> Self {
        Residents {
            arena: Arena::default(),
            ghost: Ghost::default(),
            deadlines: Deadlines::default(),
            small_share: small_share(budget),
            evictions: 0,
            expirations: 0,
        }
    }

    /// The standing of an entry that replaces none.
    pub(crate) fn newcomer(&mut self, hash: u64) -> Standing {
        let place = if self.ghost.forget(hash) {
            Place::Main
        } else {
            Place::Small
        };
        Standing { place, uses: 0 }
    }

    /// Unseats an entry; its standing passes to its replacement, since a popular value that is
    /// refreshed must not start over.
    pub(crate) fn replace(&mut self, older: &Entry) -> Standing {
        let place = self.arena.place(older.seat()).unwrap_or(Place::Small);
        self.unseat(older.seat());
        Standing {
            place,
            uses: older.uses(),
        }
    }

    pub(crate) fn seat(&mut self, entry: Arc<Entry>, standing: Standing) {
        entry.set_uses(standing.uses);
        self.arena.add(Arc::clone(&entry), standing.place);
        self.deadlines.add(&entry);
    }

    pub(crate) fn unseat(&mut self, seat: usize) -> Option<Arc<Entry>> {
        let entry = self.arena.remove(seat)?;
        self.deadlines.remove(&entry);
        Some(entry)
    }

    /// Changes when an entry expires; it keeps its seat.
    pub(crate) fn expire_at(&mut self, entry: &Entry, expires_at: Tick) {
        self.deadlines.remove(entry);
        entry.set_expires_at(expires_at);
        self.deadlines.add(entry);
    }

    /// Unseats the entry that S3-FIFO gives up next.
    pub(crate) fn evict(&mut self) -> Option<Arc<Entry>> {
        loop {
            let place = self.place_to_evict_from();
            let (seat, oldest) = self.arena.oldest(place)?;
            let uses = oldest.uses();
            match place {
                Place::Small if uses >= USES_TO_STAY => oldest.set_uses(0),
                Place::Main if uses > 0 => oldest.set_uses(uses - 1),
                _ => return self.give_up(seat),
            }
            self.arena.shift(seat, Place::Main);
        }
    }

    fn place_to_evict_from(&self) -> Place {
        let small_is_full = self.arena.bytes_in(Place::Small) > self.small_share;
        let main_is_empty = self.arena.bytes_in(Place::Main) == 0;
        if small_is_full || main_is_empty {
            Place::Small
        } else {
            Place::Main
        }
    }

    fn give_up(&mut self, seat: usize) -> Option<Arc<Entry>> {
        let entry = self.unseat(seat)?;
        self.ghost.remember(entry.key().hash, self.arena.len());
        self.evictions += 1;
        Some(entry)
    }

    /// Unseats the entry whose time passed first.
    pub(crate) fn expire(&mut self, now: Tick) -> Option<Arc<Entry>> {
        let entry = self.unseat(self.deadlines.overdue(now)?)?;
        self.expirations += 1;
        Some(entry)
    }

    /// Forgets everything, evictions included, and gives back the entries.
    pub(crate) fn clear(&mut self) -> impl Iterator<Item = Arc<Entry>> + use<> {
        (self.ghost, self.deadlines) = Default::default();
        std::mem::take(&mut self.arena).into_entries()
    }

    pub(crate) fn of_scope(&self, scope: u32) -> Vec<usize> {
        self.arena.of_scope(scope)
    }

    pub(crate) fn was_evicted(&self, hash: u64) -> bool {
        self.ghost.contains(hash)
    }

    pub(crate) fn next_expiry(&self) -> Option<Tick> {
        self.deadlines.next()
    }

    pub(crate) fn evictions(&self) -> u64 {
        self.evictions
    }

    pub(crate) fn expirations(&self) -> u64 {
        self.expirations
    }

    pub(crate) fn len(&self) -> usize {
        self.arena.len()
    }

    /// The bytes of all residents.
    pub(crate) fn bytes(&self) -> usize {
        self.arena.bytes()
    }
}
