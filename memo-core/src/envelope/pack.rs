//! Packs an encoded value into entries. docs/envelope.md, sections 1 to 3 and 7.

use bytes::{Buf, Bytes};

use super::block::{self, FRAME_BYTES};
use super::header::{self, Header, Kind};
use super::manifest::Extent;
use super::{BLOCK_BYTES, Binding, Meta, chunk_name};
use crate::codec::{BlockSink, Overflow};
use crate::seal::{Place, Seal, TAG_BYTES, WriteId};

/// Shorter blocks would be more frame than data.
const LEAST_BLOCK: usize = 16;

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

/// What protects a write.
#[derive(Clone, Copy)]
pub(crate) enum Lock<'a> {
    /// Checksums, bound to the names and the function.
    Plain,
    /// A seal.
    Sealed(&'a Seal),
}

/// A packed write.
#[derive(Debug)]
pub(crate) struct Packed {
    /// The entry under the name itself: inline, or the manifest.
    pub(crate) head: Bytes,
    /// The chunks, in order; none where the value is inline.
    pub(crate) chunks: Vec<Bytes>,
}

/// Packs the blocks of one encoded value into entries.
///
/// Blocks gather behind room for a header, which is written right in front of them once it is known what the entry is. A value that
/// outgrows an inline entry thereby becomes the first chunk where it stands.
pub(crate) struct Packer<'a> {
    order: Order<'a>,
    binding: Binding<'a>,
    writer: block::Writer,
    /// The bytes of `order.meta`.
    meta: Vec<u8>,
    state: State,
    raw_len: u64,
    /// Room for a header, and the blocks of the entry in the making. Empty before the first block.
    buffer: Vec<u8>,
    /// The end of the last block in the buffer up to which it fits into a chunk.
    fits: usize,
    chunks: Vec<Bytes>,
}

/// What the entry in the making is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Empty,
    /// Perhaps inline, of one raw block so far.
    OneRaw,
    /// Perhaps inline.
    Inline,
    Chunk,
}

impl<'a> Packer<'a> {
    pub(crate) fn new(order: Order<'a>, binding: Binding<'a>) -> Self {
        let mut meta = Vec::with_capacity(16);
        order.meta.push(&mut meta);
        Self {
            writer: block::Writer::new(order.compress),
            order,
            binding,
            meta,
            state: State::Empty,
            raw_len: 0,
            buffer: Vec::new(),
            fits: 0,
            chunks: Vec::new(),
        }
    }

    /// The size that [`Blocks`](crate::codec::Blocks) must have for this packer: [`BLOCK_BYTES`], or less where entries are small.
    ///
    /// Raw blocks of this size fill a chunk.
    pub(crate) fn block_size(&self) -> usize {
        if !self.order.split {
            return BLOCK_BYTES;
        }
        let room = self.chunk_room();
        let blocks = room.div_ceil(BLOCK_BYTES + FRAME_BYTES).max(1);
        (room / blocks)
            .saturating_sub(FRAME_BYTES)
            .clamp(LEAST_BLOCK, BLOCK_BYTES)
    }

    /// Closes the write. `Overflow` if it had to be split and must not be.
    pub(crate) fn finish(mut self) -> Result<Packed, Overflow> {
        if self.state == State::Chunk {
            return self.finish_chunks();
        }
        if self.buffer.is_empty() {
            self.buffer.resize(self.front(), 0);
        }
        if !self.fits_inline() {
            return Err(Overflow);
        }
        let buffer = std::mem::take(&mut self.buffer);
        Ok(Packed {
            head: self.close_inline(buffer),
            chunks: Vec::new(),
        })
    }

    fn finish_chunks(mut self) -> Result<Packed, Overflow> {
        let last = std::mem::take(&mut self.buffer);
        self.close_chunk(last, true)?;
        Ok(Packed {
            head: self.manifest()?,
            chunks: self.chunks,
        })
    }

