//! What the store answers.

use crate::Tick;

/// What a read found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lookup<R> {
    /// A live entry; what the caller's closure made of it.
    Hit(R),
    /// An entry whose time has passed. It stays until it is replaced or reclaimed.
    Expired,
    /// No entry.
    Absent,
}

/// What became of an insertion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Insert {
    /// The entry is stored.
    Stored {
        /// How many live entries had to go to make room for it.
        evicted: usize,
    },
    /// The entry would not fit beside anything else and was refused; an older entry of its key is
    /// gone all the same.
    TooLarge,
}

/// One entry, as seen from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Info {
    /// When the entry expires; [`u64::MAX`] means never.
    pub expires_at: Tick,
    /// When the entry was stored.
    pub inserted_at: Tick,
    /// The weight in bytes that was given with the value.
    pub weight: usize,
    /// How often the entry was read since eviction last considered it; counts up to 3.
    pub uses: u8,
}

/// The store's figures at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoreStats {
    /// Entries that can be found, expired ones included.
    pub entries: usize,
    /// Bytes of every entry in memory: those that can be found, and those already removed that a
    /// thread still holds.
    pub bytes: usize,
    /// The bytes that the store may use.
    pub budget: usize,
    /// Entries removed so far to make room.
    pub evictions: u64,
    /// Entries removed so far because their time had passed.
    pub expirations: u64,
}
