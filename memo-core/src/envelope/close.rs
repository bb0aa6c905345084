//! Entries in the making: blocks behind room for a header, and what closes them. docs/envelope.md, sections 1 to 3.

use bytes::{Buf, Bytes};

use super::block::{self, FRAME_BYTES};
use super::header::{self, Content, Header, Kind};
use super::manifest::Extent;
use super::{BLOCK_BYTES, Binding, chunk_name};
use crate::codec::Overflow;
use crate::seal::{Place, Seal, TAG_BYTES, WriteId};

/// Shorter blocks would be more frame than data.
const LEAST_BLOCK: usize = 16;

/// What protects a write.
#[derive(Clone, Copy)]
pub(crate) enum Lock<'a> {
    /// Checksums, bound to the names and the function.
    Plain(Binding<'a>),
    /// A seal.
    Sealed(&'a Seal),
}

/// Closes the entries of one write.
#[derive(Clone, Copy)]
pub(super) struct Closer<'a> {
    pub(super) content: Content,
    pub(super) schema: [u8; 4],
    /// The largest entry, inline or chunk, in bytes.
    pub(super) max_entry: usize,
    pub(super) write_id: WriteId,
    pub(super) lock: Lock<'a>,
}

impl<'a> Closer<'a> {
    /// What stands before the blocks of a chunk.
    pub(super) fn chunk_front(&self) -> usize {
        header::chunk_len(self.is_sealed())
    }

    /// Enough in front of blocks for whatever the entry will be.
    pub(super) fn front(&self, meta: &[u8]) -> usize {
        self.inline_front(meta).max(self.chunk_front())
    }

    /// How many bytes of blocks go into a chunk.
    pub(super) fn chunk_room(&self) -> usize {
        let framing = self.chunk_front() + self.trailer();
        self.max_entry.saturating_sub(framing)
    }

    /// The size of blocks that fill a chunk if `blocks` of them are stored raw, as far as blocks may have it.
    pub(super) fn block_size(&self, blocks: usize) -> usize {
        (self.chunk_room() / blocks)
            .saturating_sub(FRAME_BYTES)
            .clamp(LEAST_BLOCK, BLOCK_BYTES)
    }

    /// What follows a body.
    pub(super) fn trailer(&self) -> usize {
        if self.is_sealed() { TAG_BYTES } else { 0 }
    }

    /// Whether a draft is an inline entry as it stands.
    pub(super) fn fits_inline(&self, draft: &Draft, meta: &[u8]) -> bool {
        self.inline_front(meta) + draft.payload_len() + self.trailer() <= self.max_entry
    }

    /// The draft as an inline entry.
    pub(super) fn inline(&self, draft: Draft, meta: &[u8]) -> Bytes {
        let kind = Kind::Inline {
            in_blocks: draft.is_framed(),
        };
        let header = Header::head(self.content, kind, self.schema, self.write_id, self.seal());
        let at = draft.payload_start();
        let start = at - meta.len();
        let mut entry = draft.into_bytes();
        entry[start..at].copy_from_slice(meta);
        self.close(entry, start, &header, Place::Inline)
    }

    /// The draft as a chunk.
    pub(super) fn chunk(&self, draft: Draft, index: u32, last: bool) -> Result<Bytes, Overflow> {
        // The manifest counts them in a u32.
        if index == u32::MAX || draft.blocks_len() > self.chunk_room() {
            return Err(Overflow);
        }
        let header = Header::chunk(self.write_id, index, self.is_sealed());
        let (start, entry) = (draft.front, draft.into_bytes());
        Ok(self.close(entry, start, &header, Place::Chunk { index, last }))
    }

    pub(super) fn manifest(&self, meta: &[u8], extent: &Extent) -> Result<Bytes, Overflow> {
        let kind = Kind::Manifest;
        let header = Header::head(self.content, kind, self.schema, self.write_id, self.seal());
        let start = header.as_bytes().len();
        let mut entry = vec![0; start];
        entry.extend_from_slice(meta);
        extent.push(&mut entry);
        if entry.len() + self.trailer() > self.max_entry {
            return Err(Overflow);
        }
        Ok(self.close(entry, start, &header, Place::Manifest))
    }