    fn seal(&self) -> Option<&'a Seal> {
        match self.order.lock {
            Lock::Plain => None,
            Lock::Sealed(seal) => Some(seal),
        }
    }

    fn is_sealed(&self) -> bool {
        self.seal().is_some()
    }

    /// What follows a body.
    fn trailer(&self) -> usize {
        if self.is_sealed() { TAG_BYTES } else { 0 }
    }

    /// What stands before the payload of an inline entry.
    fn inline_front(&self) -> usize {
        header::inline_len(self.is_sealed()) + self.meta.len()
    }

    /// The room in front of the blocks: enough for whatever the entry will be.
    fn front(&self) -> usize {
        self.inline_front().max(header::chunk_len(self.is_sealed()))
    }

    /// How many bytes of blocks go into a chunk.
    fn chunk_room(&self) -> usize {
        let framing = header::chunk_len(self.is_sealed()) + self.trailer();
        self.order.max_entry.saturating_sub(framing)
    }

    /// Whether the buffer is an inline entry as it stands.
    fn fits_inline(&self) -> bool {
        let payload = self.buffer.len() - self.payload_start();
        self.inline_front() + payload + self.trailer() <= self.order.max_entry
    }

    /// Where the payload of an inline entry starts: a single raw block does without its frame.
    fn payload_start(&self) -> usize {
        match self.state {
            State::OneRaw => self.front() + FRAME_BYTES,
            _ => self.front(),
        }
    }

    fn append(&mut self, block: &[u8]) {
        let front = self.front();
        if self.buffer.is_empty() {
            // To the byte: most values are one small block.
            let room = front + self.writer.room(block.len()) + self.trailer();
            self.buffer.reserve_exact(room);
            self.buffer.resize(front, 0);
        }
        let is_raw = self.writer.push(block, &mut self.buffer);
        self.state = match self.state {
            State::Empty if is_raw => State::OneRaw,
            State::Chunk => State::Chunk,
            _ => State::Inline,
        };
    }

    /// Closes a chunk with the blocks that fit into one; the others begin the next one.
    fn spill(&mut self) -> Result<(), Overflow> {
        let front = self.front();
        if self.fits <= front {
            return Err(Overflow);
        }
        let mut next = Vec::with_capacity(self.buffer.len());
        next.resize(front, 0);
        next.extend_from_slice(&self.buffer[self.fits..]);
        let mut full = std::mem::replace(&mut self.buffer, next);
        full.truncate(self.fits);
        self.close_chunk(full, false)?;
        self.fits = self.buffer.len();
        if self.buffer.len() - front > self.chunk_room() {
            return Err(Overflow);
        }
        Ok(())
    }

    fn close_inline(&self, mut entry: Vec<u8>) -> Bytes {
        let in_blocks = self.state == State::Inline;
        let kind = Kind::Inline { in_blocks };
        let header = Header::head(kind, self.order.schema, self.order.write_id, self.seal());
        let at = self.payload_start();
        let start = at - self.meta.len();
        entry[start..at].copy_from_slice(&self.meta);
        self.close(entry, start, &header, Place::Inline)
    }

    fn close_chunk(&mut self, entry: Vec<u8>, last: bool) -> Result<(), Overflow> {
        let index = self.chunks.len();
        // The manifest counts them in a u32.
        if index >= u32::MAX as usize {
            return Err(Overflow);
        }
        let index = index as u32;
        let header = Header::chunk(self.order.write_id, index, self.is_sealed());
        let place = Place::Chunk { index, last };
        let chunk = self.close(entry, self.front(), &header, place);
        self.chunks.push(chunk);
        Ok(())
    }

    fn manifest(&self) -> Result<Bytes, Overflow> {
        let Order {
            schema, write_id, ..
        } = self.order;
        let header = Header::head(Kind::Manifest, schema, write_id, self.seal());
        let start = header.as_bytes().len();
        let mut entry = vec![0; start];
        entry.extend_from_slice(&self.meta);
        let extent = Extent {
            chunks: self.chunks.len() as u32,
            raw_len: self.raw_len,
        };
        extent.push(&mut entry);
        if entry.len() + self.trailer() > self.order.max_entry {
            return Err(Overflow);
        }
        Ok(self.close(entry, start, &header, Place::Manifest))
    }

    /// Puts the header in front of the body, which begins at `start`, and locks both.
    fn close(&self, mut entry: Vec<u8>, start: usize, header: &Header, place: Place) -> Bytes {
        let header = header.as_bytes();
        let front = start - header.len();
        entry[front..start].copy_from_slice(header);
        if let Some(seal) = self.seal() {
            let tag = seal.seal(place, header, &mut entry[start..]);
            entry.reserve_exact(TAG_BYTES);
            entry.extend_from_slice(&tag);
        } else {
            let Binding { name, function } = self.binding;
            let name = match place {
                Place::Inline | Place::Manifest => name,
                Place::Chunk { index, .. } => &chunk_name(name, self.order.write_id, index),
            };
            header::sum(&mut entry[front..], place, Binding { name, function });
        }
        entry.shrink_to_fit();
        let mut entry = Bytes::from(entry);
        entry.advance(front);
        entry
    }
}

impl BlockSink for Packer<'_> {
    fn take(&mut self, block: &[u8]) -> Result<(), Overflow> {
        debug_assert!(!block.is_empty() && block.len() <= BLOCK_BYTES);
        self.raw_len += block.len() as u64;
        if self.raw_len > self.order.max_raw {
            return Err(Overflow);
        }
        self.append(block);
        let fits_chunk = self.buffer.len() - self.front() <= self.chunk_room();
        if fits_chunk {
            self.fits = self.buffer.len();
        }
        if self.state != State::Chunk {
            if self.fits_inline() {
                return Ok(());
            }
            if !self.order.split {
                return Err(Overflow);
            }
            self.state = State::Chunk;
        }
        if fits_chunk { Ok(()) } else { self.spill() }
    }
}
