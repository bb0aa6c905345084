//! What protects the entries of one write, for as long as somebody writes or reads them. docs/envelope.md, section 6.

use super::close::Lock;
use super::header::{Chunk, ChunkGuard};
use super::{Binding, block, chunk_name};
use crate::reject::Reject;
use crate::seal::{Place, Seal, WriteId};

/// What protects the entries of one write. Owned, so that it lives as long as a producer or a reader.
pub(crate) struct WriteLock {
    pub(crate) write_id: WriteId,
    kind: Kind,
}

enum Kind {
    /// Checksums, bound to the name of the entry and its function.
    Plain { name: String, function: String },
    /// The seal of the write. Boxed: it holds an expanded key.
    Sealed(Box<Seal>),
}

impl WriteLock {
    /// Sealed where there is a seal, else bound to a name and a function.
    pub(crate) fn new(write_id: WriteId, binding: Binding<'_>, seal: Option<Seal>) -> Self {
        let kind = match seal {
            Some(seal) => Kind::Sealed(Box::new(seal)),
            None => Kind::Plain {
                name: binding.name.to_owned(),
                function: binding.function.to_owned(),
            },
        };
        Self { write_id, kind }
    }

    /// Opens a chunk of this write and appends its raw bytes to `out`. On an error `out` is as before.
    ///
    /// There are at most `max` raw bytes, else the chunk is torn; the lengths are looked at before anything is unpacked.
    pub(crate) fn open_chunk(
        &self,
        index: u32,
        last: bool,
        chunk: &[u8],
        max: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), Reject> {
        let mut scratch = Vec::new();
        let blocks = self.verify(index, last, chunk, &mut scratch)?;
        let len = block::measure_within(blocks, max as u64)?;
        out.reserve(len);
        block::unpack(blocks, out)
    }

    /// The blocks of a chunk, once they are known to be what was written there. Decrypted ones stand in `scratch`.
    pub(super) fn verify<'b>(
        &self,
        index: u32,
        last: bool,
        chunk: &'b [u8],
        scratch: &'b mut Vec<u8>,
    ) -> Result<&'b [u8], Reject> {
        let chunk = Chunk::parse(chunk).ok_or(Reject::Format)?;
        match (&chunk.guard, &self.kind) {
            (ChunkGuard::Plain { summed, blocks }, Kind::Plain { name, function }) => {
                self.expect(&chunk, index)?;
                let name = &chunk_name(name, self.write_id, index);
                summed.verify(Binding { name, function })?;
                Ok(blocks)
            }
            (ChunkGuard::Sealed(sealed), Kind::Sealed(seal)) => {
                self.expect(&chunk, index)?;
                let place = Place::Chunk { index, last };
                scratch.clear();
                seal.open(place, sealed.header, sealed.body, sealed.tag, scratch)?;
                Ok(scratch)
            }
            _ => Err(Reject::Downgrade),
        }
    }

    /// What new entries of this write are closed with.
    pub(super) fn as_lock(&self) -> Lock<'_> {
        match &self.kind {
            Kind::Plain { name, function } => Lock::Plain(Binding { name, function }),
            Kind::Sealed(seal) => Lock::Sealed(seal),
        }
    }

    fn expect(&self, chunk: &Chunk<'_>, index: u32) -> Result<(), Reject> {
        if chunk.id == self.write_id && chunk.index == index {
            Ok(())
        } else {
            Err(Reject::Torn)
        }
    }
}
