//! The parsers of bytes from outside, for fuzzers: each function runs one and asserts what must hold whatever the bytes are.

use super::header::{self, Chunk, ChunkGuard, Content, Head, HeadGuard, Kind};
use super::manifest::Extent;
use super::{
    BLOCK_BYTES, Binding, ItemsManifest, ItemsOrder, ItemsPacker, Keys, Manifest, Meta, Opened,
    OpenedItems, Packed, Wanted, WriteLock, block, chunk_name, open, open_items,
};
use crate::codec::Overflow;
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
        match head.content {
            Content::Value => value(&entry, schema),
            Content::Items => sequence(&entry, schema),
        }
    } else if let Some(chunk) = Chunk::parse(bytes)
        && matches!(chunk.guard, ChunkGuard::Plain { .. })
    {
        take(bytes, chunk.id);
    }
}

fn wanted(schema: [u8; 4]) -> Wanted<'static> {
    Wanted {
        binding: BINDING,
        schema,
        now: 0,
        max_raw: MAX_RAW,
        keys: Keys::Plain,
    }
}

/// Opens a plain entry of a value, with a sound checksum.
fn value(entry: &[u8], schema: [u8; 4]) {
    let wanted = wanted(schema);
    assert_eq!(open_items(entry, &wanted).err(), Some(Reject::Format));
    match open(entry, &wanted) {
        Ok(Opened::Inline { meta, raw }) => {
            assert!(!meta.is_prefix);
            assert_inline(entry, &raw);
        }
        Ok(Opened::Chunked(manifest)) => {
            assert!(!manifest.meta.is_prefix);
            assert!(manifest.chunks >= 1 && manifest.raw_len <= MAX_RAW);
            assert_eq!(manifest.finish(), Err(Reject::Torn));
        }
        Err(reject) => assert_late(reject),
    }
}

/// Opens a plain entry of a sequence, with a sound checksum.
fn sequence(entry: &[u8], schema: [u8; 4]) {
    let wanted = wanted(schema);
    assert_eq!(open(entry, &wanted).err(), Some(Reject::Format));
    match open_items(entry, &wanted) {
        Ok(OpenedItems::Inline { raw, .. }) => assert_inline(entry, &raw),
        Ok(OpenedItems::Chunked(manifest)) => {
            let ItemsManifest {
                chunks,
                raw_len,
                items,
                ..
            } = *manifest;
            assert!((1..=raw_len).contains(&u64::from(chunks)));
            assert!((1..=raw_len).contains(&items));
            assert!(raw_len.div_ceil(BLOCK_BYTES as u64) <= u64::from(chunks));
        }
        Err(reject) => assert_late(reject),
    }
}

fn assert_inline(entry: &[u8], raw: &[u8]) {
    assert!(raw.len() as u64 <= MAX_RAW);
    assert!(raw.len() <= 255 * entry.len());
}

/// What may be wrong with an entry whose checksum is sound.
fn assert_late(reject: Reject) {
    assert!(
        matches!(reject, Reject::Format | Reject::Expired | Reject::Limit),
        "{reject}"
    );
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
    open_chunk(&chunk, id);
    let meta = Meta {
        created: 0,
        ttl: 0,
        soft_ttl: None,
        cost: None,
        is_prefix: false,
    };
    let extent = Extent {
        chunks: 1,
        raw_len: MAX_RAW,
        items: 0,
    };
    let mut manifest = Manifest::new(meta, extent, WriteLock::new(id, BINDING, None));
    match manifest.take(&chunk) {
        Ok(()) => assert_eq!(manifest.take(&chunk), Err(Reject::Torn)),
        Err(reject) => assert!(matches!(reject, Reject::Format | Reject::Torn), "{reject}"),
    }
}

/// Opens a chunk as one of a sequence, with no more room than a block needs.
fn open_chunk(chunk: &[u8], id: WriteId) {
    let mut raw = vec![7];
    let lock = WriteLock::new(id, BINDING, None);
    match lock.open_chunk(0, true, chunk, BLOCK_BYTES, &mut raw) {
        Ok(()) => assert!((2..=1 + BLOCK_BYTES).contains(&raw.len())),
        Err(reject) => {
            assert!(matches!(reject, Reject::Format | Reject::Torn), "{reject}");
            assert_eq!(raw, [7]);
        }
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
    let [of_value, of_items] =
        [Content::Value, Content::Items].map(|content| Extent::parse(payload, content));
    assert!(of_value.is_none() || of_items.is_none());
    if let Some(extent) = of_value.or(of_items) {
        assert!(extent.chunks >= 1 && u64::from(extent.chunks) <= extent.raw_len);
        assert!(extent.items <= extent.raw_len);
        extent.push(&mut written);
        assert_eq!(written, bytes);
    }
}

/// The bytes as the raw stream of a sequence, there and back. The first three say how large entries are, and whether they are compressed.
pub fn items(bytes: &[u8]) {
    let Some((&[low, high, options], raw)) = bytes.split_first_chunk() else {
        return;
    };
    let order = ItemsOrder {
        schema: *b"shpe",
        compress: options & 1 != 0,
        max_entry: usize::from(u16::from_le_bytes([low, high])),
    };
    let meta = Meta {
        created: 0,
        ttl: 0,
        soft_ttl: None,
        cost: None,
        is_prefix: options & 2 != 0,
    };
    let lock = WriteLock::new(WriteId([7; 16]), BINDING, None);
    let max_entry = order.max_entry;
    match pack(order, raw, meta, &lock) {
        Ok(packed) => {
            let mut entries = packed.chunks.iter().chain([&packed.head]);
            assert!(entries.all(|entry| entry.len() <= max_entry));
            assert_eq!(unpack(&packed), (meta, raw.to_vec()));
        }
        Err(Overflow) => assert!(max_entry < 60, "{max_entry}"),
    }
}

fn pack(order: ItemsOrder, raw: &[u8], meta: Meta, lock: &WriteLock) -> Result<Packed, Overflow> {
    let mut packer = ItemsPacker::new(order, lock);
    let (mut chunks, mut rest) = (Vec::new(), raw);
    while rest.len() > packer.block_size() {
        let (block, after) = rest.split_at(packer.block_size());
        chunks.push(packer.chunk(block, lock)?);
        rest = after;
    }
    let packed = packer.finish(rest, raw.len() as u64, meta, lock)?;
    chunks.extend(packed.chunks);
    Ok(Packed { chunks, ..packed })
}

fn unpack(packed: &Packed) -> (Meta, Vec<u8>) {
    match open_items(&packed.head, &wanted(*b"shpe")) {
        Ok(OpenedItems::Inline { meta, raw }) => (meta, raw),
        Ok(OpenedItems::Chunked(manifest)) => {
            let mut raw = Vec::new();
            assert_eq!(manifest.chunks as usize, packed.chunks.len());
            for (index, chunk) in (0..).zip(&packed.chunks) {
                let last = index + 1 == manifest.chunks;
                let lock = &manifest.lock;
                let opened = lock.open_chunk(index, last, chunk, BLOCK_BYTES, &mut raw);
                assert_eq!(opened, Ok(()));
            }
            assert_eq!(raw.len() as u64, manifest.raw_len);
            (manifest.meta, raw)
        }
        Err(reject) => panic!("{reject}"),
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
