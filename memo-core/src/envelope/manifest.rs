//! Manifests, and the chunks behind them. docs/envelope.md, sections 2 and 6.

use super::header::Content;
use super::{BLOCK_BYTES, Meta, WriteLock, block};
use crate::reject::Reject;
use crate::seal::WriteId;
use crate::varint;

/// What the payload of a manifest says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Extent {
    /// At least one, and at most one for each byte.
    pub(super) chunks: u32,
    /// The length of the encoded value, or of all items.
    pub(super) raw_len: u64,
    /// Those of a sequence; a value has none.
    pub(super) items: u64,
}

impl Extent {
    /// Appends its bytes.
    pub(super) fn push(&self, out: &mut Vec<u8>) {
        varint::push(out, u64::from(self.chunks));
        varint::push(out, self.raw_len);
        varint::push(out, self.items);
    }

    pub(super) fn parse(payload: &[u8], content: Content) -> Option<Self> {
        let (chunks, rest) = varint::split(payload)?;
        let (raw_len, rest) = varint::split(rest)?;
        let (items, rest) = varint::split(rest)?;
        if chunks == 0 || chunks > raw_len || !rest.is_empty() {
            return None;
        }
        let extent = Self {
            chunks: u32::try_from(chunks).ok()?,
            raw_len,
            items,
        };
        extent.suits(content).then_some(extent)
    }

    fn suits(&self, content: Content) -> bool {
        match content {
            Content::Value => self.items == 0,
            // A chunk is one block, and each item has a length of at least a byte.
            Content::Items => {
                let most = u64::from(self.chunks) * BLOCK_BYTES as u64;
                self.raw_len <= most && (1..=self.raw_len).contains(&self.items)
            }
        }
    }
}

/// A manifest that was opened: takes the chunks, in order.
pub(crate) struct Manifest {
    pub(crate) meta: Meta,
    pub(crate) write_id: WriteId,
    pub(crate) chunks: u32,
    pub(crate) raw_len: u64,
    lock: WriteLock,
    /// The index of the next chunk.
    next: u32,
    /// The encoded value so far.
    raw: Vec<u8>,
    /// The decrypted blocks of one chunk.
    scratch: Vec<u8>,
}

impl Manifest {
    pub(super) fn new(meta: Meta, extent: Extent, lock: WriteLock) -> Self {
        Self {
            meta,
            write_id: lock.write_id,
            chunks: extent.chunks,
            raw_len: extent.raw_len,
            lock,
            next: 0,
            raw: Vec::new(),
            scratch: Vec::new(),
        }
    }

    /// Opens the next chunk. A chunk that is refused changes nothing.
    pub(crate) fn take(&mut self, chunk: &[u8]) -> Result<(), Reject> {
        if self.next == self.chunks {
            return Err(Reject::Torn);
        }
        let last = self.next + 1 == self.chunks;
        let mut scratch = std::mem::take(&mut self.scratch);
        let taken = self
            .lock
            .verify(self.next, last, chunk, &mut scratch)
            .and_then(|blocks| self.unpack(blocks));
        self.scratch = scratch;
        taken
    }

    /// The encoded value, once all chunks were taken.
    pub(crate) fn finish(self) -> Result<Vec<u8>, Reject> {
        if self.next == self.chunks && self.raw.len() as u64 == self.raw_len {
            Ok(self.raw)
        } else {
            Err(Reject::Torn)
        }
    }

    fn unpack(&mut self, blocks: &[u8]) -> Result<(), Reject> {
        let left = self.raw_len - self.raw.len() as u64;
        let len = block::measure_within(blocks, left)?;
        self.reserve(len as u64, left);
        block::unpack(blocks, &mut self.raw)?;
        self.next += 1;
        Ok(())
    }

    /// Makes room for a chunk of `len` bytes, and for as many in each one that follows: most chunks are alike.
    fn reserve(&mut self, len: u64, left: u64) {
        let room = self.raw.capacity() - self.raw.len();
        if len <= room as u64 {
            return;
        }
        let likely = len.saturating_mul(u64::from(self.chunks - self.next));
        if let Ok(bytes) = usize::try_from(likely.min(left)) {
            self.raw.reserve_exact(bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Binding;
    use super::*;

    fn manifest(chunks: u32, raw_len: u64) -> Manifest {
        let meta = Meta {
            created: 0,
            ttl: 0,
            soft_ttl: None,
            cost: None,
            is_prefix: false,
        };
        let binding = Binding {
            name: "name",
            function: "nfunction",
        };
        let extent = Extent {
            chunks,
            raw_len,
            items: 0,
        };
        let lock = WriteLock::new(WriteId([0; 16]), binding, None);
        Manifest::new(meta, extent, lock)
    }

    fn blocks(block: &[u8], times: usize) -> Vec<u8> {
        let mut blocks = Vec::new();
        for _ in 0..times {
            block::Writer::new(false).push(block, &mut blocks);
        }
        blocks
    }

    #[test]
    fn memory_is_taken_when_chunks_come_and_as_they_suggest() {
        let mut manifest = manifest(4, 1 << 40);
        assert_eq!(manifest.raw.capacity(), 0);
        assert_eq!(manifest.unpack(&blocks(&[1; 1000], 3)), Ok(()));
        assert_eq!(manifest.raw.capacity(), 12_000);
    }

    #[test]
    fn a_value_of_equal_chunks_is_allocated_once() {
        let mut manifest = manifest(3, 2500);
        for len in [1000, 1000, 500] {
            assert_eq!(manifest.unpack(&blocks(&vec![1; len], 1)), Ok(()));
            assert_eq!(manifest.raw.capacity(), 2500);
        }
        assert_eq!(manifest.finish(), Ok(vec![1; 2500]));
    }

    #[test]
    fn more_than_the_manifest_says_is_not_even_unpacked() {
        let mut manifest = manifest(2, 1500);
        assert_eq!(manifest.unpack(&blocks(&[1; 1000], 1)), Ok(()));
        assert_eq!(manifest.unpack(&blocks(&[1; 501], 1)), Err(Reject::Torn));
        assert_eq!(manifest.raw.len(), 1000);
        assert_eq!(manifest.unpack(&blocks(&[1; 500], 1)), Ok(()));
    }
}
