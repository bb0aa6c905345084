//! Each thread's own handles on small entries that it read.
//!
//! A hit here takes no guard, makes no atomic exchange, and writes nothing that another thread reads.
//! An entry that was removed stays in its slot, of no use (it is dead before the removal returns),
//! until another takes the slot. So a thread can keep removed entries in memory, up to [`SLOTS`] ×
//! [`COST_LIMIT`] bytes, 1.3 MB; they stay on their store's ledger.

use std::cell::Cell;
use std::mem::ManuallyDrop;
use std::sync::Arc;

use crate::KeyRef;
use crate::entry::Entry;
use crate::ledger::Ledger;

/// Slots per thread, 16 bytes each; a power of two. More of them mean fewer popular entries that
/// share one, and more memory that dead entries can keep.
const SLOTS: usize = 2048;

/// What an entry may cost, in bytes, to be kept here: a weight of up to 256.
const COST_LIMIT: usize = 640;

/// Of so many entries that meet another one in their slot, one takes the slot. Two popular entries
/// of one slot would otherwise push each other out at every read, and moving handles writes to
/// counts that all threads share.
const TURNS: u8 = 16;

/// The slot of an entry is given by its hash.
struct Front {
    slots: [Slot; SLOTS],
    turn: Cell<u8>,
}

/// A handle, and the hash of its entry, so that only its own readers look at the entry.
///
/// The handle is out while its entry is being read: a closure that reads again finds nothing
/// borrowed, and one that panics leaves nothing behind.
struct Slot {
    hash: Cell<u64>,
    entry: Cell<Option<Arc<Entry>>>,
}

thread_local! {
    // Emptied by `SWEEPER`. Without a destructor of its own, a hit need not ask whether it ran.
    static FRONT: ManuallyDrop<Front> = const { ManuallyDrop::new(Front::new()) };

    static SWEEPER: Sweeper = const { Sweeper };
}

/// Takes this thread's handle of the store's live entry with this key out of its slot.
#[inline]
pub(crate) fn take(key: &KeyRef<'_>, ledger: &Arc<Ledger>) -> Option<Arc<Entry>> {
    let entry = with_slot(key.hash, |slot| slot.take(key.hash))?;
    if entry.lives_on(ledger) && entry.key() == *key {
        return Some(entry);
    }
    put_back(entry);
    None
}

/// Puts back what [`take`] took, unless it was removed meanwhile.
#[inline]
pub(crate) fn put_back(entry: Arc<Entry>) {
    if entry.is_alive() {
        with_slot(entry.key().hash, |slot| slot.put(entry));
    }
}

/// Keeps a handle of an entry that was found in the map, if it is small and gets the slot.
pub(crate) fn offer(entry: &Arc<Entry>) {
    if entry.cost() <= COST_LIMIT && entry.is_alive() && thread_goes_on() {
        FRONT.with(|front| front.offer(entry));
    }
}

/// Drops this thread's handle of the entry.
pub(crate) fn forget(entry: &Arc<Entry>) {
    with_slot(entry.key().hash, |slot| {
        slot.drop_if(|kept| Arc::ptr_eq(kept, entry))
    });
}

/// Drops this thread's handles of a store's entries.
pub(crate) fn forget_all(ledger: &Arc<Ledger>) {
    FRONT.with(|front| {
        for slot in &front.slots {
            slot.drop_if(|kept| kept.lives_on(ledger));
        }
    });
}

#[inline]
fn with_slot<R>(hash: u64, work: impl FnOnce(&Slot) -> R) -> R {
    FRONT.with(|front| work(front.slot(hash)))
}

impl Front {
    const fn new() -> Self {
        Front {
            slots: [const { Slot::new() }; SLOTS],
            turn: Cell::new(0),
        }
    }

    #[inline]
    fn slot(&self, hash: u64) -> &Slot {
        &self.slots[hash as usize % SLOTS]
    }

    fn offer(&self, entry: &Arc<Entry>) {
        let hash = entry.key().hash;
        let slot = self.slot(hash);
        if slot.is_for(hash) || self.is_turn() {
            slot.put(Arc::clone(entry));
        }
    }

    fn is_turn(&self) -> bool {
        self.turn.set((self.turn.get() + 1) % TURNS);
        self.turn.get() == 0
    }
}

impl Slot {
    /// The hash of a slot that was never used. An entry that really has it can use the slot as well,
    /// and is merely pushed out sooner.
    const FREE: u64 = 0;

    const fn new() -> Self {
        Slot {
            hash: Cell::new(Self::FREE),
            entry: Cell::new(None),
        }
    }

    /// Takes out the handle of an entry with this hash.
    #[inline]
    fn take(&self, hash: u64) -> Option<Arc<Entry>> {
        if self.hash.get() == hash {
            self.entry.take()
        } else {
            None
        }
    }

    #[inline]
    fn put(&self, entry: Arc<Entry>) {
        self.hash.set(entry.key().hash);
        self.entry.set(Some(entry));
    }

    /// Whether an entry with this hash pushes out no other.
    fn is_for(&self, hash: u64) -> bool {
        self.hash.get() == hash || self.hash.get() == Self::FREE
    }

    /// Empties the slot if its entry is the one meant. The drop may run user code; the slot is in
    /// order by then.
    fn drop_if(&self, is_meant: impl FnOnce(&Arc<Entry>) -> bool) {
        let kept = self.entry.take();
        if kept.as_ref().is_some_and(is_meant) {
            self.hash.set(Self::FREE);
        } else {
            self.entry.set(kept);
        }
    }
}

/// Empties the slots when its thread exits.
///
/// Thread-locals go in the reverse order of their first use, and the map's collector, used by every
/// read that leads here, is older. So values whose drop calls a store can do so even now.
struct Sweeper;

impl Drop for Sweeper {
    fn drop(&mut self) {
        FRONT.with(|front| front.slots.iter().for_each(|slot| slot.drop_if(|_| true)));
    }
}

/// Whether the slots will still be emptied. Sees to it that they will, at first use.
fn thread_goes_on() -> bool {
    SWEEPER.try_with(|_| ()).is_ok()
}
