//! Packs the raw stream of a sequence, a block at a time. docs/envelope.md, section 8.

use bytes::Bytes;

use super::close::{Closer, Draft};
use super::header::Content;
use super::manifest::Extent;
use super::{ITEMS_BLOCK, Meta, Packed, WriteLock, block};
use crate::codec::Overflow;

/// How one sequence is to be packed.
pub(crate) struct ItemsOrder {
    pub(crate) schema: [u8; 4],
    pub(crate) compress: bool,
    /// The largest entry, inline or chunk, in bytes.
    pub(crate) max_entry: usize,
}

/// Packs a sequence: each block is a chunk, and is handed out at once.
pub(crate) struct ItemsPacker {
    order: ItemsOrder,
    block_size: usize,
    writer: block::Writer,
    chunks: u32,
    /// What the chunks hold, before compression.
    raw_len: u64,
}

impl ItemsPacker {
    /// For one write; `lock` is the same in all calls.
    pub(crate) fn new(order: ItemsOrder, lock: &WriteLock) -> Self {
        let block_size = closer(&order, lock).block_size(1).min(ITEMS_BLOCK);
        Self {
            block_size,
            writer: block::Writer::new(order.compress),
            order,
            chunks: 0,
            raw_len: 0,
        }
    }

    /// How many raw bytes every chunk but the last holds: [`ITEMS_BLOCK`], or less where entries are small.
    pub(crate) fn block_size(&self) -> usize {
        self.block_size
    }

    /// How many chunks there are so far.
    pub(crate) fn chunks(&self) -> u32 {
        self.chunks
    }

    /// Packs a full block as the next chunk, which is never the last one. `Overflow` where entries are too small for any.
    pub(crate) fn chunk(&mut self, block: &[u8], lock: &WriteLock) -> Result<Bytes, Overflow> {
        debug_assert_eq!(block.len(), self.block_size, "only the last one is shorter");
        let closer = closer(&self.order, lock);
        let draft = self.draft(block, closer.chunk_front(), &closer);
        self.close_chunk(draft, block.len(), false, &closer)
    }

    /// Closes the write. `rest` is what follows the last chunk: at most a block, and empty only where there are no items.
    ///
    /// Answers the head, and the last chunk unless the sequence is inline. `Overflow` where entries are too small for either, or the last chunk would
    /// be empty.
    pub(crate) fn finish(
        &mut self,
        rest: &[u8],
        items: u64,
        meta: Meta,
        lock: &WriteLock,
    ) -> Result<Packed, Overflow> {
        debug_assert!(rest.len() <= self.block_size, "what is longer is cut");
        let closer = closer(&self.order, lock);
        let meta = meta.to_bytes();
        let draft = self.draft(rest, closer.front(&meta), &closer);
        if self.chunks == 0 && closer.fits_inline(&draft, &meta) {
            return Ok(Packed {
                head: closer.inline(draft, &meta),
                chunks: Vec::new(),
            });
        }
        if rest.is_empty() {
            return Err(Overflow);
        }
        let last = self.close_chunk(draft, rest.len(), true, &closer)?;
        let extent = Extent {
            chunks: self.chunks,
            raw_len: self.raw_len,
            items,
        };
        Ok(Packed {
            head: closer.manifest(&meta, &extent)?,
            chunks: vec![last],
        })
    }

    fn draft(&mut self, block: &[u8], front: usize, closer: &Closer<'_>) -> Draft {
        let mut draft = Draft::new(front);
        if !block.is_empty() {
            draft.push(block, &mut self.writer, closer.trailer());
        }
        draft
    }

    fn close_chunk(
        &mut self,
        draft: Draft,
        raw_len: usize,
        last: bool,
        closer: &Closer<'_>,
    ) -> Result<Bytes, Overflow> {
        let chunk = closer.chunk(draft, self.chunks, last)?;
        self.chunks += 1;
        self.raw_len += raw_len as u64;
        Ok(chunk)
    }
}

fn closer<'a>(order: &ItemsOrder, lock: &'a WriteLock) -> Closer<'a> {
    Closer {
        content: Content::Items,
        schema: order.schema,
        max_entry: order.max_entry,
        write_id: lock.write_id,
        lock: lock.as_lock(),
    }
}
