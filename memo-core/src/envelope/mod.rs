//! Entries as bytes: docs/envelope.md. Pure: no backend, no clock, no random numbers.

mod block;
mod checksum;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
mod header;
#[cfg(all(test, feature = "encrypt"))]
mod interop;
mod manifest;
mod meta;
mod name;
mod open;
mod pack;
#[cfg(test)]
mod tests;

pub(crate) use self::checksum::Binding;
pub(crate) use self::manifest::Manifest;
pub(crate) use self::meta::Meta;
pub(crate) use self::name::{chunk_name, sealed_name};
pub(crate) use self::open::{Keys, Opened, Wanted, open};
pub(crate) use self::pack::{Lock, Order, Packed, Packer};

/// The most that a block holds before compression.
pub(crate) const BLOCK_BYTES: usize = 256 << 10;
