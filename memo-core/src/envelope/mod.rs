//! Entries as bytes: docs/envelope.md. Pure: no backend, no clock, no random numbers.

mod block;
mod checksum;
mod close;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
mod header;
#[cfg(all(test, feature = "encrypt"))]
mod interop;
mod items;
mod manifest;
mod meta;
mod name;
mod open;
mod pack;
#[cfg(test)]
mod tests;
mod write_lock;

pub(crate) use self::checksum::Binding;
pub(crate) use self::close::Lock;
pub(crate) use self::header::writer;
pub(crate) use self::items::{ItemsOrder, ItemsPacker};
pub(crate) use self::manifest::Manifest;
pub(crate) use self::meta::Meta;
pub(crate) use self::name::{chunk_name, chunk_names, sealed_name};
pub(crate) use self::open::{ItemsManifest, Keys, Opened, OpenedItems, Wanted, open, open_items};
pub(crate) use self::pack::{Order, Packed, Packer};
pub(crate) use self::write_lock::WriteLock;

/// The most that a block holds before compression.
pub(crate) const BLOCK_BYTES: usize = 256 << 10;

/// The most that a block of a sequence holds: less, so that its chunk is shorter than 256 KiB with all that surrounds it.
pub(crate) const ITEMS_BLOCK: usize = 240 << 10;
