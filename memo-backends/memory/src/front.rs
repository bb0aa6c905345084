//! Each thread's own handles on small entries that it read.
//!
//! A hit here takes no guard, makes no atomic exchange, and writes nothing that another thread reads.
//! An entry that was removed stays in its seat, of no use (it is dead before the removal returns),
//! until another takes the seat. So a thread can keep removed entries in memory, up to twice
//! [`ROWS`] times [`COST_LIMIT`] bytes, 1.3 MB; they stay on their store's ledger.

use std::cell::{Cell, RefCell};
use std::mem::ManuallyDrop;
use std::sync::Arc;

use crate::KeyRef;
use crate::entry::Entry;
use crate::ledger::Ledger;

/// Rows of two seats per thread, 48 bytes each; a power of two. More of them mean fewer popular
/// entries that share one, and more memory that dead entries can keep.
const ROWS: usize = 1024;

/// What an entry may cost, in bytes, to be kept here: a weight of up to 256.
const COST_LIMIT: usize = 640;

/// Of so many entries that find both seats of their row taken, one takes a seat. Three popular
/// entries of one row would otherwise push each other out at every read, and moving handles writes
/// to counts that all threads share.
const TURNS: u8 = 16;

/// The row of an entry is given by its hash.
struct Front {
    rows: [Row; ROWS],
    turn: Cell<u8>,
}

/// Two handles, and the hashes of their entries, so that only its own readers look at an entry.
struct Row {
    hashes: [Cell<u64>; 2],
    /// Borrowed while an entry is being read. A closure that reads again borrows once more; one that
    /// removes finds the seat taken and leaves the dead entry there.
    seats: [Seat; 2],
}

type Seat = RefCell<Option<Arc<Entry>>>;

thread_local! {
    // Emptied by `SWEEPER`. Without a destructor of its own, a hit need not ask whether it ran.
    static FRONT: ManuallyDrop<Front> = const { ManuallyDrop::new(Front::new()) };

    static SWEEPER: Sweeper = const { Sweeper };
}

/// Runs `read` on the store's live entry with this key, if this thread has a handle of it; gives
/// `read` back if not.
#[inline]
pub(crate) fn read<R, F: FnOnce(&Entry) -> R>(
    key: &KeyRef<'_>,
    ledger: &Arc<Ledger>,
    read: F,
) -> Result<R, F> {
    FRONT.with(|front| front.read(key, ledger, read))
}

/// Keeps a handle of an entry that was found in the map, if it is small and gets a seat.
pub(crate) fn offer(entry: &Arc<Entry>) {
    if entry.cost() <= COST_LIMIT && entry.is_alive() && thread_goes_on() {
        FRONT.with(|front| front.offer(entry));
    }
}

/// Drops this thread's handle of the entry.
pub(crate) fn forget(entry: &Arc<Entry>) {
    let hash = entry.key().hash;
    FRONT.with(|front| {
        front.row(hash).empty_where(|kept| Arc::ptr_eq(kept, entry));
    });
}

/// Drops this thread's handles of a store's entries.
pub(crate) fn forget_all(ledger: &Arc<Ledger>) {
    FRONT.with(|front| front.empty_where(|kept| kept.lives_on(ledger)));
}

impl Front {
    const fn new() -> Self {
        Front {
            rows: [const { Row::new() }; ROWS],
            turn: Cell::new(0),
        }
    }

    #[inline]
    fn row(&self, hash: u64) -> &Row {
        &self.rows[hash as usize % ROWS]
    }

    /// Never inlined: around a longer body, `LocalKey::with` would not be inlined itself, and would look
    /// up the address of the slots through a pointer.
    #[inline(never)]
    fn read<R, F: FnOnce(&Entry) -> R>(
        &self,
        key: &KeyRef<'_>,
        ledger: &Arc<Ledger>,
        read: F,
    ) -> Result<R, F> {
        let row = self.row(key.hash);
        let Some(Ok(seat)) = row.seat_of(key.hash).map(RefCell::try_borrow) else {
            return Err(read);
        };
        let Some(entry) = &*seat else {
            return Err(read);
        };
        if !entry.lives_on(ledger) || entry.key() != *key {
            return Err(read);
        }
        let found = read(entry);
        // What was removed meanwhile by the closure itself could not be let go then.
        if !entry.is_alive() {
            drop(seat);
            row.empty_where(|kept| !kept.is_alive());
        }
        Ok(found)
    }

    fn offer(&self, entry: &Arc<Entry>) {
        let hash = entry.key().hash;
        let row = self.row(hash);
        if let Some(free) = row.free_for(hash) {
            row.seat(free, entry);
        } else if let Some(turn) = self.turn() {
            row.seat(turn, entry);
        }
    }

    /// Which seat has to be given up, when it is time.
    fn turn(&self) -> Option<usize> {
        let turn = (self.turn.get() + 1) % (2 * TURNS);
        self.turn.set(turn);
        turn.is_multiple_of(TURNS)
            .then_some(usize::from(turn / TURNS))
    }

    fn empty_where(&self, is_meant: impl Fn(&Arc<Entry>) -> bool) {
        for row in &self.rows {
            row.empty_where(&is_meant);
        }
    }
}

impl Row {
    /// The hash of a free seat. An entry that really has it is merely pushed out sooner.
    const FREE: u64 = 0;

    const fn new() -> Self {
        Row {
            hashes: [const { Cell::new(Self::FREE) }; 2],
            seats: [const { RefCell::new(None) }; 2],
        }
    }

    #[inline]
    fn seat_of(&self, hash: u64) -> Option<&Seat> {
        if self.hashes[0].get() == hash {
            Some(&self.seats[0])
        } else if self.hashes[1].get() == hash {
            Some(&self.seats[1])
        } else {
            None
        }
    }

    /// A seat where an entry with this hash pushes out no other.
    fn free_for(&self, hash: u64) -> Option<usize> {
        let own = self.hashes.iter().position(|kept| kept.get() == hash);
        own.or_else(|| self.hashes.iter().position(|kept| kept.get() == Self::FREE))
    }

    /// Puts the entry into a seat, unless the one there is being read.
    fn seat(&self, which: usize, entry: &Arc<Entry>) {
        let Ok(mut seat) = self.seats[which].try_borrow_mut() else {
            return;
        };
        let left = seat.replace(Arc::clone(entry));
        self.hashes[which].set(entry.key().hash);
        drop(seat);
        // This may run user code: the row is in order by then.
        drop(left);
    }

    fn empty_where(&self, is_meant: impl Fn(&Arc<Entry>) -> bool) {
        for (hash, seat) in self.hashes.iter().zip(&self.seats) {
            let left = seat
                .try_borrow_mut()
                .ok()
                .and_then(|mut seat| seat.take_if(|kept| is_meant(kept)));
            if left.is_some() {
                hash.set(Self::FREE);
            }
        }
    }
}

/// Empties the seats when its thread exits.
///
/// Thread-locals go in the reverse order of their first use, and the map's collector, used by every
/// read that leads here, is older. So values whose drop calls a store can do so even now.
struct Sweeper;

impl Drop for Sweeper {
    fn drop(&mut self) {
        FRONT.with(|front| front.empty_where(|_| true));
    }
}

/// Whether the seats will still be emptied. Sees to it that they will, at first use.
fn thread_goes_on() -> bool {
    SWEEPER.try_with(|_| ()).is_ok()
}
