//! Packs an encoded value into entries. docs/envelope.md, sections 1 to 3 and 7.

use bytes::Bytes;

use super::block::{self, FRAME_BYTES};
use super::close::{Closer, Draft, Lock};
use super::header::Content;
use super::manifest::Extent;
use super::{BLOCK_BYTES, Meta};
use crate::codec::{BlockSink, Overflow};
use crate::seal::WriteId;

/// How one value is to be packed.
pub(crate) struct Order<'a> {
    pub(crate) schema: [u8; 4],
    pub(crate) meta: Meta,
    pub(crate) compress: bool,
    /// The largest entry, inline or chunk, in bytes.
    pub(crate) max_entry: usize,
    /// Whether the value may be split into chunks.
    pub(crate) split: bool,
    /// The longest encoded value.
    pub(crate) max_raw: u64,
    pub(crate) write_id: WriteId,
    pub(crate) lock: Lock<'a>,
}

/// A packed write.
#[derive(Debug)]
pub(crate) struct Packed {
    /// The entry under the name itself: inline, or the manifest.
    pub(crate) head: Bytes,
    /// The chunks, in order; none where the value is inline. Of a sequence, those that were not handed out before.
    pub(crate) chunks: Vec<Bytes>,
}

/// Packs the blocks of one encoded value into entries.
///
/// Blocks gather behind room for a header, which is written right in front of them once it is known what the entry is. A value that
/// outgrows an inline entry thereby becomes the first chunk where it stands.
pub(crate) struct Packer<'a> {
    closer: Closer<'a>,
    /// Whether the value may be split into chunks.
    split: bool,
    /// The longest encoded value.
    max_raw: u64,
    writer: block::Writer,
    /// The bytes of the value's meta.
    meta: Vec<u8>,
    raw_len: u64,
    draft: Draft,
    /// Whether the draft is a chunk. Until then it is perhaps inline.
    is_split: bool,
    /// How many bytes of the draft's blocks, to the end of one, fit into a chunk.
    fits: usize,
    chunks: Vec<Bytes>,
}

impl<'a> Packer<'a> {
    pub(crate) fn new(order: Order<'a>) -> Self {
        let closer = Closer {
            content: Content::Value,
            schema: order.schema,
            max_entry: order.max_entry,
            write_id: order.write_id,
            lock: order.lock,
        };
        let meta = order.meta.to_bytes();
        Self {
            closer,
            split: order.split,
            max_raw: order.max_raw,
            writer: block::Writer::new(order.compress),
            draft: Draft::new(closer.front(&meta)),
            meta,
            raw_len: 0,
            is_split: false,
            fits: 0,
            chunks: Vec::new(),
        }
    }

    /// The size that [`Blocks`](crate::codec::Blocks) must have for this packer: [`BLOCK_BYTES`], or less where entries are small.
    ///
    /// Raw blocks of this size fill a chunk.
    pub(crate) fn block_size(&self) -> usize {
        if !self.split {
            return BLOCK_BYTES;
        }
        let room = self.closer.chunk_room();
        let blocks = room.div_ceil(BLOCK_BYTES + FRAME_BYTES).max(1);
        self.closer.block_size(blocks)
    }

    /// Closes the write. `Overflow` if it had to be split and must not be.
    pub(crate) fn finish(mut self) -> Result<Packed, Overflow> {
        if self.is_split {
            self.close_chunk(true)?;
            return Ok(Packed {
                head: self.manifest()?,
                chunks: self.chunks,
            });
        }
        if !self.closer.fits_inline(&self.draft, &self.meta) {
            return Err(Overflow);
        }
        Ok(Packed {
            head: self.closer.inline(self.draft, &self.meta),
            chunks: Vec::new(),
        })
    }

    /// Closes a chunk with the blocks that fit into one; the others begin the next one.
    fn spill(&mut self) -> Result<(), Overflow> {
        if self.fits == 0 {
            return Err(Overflow);
        }
        let next = self.draft.split_off(self.fits);
        self.close_chunk(false)?;
        self.draft = next;
        self.fits = self.draft.blocks_len();
        if self.fits > self.closer.chunk_room() {
            return Err(Overflow);
        }
        Ok(())
    }

    fn close_chunk(&mut self, last: bool) -> Result<(), Overflow> {
        let index = u32::try_from(self.chunks.len()).map_err(|_| Overflow)?;
        let draft = std::mem::replace(&mut self.draft, Draft::new(0));
        self.chunks.push(self.closer.chunk(draft, index, last)?);
        Ok(())
    }

    fn manifest(&self) -> Result<Bytes, Overflow> {
        let extent = Extent {
            chunks: self.chunks.len() as u32,
            raw_len: self.raw_len,
            items: 0,
        };
        self.closer.manifest(&self.meta, &extent)
    }
}

impl BlockSink for Packer<'_> {
    fn take(&mut self, block: &[u8]) -> Result<(), Overflow> {
        debug_assert!(!block.is_empty() && block.len() <= BLOCK_BYTES);
        self.raw_len += block.len() as u64;
        if self.raw_len > self.max_raw {
            return Err(Overflow);
        }
        let trailer = self.closer.trailer();
        self.draft.push(block, &mut self.writer, trailer);
        let fits_chunk = self.draft.blocks_len() <= self.closer.chunk_room();
        if fits_chunk {
            self.fits = self.draft.blocks_len();
        }
        if !self.is_split {
            if self.closer.fits_inline(&self.draft, &self.meta) {
                return Ok(());
            }
            if !self.split {
                return Err(Overflow);
            }
            self.is_split = true;
        }
        if fits_chunk { Ok(()) } else { self.spill() }
    }
}
