//! The parsers of bytes from outside, for fuzzers: each function runs one and asserts what must hold whatever the bytes are.

use super::header::{self, Chunk, ChunkGuard, Head, HeadGuard, Kind};
use super::manifest::{ChunkLock, Extent};
use super::{BLOCK_BYTES, Binding, Keys, Manifest, Meta, Opened, Wanted, block, chunk_name, open};
use crate::reject::Reject;
use crate::seal::{Place, WriteId};

const BINDING: Binding<'_> = Binding {
    name: "shop:user:42",
    function: "pshop::user",
};

/// The longest value that a reader here takes.
const MAX_RAW: u64 = 4 << 20;

/// A whole entry: its header and, under a checksum that is put right, all the rest.
pub fn header(bytes: &[u8]) {
    if let Some(head) = Head::parse(bytes) {
        assert!(Chunk::parse(bytes).is_none(), "both a chunk and not");
        let HeadGuard::Plain { .. } = head.guard else {
            return;
        };
        let schema = head.schema;
        let manifest = head.kind == Kind::Manifest;
        assert_eq!(head.id().is_some(), manifest);
        let mut entry = bytes.to_vec();
        header::sum(&mut entry, Place::Inline, BINDING);
        entry_of(&entry, schema);
    } else if let Some(chunk) = Chunk::parse(bytes)
        && matches!(chunk.guard, ChunkGuard::Plain { .. })
    {
        take(bytes, chunk.id);
    }
}

/// Opens a plain entry with a sound checksum.
fn entry_of(entry: &[u8], schema: [u8; 4]) {
    let wanted = Wanted {
        binding: BINDING,
        schema,
        now: 0,
        max_raw: MAX_RAW,
        keys: Keys::Plain,
    };
    match open(entry, &wanted) {
        Ok(Opened::Inline { raw, .. }) => {
            assert!(raw.len() as u64 <= MAX_RAW);
            assert!(raw.len() <= 255 * entry.len());
        }
        Ok(Opened::Chunked(manifest)) => {
            assert!(manifest.chunks >= 1 && manifest.raw_len <= MAX_RAW);
            assert_eq!(manifest.finish(), Err(Reject::Torn));
        }
        Err(reject) => assert!(
            matches!(reject, Reject::Format | Reject::Expired | Reject::Limit),
            "{reject}"
        ),
    }
}

/// Takes a plain chunk as the first one, with a sound checksum.
fn take(chunk: &[u8], id: WriteId) {
    let mut chunk = chunk.to_vec();
    let place = Place::Chunk {
        index: 0,
        last: true,
    };
    chunk[18..22].fill(0);
    let name = &chunk_name(BINDING.name, id, 0);
    header::sum(&mut chunk, place, Binding { name, ..BINDING });
    let meta = Meta {
        created: 0,
        ttl: 0,
        soft_ttl: None,
        cost: None,
    };
    let extent = Extent {
        chunks: 1,
        raw_len: MAX_RAW,
    };
    let mut manifest = Manifest::new(meta, id, extent, ChunkLock::plain(BINDING));
    match manifest.take(&chunk) {
        Ok(()) => assert_eq!(manifest.take(&chunk), Err(Reject::Torn)),
        Err(reject) => assert!(matches!(reject, Reject::Format | Reject::Torn), "{reject}"),
    }
}

/// The body of a manifest, which is written in one way only.
pub fn manifest(bytes: &[u8]) {
    let Some((meta, payload)) = Meta::split(bytes) else {
        return;
    };
    let mut written = Vec::new();
    meta.push(&mut written);
    assert_eq!(written, bytes[..bytes.len() - payload.len()]);
    if let Some(extent) = Extent::parse(payload) {
        assert!(extent.chunks >= 1 && u64::from(extent.chunks) <= extent.raw_len);
        extent.push(&mut written);
        assert_eq!(written, bytes);
    }
}

/// Blocks; and the bytes as a block, there and back.
pub fn block(bytes: &[u8]) {
    if let Ok(len) = block::measure(bytes)
        && len <= MAX_RAW
    {
        let mut raw = vec![7];
        match block::unpack(bytes, &mut raw) {
            Ok(()) => assert_eq!(raw.len() as u64, 1 + len),
            Err(_) => assert_eq!(raw, [7]),
        }
    }
    if (1..=BLOCK_BYTES).contains(&bytes.len()) {
        let (mut stored, mut raw) = (Vec::new(), Vec::new());
        block::Writer::new(true).push(bytes, &mut stored);
        assert_eq!(block::measure(&stored), Ok(bytes.len() as u64));
        assert_eq!(block::unpack(&stored, &mut raw), Ok(()));
        assert_eq!(raw, bytes);
    }
}
