//! Blocks: stretches of the encoded value, each compressed by itself, or raw. docs/envelope.md, section 3.

use lz4_flex::block::{
    CompressTable, compress_into_with_table, decompress_into, get_maximum_output_size,
};

use super::BLOCK_BYTES;
use crate::reject::Reject;

/// The two lengths in front of a block.
pub(super) const FRAME_BYTES: usize = 8;

/// Shorter blocks are not worth compressing.
const LEAST_COMPRESSED: usize = 512;

/// In the stored length: the bytes are raw.
const RAW: u32 = 1 << 31;

/// Writes blocks.
pub(super) enum Writer {
    Raw,
    /// Compresses; the table is made when it is needed.
    Lz4(Option<Box<CompressTable>>),
}

impl Writer {
    pub(super) fn new(compress: bool) -> Self {
        if compress { Self::Lz4(None) } else { Self::Raw }
    }

    /// How much room [`push`](Self::push) wants for a block of `len` bytes, though it may not keep it.
    pub(super) fn room(&self, len: usize) -> usize {
        match self {
            Self::Lz4(_) if len >= LEAST_COMPRESSED => FRAME_BYTES + get_maximum_output_size(len),
            _ => FRAME_BYTES + len,
        }
    }

    /// Appends a block; answers whether it is raw.
    pub(super) fn push(&mut self, block: &[u8], out: &mut Vec<u8>) -> bool {
        let start = out.len();
        if let Some(stored) = self.push_lz4(block, out) {
            push_lengths(&mut out[start..], stored as u32, block.len());
            return false;
        }
        out.truncate(start);
        out.resize(start + FRAME_BYTES, 0);
        push_lengths(&mut out[start..], block.len() as u32 | RAW, block.len());
        out.extend_from_slice(block);
        true
    }

    /// Appends room for the lengths and the compressed bytes; answers how many. `None` where it is not worth it.
    fn push_lz4(&mut self, block: &[u8], out: &mut Vec<u8>) -> Option<usize> {
        let Self::Lz4(table) = self else {
            return None;
        };
        if block.len() < LEAST_COMPRESSED {
            return None;
        }
        let start = out.len() + FRAME_BYTES;
        out.resize(start + get_maximum_output_size(block.len()), 0);
        let table = table.get_or_insert_with(|| Box::new(CompressTable::small()));
        let stored = compress_into_with_table(block, &mut out[start..], table).ok()?;
        out.truncate(start + stored);
        (stored + block.len().div_ceil(16) <= block.len()).then_some(stored)
    }
}

fn push_lengths(frame: &mut [u8], stored: u32, raw: usize) {
    frame[..4].copy_from_slice(&stored.to_le_bytes());
    frame[4..FRAME_BYTES].copy_from_slice(&(raw as u32).to_le_bytes());
}

/// A block as it is stored.
struct Stored<'a> {
    bytes: &'a [u8],
    raw_len: usize,
    is_raw: bool,
}

/// The length of the raw bytes of at least one block. Looks at the lengths alone, and allocates nothing.
pub(super) fn measure(mut blocks: &[u8]) -> Result<u64, Reject> {
    let mut total = 0u64;
    if blocks.is_empty() {
        return Err(Reject::Format);
    }
    while !blocks.is_empty() {
        let (block, rest) = split(blocks).ok_or(Reject::Format)?;
        total = total.saturating_add(block.raw_len as u64);
        blocks = rest;
    }
    Ok(total)
}

/// The length of the raw bytes of a chunk's blocks, which is torn where they are more than `max`.
pub(super) fn measure_within(blocks: &[u8], max: u64) -> Result<usize, Reject> {
    let len = measure(blocks)?;
    match usize::try_from(len) {
        Ok(bytes) if len <= max => Ok(bytes),
        _ => Err(Reject::Torn),
    }
}

/// Appends the blocks' raw bytes. On an error `out` is as before.
pub(super) fn unpack(mut blocks: &[u8], out: &mut Vec<u8>) -> Result<(), Reject> {
    let before = out.len();
    while !blocks.is_empty() {
        let unpacked = split(blocks).and_then(|(block, rest)| {
            block.unpack(out)?;
            Some(rest)
        });
        let Some(rest) = unpacked else {
            out.truncate(before);
            return Err(Reject::Format);
        };
        blocks = rest;
    }
    Ok(())
}

/// Reads a block off the front: it and the rest, or `None` where its lengths are not plausible.
fn split(blocks: &[u8]) -> Option<(Stored<'_>, &[u8])> {
    let (stored, rest) = blocks.split_first_chunk()?;
    let (raw_len, rest) = rest.split_first_chunk()?;
    let stored = u32::from_le_bytes(*stored);
    let raw_len = u32::from_le_bytes(*raw_len);
    let stored_len = stored & !RAW;
    let is_raw = stored & RAW != 0;
    let plausible = if is_raw {
        stored_len == raw_len
    } else {
        // LZ4 makes at most 255 bytes of one.
        stored_len < raw_len && u64::from(raw_len) <= 255 * u64::from(stored_len) + 64
    };
    if !plausible || raw_len == 0 || raw_len as usize > BLOCK_BYTES {
        return None;
    }
    let (bytes, rest) = rest.split_at_checked(stored_len as usize)?;
    let block = Stored {
        bytes,
        raw_len: raw_len as usize,
        is_raw,
    };
    Some((block, rest))
}

impl Stored<'_> {
    fn unpack(&self, out: &mut Vec<u8>) -> Option<()> {
        if self.is_raw {
            out.extend_from_slice(self.bytes);
            return Some(());
        }
        let start = out.len();
        out.resize(start + self.raw_len, 0);
        let unpacked = decompress_into(self.bytes, &mut out[start..]).ok()?;
        (unpacked == self.raw_len).then_some(())
    }
}
