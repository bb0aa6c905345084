//! What memo's parts cost by themselves: the same crates do the same work on the same bytes, and nothing else.

use crate::records::Record;
use crate::timing::{median, time};
use aes_gcm::{AeadInOut, Aes256Gcm, KeyInit};
use lz4_flex::block::{
    CompressTable, compress_into_with_table, decompress_into, get_maximum_output_size,
};
use std::time::Duration;

/// As in docs/envelope.md, section 3.
const BLOCK: usize = 256 << 10;

/// About the largest chunk of the store in this process.
const CHUNK: usize = 1 << 20;

/// Medians.
pub(crate) struct Parts {
    pub(crate) raw: usize,
    pub(crate) compressed: usize,
    /// Into memory that is in use already, as block by block.
    pub(crate) encode: Duration,
    pub(crate) compress: Duration,
    pub(crate) decompress: Duration,
    pub(crate) of_raw: OfBytes,
    pub(crate) of_compressed: OfBytes,
}

/// What is done to the bytes that are stored.
pub(crate) struct OfBytes {
    pub(crate) seal: Duration,
    pub(crate) open: Duration,
    pub(crate) checksum: Duration,
    pub(crate) copy: Duration,
}

/// Measures every part.
pub(crate) fn measure(records: &Vec<Record>, rounds: usize) -> Result<Parts, postcard::Error> {
    let raw = postcard::to_allocvec(records)?;
    let blocks = compress(&raw);
    let stored = blocks.concat();
    let mut buffer = raw.clone();
    Ok(Parts {
        raw: raw.len(),
        compressed: stored.len(),
        encode: median_of(rounds, || {
            postcard::to_slice(records, &mut buffer).map(drop)
        }),
        compress: median_of(rounds, || compress(&raw)),
        decompress: median_of(rounds, || decompress(&blocks, raw.len())),
        of_raw: of_bytes(&raw, rounds),
        of_compressed: of_bytes(&stored, rounds),
    })
}

fn median_of<T>(rounds: usize, mut work: impl FnMut() -> T) -> Duration {
    median((0..rounds).map(|_| time(&mut work).0))
}

fn compress(raw: &[u8]) -> Vec<Vec<u8>> {
    let mut table = CompressTable::small();
    let mut compress = |block: &[u8]| {
        let mut out = vec![0; get_maximum_output_size(block.len())];
        let len = compress_into_with_table(block, &mut out, &mut table)
            .expect("there is room for whatever it becomes");
        out.truncate(len);
        out
    };
    raw.chunks(BLOCK).map(&mut compress).collect()
}

fn decompress(blocks: &[Vec<u8>], len: usize) -> Vec<u8> {
    let mut raw = vec![0; len];
    for (block, out) in blocks.iter().zip(raw.chunks_mut(BLOCK)) {
        decompress_into(block, out).expect("it was compressed a moment ago");
    }
    raw
}

fn of_bytes(bytes: &[u8], rounds: usize) -> OfBytes {
    let cipher = Aes256Gcm::new(&[7; 32].into());
    let nonce = [0; 12].into();
    let mut sealed = bytes.to_vec();
    let mut tags = Vec::new();
    // The cipher takes the same time for any bytes: what is sealed once more need not be opened first.
    let seal = (0..rounds).map(|_| {
        let seal = |chunk: &mut [u8]| {
            cipher
                .encrypt_inout_detached(&nonce, b"", chunk.into())
                .expect("a chunk is shorter than 64 GiB")
        };
        let (took, sealed) = time(|| sealed.chunks_mut(CHUNK).map(seal).collect());
        tags = sealed;
        took
    });
    let seal = median(seal);
    let open = (0..rounds).map(|_| {
        let mut opened = sealed.clone();
        let open = |(chunk, tag): (&mut [u8], _)| {
            cipher
                .decrypt_inout_detached(&nonce, b"", chunk.into(), tag)
                .expect("nobody has changed it")
        };
        time(|| opened.chunks_mut(CHUNK).zip(&tags).for_each(open)).0
    });
    OfBytes {
        seal,
        open: median(open),
        checksum: median_of(rounds, || crc32fast::hash(bytes)),
        copy: median_of(rounds, || bytes.to_vec()),
    }
}
