//! The map that readers use without a lock.

use std::hash::{BuildHasherDefault, Hash, Hasher};
use std::sync::Arc;

use equivalent::Equivalent;
use papaya::{Guard, LocalGuard, OwnedGuard};
use seize::Collector;

use crate::entry::Entry;
use crate::key::KeyRef;

/// Entries by key. Read by anyone with a guard; written only under the store's lock.
pub(crate) struct Map {
    slots: papaya::HashMap<Slot, (), BuildHasherDefault<Given>>,
}

/// What a reader holds: it keeps alive what was read through it.
pub(crate) type ReadGuard<'a> = LocalGuard<'a>;

/// What a change holds, under the store's lock.
///
/// A removed entry is freed when the readers that are inside have left. The collector hands it to
/// them one entry each, so it waits when there are more readers than removed entries, and it waits
/// in the name of the guard. A thread's own name would make it wait until that thread removes
/// something again, perhaps never. An owned guard takes the lowest name that is free: mostly the
/// same for all changes, whatever their thread, and each change tries again. What waits elsewhere
/// is a few entries, and they stay on the ledger.
pub(crate) struct WriteGuard<'a>(OwnedGuard<'a>);

impl Map {
    pub(crate) fn new() -> Self {
        // A batch of one: a removed entry is freed when the last guard that might see it goes. By
        // default 32 of them would wait for each other, however large they are.
        let slots = papaya::HashMap::builder()
            .hasher(BuildHasherDefault::default())
            .collector(Collector::new().batch_size(1))
            .build();
        Map { slots }
    }

    #[inline]
    pub(crate) fn read(&self) -> ReadGuard<'_> {
        self.slots.guard()
    }

    pub(crate) fn write(&self) -> WriteGuard<'_> {
        WriteGuard(self.slots.owned_guard())
    }

    #[inline]
    pub(crate) fn get<'g>(
        &self,
        key: &KeyRef<'_>,
        guard: &'g ReadGuard<'_>,
    ) -> Option<&'g Arc<Entry>> {
        entry_of(self.slots.get_key_value(key, guard))
    }

    pub(crate) fn get_to_change<'g>(
        &self,
        key: &KeyRef<'_>,
        guard: &'g WriteGuard<'_>,
    ) -> Option<&'g Arc<Entry>> {
        entry_of(self.slots.get_key_value(key, &guard.0))
    }

    /// Inserts the entry, or puts it in the place of the entry with the same key: a reader finds
    /// the one or the other, never neither.
    pub(crate) fn put(&self, entry: Arc<Entry>, guard: &WriteGuard<'_>) {
        let hash = entry.key().hash;
        self.slots.insert(Slot { hash, entry }, (), &guard.0);
    }

    pub(crate) fn remove(&self, key: &KeyRef<'_>, guard: &WriteGuard<'_>) {
        self.slots.remove(key, &guard.0);
    }

    pub(crate) fn clear(&self, guard: &WriteGuard<'_>) {
        self.slots.clear(&guard.0);
    }
}

impl Drop for WriteGuard<'_> {
    fn drop(&mut self) {
        self.0.flush();
    }
}

#[inline]
fn entry_of<'g>(found: Option<(&'g Slot, &())>) -> Option<&'g Arc<Entry>> {
    found.map(|(slot, ())| &slot.entry)
}

/// What the map's node holds. The hash is repeated here so that growing the table does not visit
/// every entry; the node's allocation has room for it.
struct Slot {
    hash: u64,
    entry: Arc<Entry>,
}

impl Hash for Slot {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

impl PartialEq for Slot {
    fn eq(&self, other: &Self) -> bool {
        self.hash == other.hash && self.entry.key() == other.entry.key()
    }
}

impl Eq for Slot {}

impl Equivalent<Slot> for KeyRef<'_> {
    #[inline]
    fn equivalent(&self, slot: &Slot) -> bool {
        self.hash == slot.hash && *self == slot.entry.key()
    }
}

/// Passes on the hash that the key came with.
#[derive(Default)]
pub(crate) struct Given(u64);

impl Hasher for Given {
    #[inline]
    fn finish(&self) -> u64 {
        self.0
    }

    #[inline]
    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }

    /// Keys write their hash and nothing else; folding keeps any other use correct, if slow.
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }
}
