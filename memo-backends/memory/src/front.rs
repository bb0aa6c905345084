//! Each thread's own handles on small entries that it read.
//!
//! A hit here takes no guard and writes nothing that another thread reads: it is what brings a hit
//! below the cost of one atomic exchange. An entry that was removed stays in its slot, of no use (it
//! is dead before the removal returns), until another takes the slot. So a thread can keep removed
//! entries in memory, up to [`SLOTS`] × [`COST_LIMIT`] bytes, 1.3 MB; they stay on their store's
//! ledger.

use std::cell::Cell;
use std::mem::ManuallyDrop;
use std::sync::Arc;

use crate::KeyRef;
use crate::entry::Entry;
use crate::ledger::Ledger;

/// Handles per thread, 8 bytes each; a power of two. More slots mean fewer popular entries that share
/// one, and more memory that dead entries can keep.
const SLOTS: usize = 2048;

/// What an entry may cost, in bytes, to be kept here: a weight of up to 256.
const COST_LIMIT: usize = 640;

/// Of so many entries that meet another one alive in their slot, one takes the slot. Two popular
/// entries of one slot would otherwise push each other out at every read, and moving handles writes
/// to counts that all threads share.
const TURNS: u8 = 16;

/// The slot of an entry is given by its hash. It is empty while its entry is being read, so a
/// closure that reads again finds nothing borrowed, and one that panics leaves nothing behind.
struct Front {
    slots: [Slot; SLOTS],
    turn: Cell<u8>,
}

type Slot = Cell<Option<Arc<Entry>>>;

thread_local! {
    // Emptied by `SWEEPER`. Without a destructor of its own, a hit need not ask whether it ran.
    static FRONT: ManuallyDrop<Front> = const { ManuallyDrop::new(Front::new()) };

    static SWEEPER: Sweeper = const { Sweeper };
}

/// Takes this thread's handle of the store's live entry with this key out of its slot.
#[inline]
pub(crate) fn take(key: &KeyRef<'_>, ledger: &Arc<Ledger>) -> Option<Arc<Entry>> {
    let entry = with_slot(key.hash, Cell::take)?;
    if entry.lives_on(ledger) && entry.key() == *key {
        return Some(entry);
    }
    with_slot(key.hash, |slot| slot.set(Some(entry)));
    None
}

/// Puts back what [`take`] took, unless it was removed meanwhile.
#[inline]
pub(crate) fn put_back(entry: Arc<Entry>) {
    if entry.is_alive() {
        with_slot(entry.key().hash, |slot| slot.set(Some(entry)));
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
        drop_if(slot, |kept| Arc::ptr_eq(kept, entry))
    });
}

/// Drops this thread's handles of a store's entries.
pub(crate) fn forget_all(ledger: &Arc<Ledger>) {
    FRONT.with(|front| {
        for slot in &front.slots {
            drop_if(slot, |kept| kept.lives_on(ledger));
        }
    });
}

impl Front {
    const fn new() -> Self {
        Front {
            slots: [const { Cell::new(None) }; SLOTS],
            turn: Cell::new(0),
        }
    }

    #[inline]
    fn slot(&self, hash: u64) -> &Slot {
        &self.slots[hash as usize % SLOTS]
    }

    fn offer(&self, entry: &Arc<Entry>) {
        let slot = self.slot(entry.key().hash);
        let resident = slot.take().filter(|resident| resident.is_alive());
        let kept = match resident {
            Some(resident) if !self.is_turn() => resident,
            _ => Arc::clone(entry),
        };
        slot.set(Some(kept));
    }

    fn is_turn(&self) -> bool {
        self.turn.set((self.turn.get() + 1) % TURNS);
        self.turn.get() == 0
    }
}

#[inline]
fn with_slot<R>(hash: u64, work: impl FnOnce(&Slot) -> R) -> R {
    FRONT.with(|front| work(front.slot(hash)))
}

/// Empties the slot if its entry is the one meant. The drop may run user code; the slot is in order
/// by then.
fn drop_if(slot: &Slot, is_meant: impl FnOnce(&Arc<Entry>) -> bool) {
    let kept = slot.take();
    if !kept.as_ref().is_some_and(is_meant) {
        slot.set(kept);
    }
}

/// Empties the slots when its thread exits.
///
/// Thread-locals go in the reverse order of their first use, and the map's collector, used by every
/// read that leads here, is older. So values whose drop calls a store can do so even now.
struct Sweeper;

impl Drop for Sweeper {
    fn drop(&mut self) {
        FRONT.with(|front| front.slots.iter().for_each(|slot| drop(slot.take())));
    }
}

/// Whether the slots will still be emptied. Sees to it that they will, at first use.
fn thread_goes_on() -> bool {
    SWEEPER.try_with(|_| ()).is_ok()
}
