//! Each thread's own handles on small entries that it read.
//!
//! A hit here takes no guard, makes no atomic exchange, and writes nothing that another thread reads.
//! An entry that was removed stays in its seat, of no use (it is dead before the removal returns),
//! until another takes the seat. So a thread can keep removed entries in memory, up to twice
//! [`ROWS`] times [`COST_LIMIT`] bytes, 1.5 MB; they stay on their store's ledger.

use std::cell::Cell;
use std::mem::ManuallyDrop;
use std::sync::Arc;

use crate::KeyRef;
use crate::entry::Entry;
use crate::ledger::Ledger;

/// Rows of two seats per thread, 48 bytes each; a power of two. More of them mean fewer popular
/// entries that share one, and more memory that dead entries can keep.
const ROWS: usize = 1024;

/// What an entry may cost, in bytes, to be kept here: a weight of up to 256.
const COST_LIMIT: usize = 728;

/// Of so many entries that find both seats of their row taken, one takes a seat. Three popular
/// entries of one row would otherwise push each other out at every read, and moving handles writes
/// to counts that all threads share.
const TURNS: u8 = 16;

/// The row of an entry is given by its hash.
struct Front {
    rows: [Row; ROWS],
    turn: Cell<u8>,
}

/// Two seats. Their hashes tell the right one without a look at the entries.
struct Row([Seat; 2]);

/// A handle, and the hash of its entry.
///
/// The handle is out while its entry is being read: a closure that reads again finds nothing
/// borrowed, and one that panics leaves nothing behind.
struct Seat {
    hash: Cell<u64>,
    entry: Cell<Option<Arc<Entry>>>,
}

thread_local! {
    // Emptied by `SWEEPER`. Without a destructor of its own, a hit need not ask whether it ran.
    static FRONT: ManuallyDrop<Front> = const { ManuallyDrop::new(Front::new()) };

    static SWEEPER: Sweeper = const { Sweeper };
}

/// Takes this thread's handle of the store's live entry with this key out of its seat.
#[inline(always)]
pub(crate) fn take(key: &KeyRef<'_>, ledger: &Arc<Ledger>) -> Option<Arc<Entry>> {
    let entry = FRONT.with(|front| front.row(key.hash).take(key.hash))?;
    if entry.lives_on(ledger) && entry.key() == *key {
        return Some(entry);
    }
    put_back_other(entry);
    None
}

/// Puts back what [`take`] took, unless it was removed meanwhile.
#[inline(always)]
pub(crate) fn put_back(entry: Arc<Entry>) {
    if entry.is_alive() {
        let hash = entry.key().hash;
        let left = FRONT.with(|front| front.row(hash).put(hash, entry));
        drop_left(left);
    }
}

/// An entry with the same hash and another key, or of another store, or dead.
#[cold]
#[inline(never)]
fn put_back_other(entry: Arc<Entry>) {
    put_back(entry);
}

/// Kept out of the hit: next to the code that drops an entry, nothing of it would be inlined.
#[inline(always)]
fn drop_left(left: Option<Arc<Entry>>) {
    #[cold]
    #[inline(never)]
    fn drop_one(entry: Arc<Entry>) {
        drop(entry);
    }
    if let Some(entry) = left {
        drop_one(entry);
    }
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

    #[inline(always)]
    fn row(&self, hash: u64) -> &Row {
        &self.rows[hash as usize % ROWS]
    }

    fn offer(&self, entry: &Arc<Entry>) {
        let hash = entry.key().hash;
        let row = self.row(hash);
        let which = row.free_for(hash).or_else(|| self.turn());
        if let Some(which) = which {
            drop_left(row.0[which].put(hash, Arc::clone(entry)));
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
    const fn new() -> Self {
        Row([const { Seat::new() }; 2])
    }

    #[inline(always)]
    fn take(&self, hash: u64) -> Option<Arc<Entry>> {
        self.seat_of(hash)?.entry.take()
    }

    /// Puts a handle into the seat of its hash, which another entry may have taken meanwhile; answers
    /// what is left over.
    #[inline(always)]
    fn put(&self, hash: u64, entry: Arc<Entry>) -> Option<Arc<Entry>> {
        match self.seat_of(hash) {
            Some(seat) => seat.entry.replace(Some(entry)),
            None => Some(entry),
        }
    }

    #[inline(always)]
    fn seat_of(&self, hash: u64) -> Option<&Seat> {
        let [one, two] = &self.0;
        if one.hash.get() == hash {
            Some(one)
        } else if two.hash.get() == hash {
            Some(two)
        } else {
            None
        }
    }

    /// A seat where an entry with this hash pushes out no other.
    fn free_for(&self, hash: u64) -> Option<usize> {
        let seat_with = |hash| self.0.iter().position(|seat| seat.hash.get() == hash);
        seat_with(hash).or_else(|| seat_with(Seat::FREE))
    }

    /// Dropping what is left may run user code: the row is in order by then.
    fn empty_where(&self, is_meant: impl Fn(&Arc<Entry>) -> bool) {
        for seat in &self.0 {
            let kept = seat.entry.take();
            if kept.as_ref().is_some_and(&is_meant) {
                seat.hash.set(Seat::FREE);
            } else {
                seat.entry.set(kept);
            }
        }
    }
}

impl Seat {
    /// The hash of a free seat. An entry that really has it is merely pushed out sooner.
    const FREE: u64 = 0;

    const fn new() -> Self {
        Seat {
            hash: Cell::new(Self::FREE),
            entry: Cell::new(None),
        }
    }

    fn put(&self, hash: u64, entry: Arc<Entry>) -> Option<Arc<Entry>> {
        self.hash.set(hash);
        self.entry.replace(Some(entry))
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
