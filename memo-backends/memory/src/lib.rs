#![doc = include_str!("../README.md")]

mod answer;
mod arena;
mod change;
mod deadlines;
mod entry;
mod front;
mod ghost;
mod key;
mod later;
mod ledger;
mod map;
mod residents;
mod store;
mod uses;

pub use answer::{Info, Insert, Lookup, StoreStats};
pub use key::KeyRef;
pub use later::DropLater;
pub use store::Store;

/// A stored value, its type erased.
pub type Value = Box<dyn std::any::Any + Send + Sync>;

/// Milliseconds on the caller's monotonic clock.
///
/// As an expiry, [`u64::MAX`] means never.
pub type Tick = u64;