    /// Puts the header in front of the body, which begins at `start`, and locks both.
    fn close(&self, mut entry: Vec<u8>, start: usize, header: &Header, place: Place) -> Bytes {
        let header = header.as_bytes();
        let front = start - header.len();
        entry[front..start].copy_from_slice(header);
        match self.lock {
            Lock::Sealed(seal) => {
                let tag = seal.seal(place, header, &mut entry[start..]);
                entry.reserve_exact(TAG_BYTES);
                entry.extend_from_slice(&tag);
            }
            Lock::Plain(Binding { name, function }) => {
                let name = match place {
                    Place::Inline | Place::Manifest => name,
                    Place::Chunk { index, .. } => &chunk_name(name, self.write_id, index),
                };
                header::sum(&mut entry[front..], place, Binding { name, function });
            }
        }
        entry.shrink_to_fit();
        let mut entry = Bytes::from(entry);
        entry.advance(front);
        entry
    }

    /// What stands before the payload of an inline entry.
    fn inline_front(&self, meta: &[u8]) -> usize {
        header::inline_len(self.is_sealed()) + meta.len()
    }

    fn seal(&self) -> Option<&'a Seal> {
        match self.lock {
            Lock::Plain(_) => None,
            Lock::Sealed(seal) => Some(seal),
        }
    }

    fn is_sealed(&self) -> bool {
        self.seal().is_some()
    }
}

/// An entry in the making.
pub(super) struct Draft {
    /// Room for a header, and blocks. Empty before the first one.
    bytes: Vec<u8>,
    front: usize,
    blocks: Blocks,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Blocks {
    None,
    /// A single one, which does without its frame if it is all of a value.
    OneRaw,
    Framed,
}

impl Draft {
    /// With room of `front` bytes.
    pub(super) fn new(front: usize) -> Self {
        Self {
            bytes: Vec::new(),
            front,
            blocks: Blocks::None,
        }
    }

    /// Appends a block; `trailer` is what will follow the last one.
    pub(super) fn push(&mut self, block: &[u8], writer: &mut block::Writer, trailer: usize) {
        if self.bytes.is_empty() {
            // To the byte: most values are one small block.
            let room = self.front + writer.room(block.len()) + trailer;
            self.bytes.reserve_exact(room);
            self.bytes.resize(self.front, 0);
        }
        let is_raw = writer.push(block, &mut self.bytes);
        self.blocks = match self.blocks {
            Blocks::None if is_raw => Blocks::OneRaw,
            _ => Blocks::Framed,
        };
    }

    /// Keeps `len` bytes of blocks; answers a draft of the others.
    pub(super) fn split_off(&mut self, len: usize) -> Self {
        let at = self.front + len;
        let mut bytes = Vec::with_capacity(self.bytes.len());
        bytes.resize(self.front, 0);
        bytes.extend_from_slice(&self.bytes[at..]);
        self.bytes.truncate(at);
        Self {
            bytes,
            front: self.front,
            blocks: Blocks::Framed,
        }
    }

    pub(super) fn blocks_len(&self) -> usize {
        self.bytes.len().saturating_sub(self.front)
    }

    fn payload_len(&self) -> usize {
        self.bytes.len().saturating_sub(self.payload_start())
    }

    /// Where the payload of an inline entry starts.
    fn payload_start(&self) -> usize {
        match self.blocks {
            Blocks::OneRaw => self.front + FRAME_BYTES,
            Blocks::None | Blocks::Framed => self.front,
        }
    }

    fn is_framed(&self) -> bool {
        self.blocks == Blocks::Framed
    }

    fn into_bytes(mut self) -> Vec<u8> {
        if self.bytes.is_empty() {
            self.bytes.resize(self.front, 0);
        }
        self.bytes
    }
}
