//! Sequences, there and back, and all that must not pass for one.

use super::super::checksum::checksum;
use super::*;
use crate::varint;

impl Road {
    fn lock(&self) -> WriteLock {
        WriteLock::new(self.id, self.binding(), self.seal())
    }

    fn items_packer(&self, lock: &WriteLock) -> ItemsPacker {
        let order = ItemsOrder {
            schema: self.schema,
            compress: self.compress,
            max_entry: self.max_entry,
        };
        ItemsPacker::new(order, lock)
    }

    /// Packs the raw stream of a sequence as a producer does, who cuts a block where more follows.
    fn pack_items(&self, raw: &[u8]) -> Result<Packed, Overflow> {
        let lock = self.lock();
        let mut packer = self.items_packer(&lock);
        let (mut chunks, mut rest) = (Vec::new(), raw);
        while rest.len() > packer.block_size() {
            let (block, more) = rest.split_at(packer.block_size());
            chunks.push(packer.chunk(block, &lock)?);
            assert_eq!(packer.chunks() as usize, chunks.len());
            rest = more;
        }
        let packed = packer.finish(rest, count(raw), self.meta, &lock)?;
        assert!(packed.chunks.len() <= 1, "the others were handed out");
        chunks.extend(packed.chunks);
        let head = packed.head;
        Ok(Packed { head, chunks })
    }

    pub(super) fn packed_items(&self, raw: &[u8]) -> Packed {
        self.pack_items(raw).expect("it fits")
    }

    fn open_items(&self, head: &[u8]) -> Result<OpenedItems, Reject> {
        open_items(head, &self.wanted())
    }

    fn items_manifest(&self, packed: &Packed) -> ItemsManifest {
        match self.open_items(&packed.head) {
            Ok(OpenedItems::Chunked(manifest)) => *manifest,
            Ok(OpenedItems::Inline { .. }) => panic!("it is inline"),
            Err(reject) => panic!("{reject}"),
        }
    }

    pub(super) fn read_items_of(&self, head: &[u8], chunks: &[Bytes]) -> Result<Vec<u8>, Reject> {
        let manifest = match self.open_items(head)? {
            OpenedItems::Inline { meta, raw } => {
                assert_eq!(meta, self.meta);
                return Ok(raw);
            }
            OpenedItems::Chunked(manifest) => manifest,
        };
        assert_eq!(manifest.meta, self.meta);
        let mut raw = Vec::new();
        for index in 0..manifest.chunks {
            let chunk = chunks.get(index as usize).ok_or(Reject::MissingChunk)?;
            let last = index + 1 == manifest.chunks;
            let left = manifest.raw_len - raw.len() as u64;
            let max = left.min(BLOCK_BYTES as u64) as usize;
            manifest
                .lock
                .open_chunk(index, last, chunk, max, &mut raw)?;
        }
        if raw.len() as u64 != manifest.raw_len || count(&raw) != manifest.items {
            return Err(Reject::Torn);
        }
        Ok(raw)
    }

    fn read_items(&self, packed: &Packed) -> Result<Vec<u8>, Reject> {
        self.read_items_of(&packed.head, &packed.chunks)
    }

    fn items_refusal(&self, head: &[u8]) -> Option<Reject> {
        self.open_items(head).err()
    }
}

/// A raw stream of `len` bytes: items of up to 99 of what `fill` makes.
pub(super) fn stream(len: usize, fill: fn(usize) -> Vec<u8>) -> Vec<u8> {
    let filling = fill(len);
    let mut raw = Vec::with_capacity(len);
    while raw.len() < len {
        let item = (len - raw.len() - 1).min(99);
        let from = raw.len();
        varint::push(&mut raw, item as u64);
        raw.extend_from_slice(&filling[from..from + item]);
    }
    raw
}

/// How many items a raw stream has.
fn count(mut raw: &[u8]) -> u64 {
    let mut items = 0;
    while let Some((len, rest)) = varint::split(raw) {
        raw = &rest[len as usize..];
        items += 1;
    }
    assert!(raw.is_empty());
    items
}

#[track_caller]
fn assert_comes_back(road: &Road, raw: &[u8]) {
    let packed = road.packed_items(raw);
    let mut entries = packed.chunks.iter().chain([&packed.head]);
    assert!(entries.all(|entry| entry.len() <= road.max_entry));
    assert!(
        road.read_items(&packed) == Ok(raw.to_vec()),
        "{} bytes in entries of {}",
        raw.len(),
        road.max_entry
    );
}

/// Sequences in one entry, in one block, and in chunks; plain and sealed.
fn writes() -> Vec<(Road, Packed)> {
    let mut writes = Vec::new();
    for road in Road::all() {
        let (tiny, small) = (road.clone().tiny(), road.clone().small());
        writes.push((road.clone(), road.packed_items(&[])));
        writes.push((road.clone(), road.packed_items(&stream(40, noise))));
        writes.push((road.clone(), road.packed_items(&stream(600, text))));
        writes.push((tiny.clone(), tiny.packed_items(&stream(250, noise))));
        writes.push((small.clone(), small.packed_items(&stream(2000, text))));
    }
    writes
}

fn entries(packed: &Packed) -> Vec<Bytes> {
    let chunks = packed.chunks.iter().cloned();
    std::iter::once(packed.head.clone()).chain(chunks).collect()
}

fn with_replaced(road: &Road, packed: &Packed, at: usize, entry: Bytes) -> Result<Vec<u8>, Reject> {
    let mut entries = entries(packed);
    entries[at] = entry;
    road.read_items_of(&entries[0], &entries[1..])
}

#[test]
fn sequences_of_a_few_items_come_back() {
    for road in Road::all() {
        for raw in [&[][..], &[0], &[0, 0], &[3, 1, 2, 3], &[3, 1, 2, 3, 0]] {
            let packed = road.packed_items(raw);
            assert_eq!(packed.chunks.len(), 0);
            assert_comes_back(&road, raw);
        }
    }
}

#[test]
fn sequences_around_every_border_of_small_blocks_come_back() {
    for road in Road::all() {
        for compress in [true, false] {
            let road = Road {
                compress,
                ..road.clone()
            };
            for len in 0..500 {
                assert_comes_back(&road.clone().tiny(), &stream(len, noise));
            }
            for len in (0..12_000).step_by(97) {
                assert_comes_back(&road.clone().small(), &stream(len, text));
            }
        }
    }
}

#[test]
fn sequences_around_the_borders_of_full_blocks_come_back() {
    const BLOCK: usize = ITEMS_BLOCK;
    for road in Road::all() {
        for len in [BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK, 3 * BLOCK + 1] {
            for fill in [noise, text] {
                let raw = stream(len, fill);
                assert_comes_back(&road, &raw);
                let chunks = road.packed_items(&raw).chunks.len();
                assert_eq!(chunks, if len <= BLOCK { 0 } else { len.div_ceil(BLOCK) });
            }
        }
    }
}

#[test]
fn sequences_come_back_or_overflow_whatever_the_size_of_entries() {
    for road in Road::all() {
        let least = if road.seals.is_some() { 75 } else { 60 };
        for max_entry in 0..200 {
            let road = Road {
                max_entry,
                ..road.clone()
            };
            for len in [0, 1, 16, 17, 50, 100, 300, 1000] {
                let raw = stream(len, noise);
                match road.pack_items(&raw) {
                    Ok(_) => assert_comes_back(&road, &raw),
                    Err(Overflow) => assert!(max_entry < least, "{len} bytes, {max_entry}"),
                }
            }
        }
    }
}

#[test]
fn every_chunk_but_the_last_holds_a_full_block() {
    for road in Road::all() {
        for road in [road.clone().tiny(), road.small()] {
            let lock = road.lock();
            let size = road.items_packer(&lock).block_size();
            for len in [size + 1, 2 * size, 2 * size + 1, 7 * size - 1] {
                let packed = road.packed_items(&stream(len, noise));
                let last = packed.chunks.len() - 1;
                assert_eq!(packed.chunks.len(), len.div_ceil(size));
                for (index, chunk) in (0..).zip(&packed.chunks) {
                    let mut raw = Vec::new();
                    let is_last = index as usize == last;
                    let opened = lock.open_chunk(index, is_last, chunk, size, &mut raw);
                    assert_eq!(opened, Ok(()));
                    let expected = if is_last { len - last * size } else { size };
                    assert_eq!(raw.len(), expected);
                    if !is_last {
                        assert_eq!(chunk.len(), road.max_entry, "raw blocks fill their chunks");
                    }
                }
            }
        }
    }
}

#[test]
fn a_sequence_is_inline_where_it_is_a_block_that_fits() {
    for road in Road::all() {
        let road = Road {
            compress: false,
            ..road.tiny()
        };
        let framing = if road.seals.is_some() { 64 } else { 16 };
        let lock = road.lock();
        let most = road.items_packer(&lock).block_size().min(140 - framing);
        let packed = road.packed_items(&stream(most, noise));
        assert_eq!(packed.head.len(), framing + most);
        for len in 0..140 {
            let chunks = road.packed_items(&stream(len, noise)).chunks.len();
            assert_eq!(chunks > 0, len > most, "{len} bytes");
        }
    }
}

#[test]
fn a_last_chunk_is_never_empty() {
    for road in Road::all() {
        let road = road.tiny();
        let lock = road.lock();
        let mut packer = road.items_packer(&lock);
        let block = stream(packer.block_size(), noise);
        packer.chunk(&block, &lock).expect("it fits");
        let finished = packer.finish(&[], count(&block), road.meta, &lock);
        assert_eq!(finished.err(), Some(Overflow));
    }
}

#[test]
fn a_manifest_tells_the_length_and_the_items() {
    for road in Road::all() {
        let road = road.tiny();
        let raw = stream(500, noise);
        let packed = road.packed_items(&raw);
        let manifest = road.items_manifest(&packed);
        assert_eq!(manifest.chunks as usize, packed.chunks.len());
        assert_eq!((manifest.raw_len, manifest.items), (500, count(&raw)));
        assert_eq!(manifest.lock.write_id, ID);
    }
}

#[test]
fn a_sequence_in_chunks_may_be_of_any_length_and_one_in_an_entry_not() {
    for road in Road::all() {
        let limited = |max_raw| Road {
            max_raw,
            ..road.clone()
        };
        for fill in [noise, text] {
            let inline = road.packed_items(&stream(600, fill));
            assert_eq!(limited(600).items_refusal(&inline.head), None);
            let refusal = limited(599).items_refusal(&inline.head);
            assert_eq!(refusal, Some(Reject::Limit));
        }
        let chunked = road.clone().tiny().packed_items(&stream(600, noise));
        assert_eq!(limited(0).items_refusal(&chunked.head), None);
    }
}

#[test]
fn entries_of_sequences_hold_no_memory_that_they_do_not_need() {
    for road in Road::all() {
        for raw in [
            stream(100, noise),
            stream(600_000, text),
            stream(500_000, noise),
        ] {
            let packed = road.packed_items(&raw);
            for entry in packed.chunks.into_iter().chain([packed.head]) {
                let len = entry.len();
                let whole = Vec::from(entry);
                assert!(whole.capacity() - len < 64, "{len} bytes");
            }
        }
    }
}

#[test]
fn a_prefix_says_so() {
    for road in Road::all() {
        for raw in [stream(0, noise), stream(100, text), stream(900, noise)] {
            for is_prefix in [false, true] {
                let meta = Meta {
                    soft_ttl: Some(45),
                    cost: Some(1300),
                    is_prefix,
                    ..road.meta
                };
                let road = Road {
                    meta,
                    max_entry: 200,
                    ..road.clone()
                };
                // Reading compares the meta.
                assert_comes_back(&road, &raw);
            }
        }
    }
}

#[test]
fn no_value_is_a_prefix() {
    for road in Road::all() {
        let meta = Meta {
            is_prefix: true,
            ..road.meta
        };
        for road in [
            Road {
                meta,
                ..road.clone()
            },
            Road {
                meta,
                ..road.tiny()
            },
        ] {
            let packed = road.packed(&noise(250));
            assert_eq!(road.refusal(&packed.head), Some(Reject::Format));
        }
    }
}

#[test]
fn a_value_is_no_sequence_and_a_sequence_no_value() {
    for road in Road::all() {
        for road in [road.clone(), road.clone().tiny(), road.small()] {
            for raw in [stream(40, noise), stream(600, text)] {
                let (value, items) = (road.packed(&raw), road.packed_items(&raw));
                assert_eq!(road.items_refusal(&value.head), Some(Reject::Format));
                assert_eq!(road.refusal(&items.head), Some(Reject::Format));
                for head in [&value.head, &items.head] {
                    let relabelled = flipped(head, 8 + 5);
                    assert!(road.refusal(&relabelled).is_some());
                    assert!(road.items_refusal(&relabelled).is_some());
                }
            }
        }
    }
}

#[test]
fn a_flipped_bit_is_never_a_sequence() {
    for (road, packed) in writes() {
        for (at, entry) in entries(&packed).iter().enumerate() {
            for bit in 0..8 * entry.len() {
                let read = with_replaced(&road, &packed, at, flipped(entry, bit));
                assert!(read.is_err(), "entry {at}, bit {bit}");
            }
        }
    }
}

#[test]
fn a_truncated_or_longer_entry_is_never_a_sequence() {
    for (road, packed) in writes() {
        for (at, entry) in entries(&packed).iter().enumerate() {
            for len in 0..entry.len() {
                let read = with_replaced(&road, &packed, at, entry.slice(..len));
                assert!(read.is_err(), "entry {at}, {len} bytes");
            }
            for more in [&[0][..], &[0; 16], entry] {
                let longer = [entry, more].concat().into();
                let read = with_replaced(&road, &packed, at, longer);
                assert!(read.is_err(), "entry {at}");
            }
        }
    }
}

#[test]
fn a_sequence_of_another_name_function_shape_or_time_is_refused() {
    for (road, packed) in writes() {
        let expired = Road {
            now: road.now + 60,
            ..road.clone()
        };
        assert_eq!(expired.items_refusal(&packed.head), Some(Reject::Expired));
        let other_shape = Road {
            schema: *b"othr",
            ..road.clone()
        };
        let refusal = other_shape.items_refusal(&packed.head);
        assert_eq!(refusal, Some(Reject::Schema));
        let other_call = Road {
            name: OTHER_NAME,
            digest: Digest([8; 32]),
            ..road.clone()
        };
        let broken = match road.seals {
            None => Reject::Checksum,
            Some(_) => Reject::Commit,
        };
        assert_eq!(other_call.items_refusal(&packed.head), Some(broken));
    }
    let road = Road::plain().tiny();
    let packed = road.packed_items(&stream(250, noise));
    let other = Road {
        function: OTHER_FUNCTION,
        ..road.clone()
    };
    let refusal = other.items_refusal(&packed.head);
    assert_eq!(refusal, Some(Reject::Checksum));
    let mixed = other.packed_items(&stream(250, noise));
    let read = road.read_items_of(&packed.head, &mixed.chunks);
    assert_eq!(read, Err(Reject::Checksum));
}

/// Opens a chunk of `packed` as that of `index`, before something that is there already.
fn open_as(road: &Road, chunk: &[u8], index: u32, last: bool) -> Result<(), Reject> {
    let mut out = b"before".to_vec();
    let opened = road
        .lock()
        .open_chunk(index, last, chunk, BLOCK_BYTES, &mut out);
    assert!(out.starts_with(b"before"));
    assert_eq!(out.len() > 6, opened.is_ok());
    opened
}

#[test]
fn a_chunk_is_opened_in_its_place_only() {
    for road in Road::all() {
        let road = road.tiny();
        let packed = road.packed_items(&stream(500, noise));
        let last = packed.chunks.len() as u32 - 1;
        for (index, chunk) in (0..).zip(&packed.chunks) {
            assert_eq!(open_as(&road, chunk, index, index == last), Ok(()));
            let elsewhere = open_as(&road, chunk, index + 1, false);
            assert_eq!(elsewhere, Err(Reject::Torn));
            let mut relabelled = chunk.to_vec();
            relabelled[18..22].copy_from_slice(&(index + 1).to_le_bytes());
            let broken = match road.seals {
                None => Reject::Checksum,
                Some(_) => Reject::Tag,
            };
            for is_last in [true, false] {
                let relabelled = open_as(&road, &relabelled, index + 1, is_last);
                assert_eq!(relabelled, Err(broken));
            }
        }
    }
}

#[test]
fn a_chunk_of_another_write_is_torn() {
    for road in Road::all() {
        let road = road.tiny();
        let other = Road {
            id: OTHER_ID,
            ..road.clone()
        };
        let stray = other.packed_items(&stream(500, noise)).chunks[0].clone();
        assert_eq!(open_as(&other, &stray, 0, false), Ok(()));
        assert_eq!(open_as(&road, &stray, 0, false), Err(Reject::Torn));
        let mut relabelled = stray.to_vec();
        relabelled[2..18].copy_from_slice(&ID.0);
        assert!(open_as(&road, &relabelled, 0, false).is_err());
        let packed = road.packed_items(&stream(500, noise));
        assert_eq!(with_replaced(&road, &packed, 1, stray), Err(Reject::Torn));
    }
}

#[test]
fn parts_that_change_places_or_are_gone_are_no_sequence() {
    for road in Road::all() {
        let road = road.tiny();
        let packed = road.packed_items(&stream(500, noise));
        let read = |change: fn(&mut Vec<Bytes>)| {
            let mut chunks = packed.chunks.clone();
            change(&mut chunks);
            road.read_items_of(&packed.head, &chunks).err()
        };
        assert_eq!(read(|_| ()), None);
        assert_eq!(read(|chunks| chunks.swap(0, 1)), Some(Reject::Torn));
        assert_eq!(read(|chunks| drop(chunks.remove(0))), Some(Reject::Torn));
        let cut = read(|chunks| drop(chunks.pop()));
        assert_eq!(cut, Some(Reject::MissingChunk));
    }
}

/// One write id for two sequences is what no writer does; a sealed last chunk is the last one even then.
#[cfg(feature = "encrypt")]
#[test]
fn a_sealed_last_chunk_is_the_last_one() {
    let road = Road::sealed().tiny();
    let long = road.packed_items(&stream(500, noise));
    let last = long.chunks.len() as u32 - 1;
    for (index, chunk) in (0..).zip(&long.chunks) {
        let confused = open_as(&road, chunk, index, index != last);
        assert_eq!(confused, Err(Reject::Tag));
    }
    let short = road.packed_items(&stream(200, noise));
    let read = road.read_items_of(&short.head, &long.chunks);
    assert_eq!(read, Err(Reject::Tag));
    let read = road.read_items_of(&long.head, &short.chunks);
    assert_eq!(read, Err(Reject::Tag));
}

#[cfg(feature = "encrypt")]
#[test]
fn a_plain_sequence_is_not_taken_for_a_sealed_one_nor_a_sealed_for_a_plain() {
    let (plain, sealed) = (Road::plain().tiny(), Road::sealed().tiny());
    for len in [40, 250] {
        let raw = stream(len, noise);
        let (of_plain, of_sealed) = (plain.packed_items(&raw), sealed.packed_items(&raw));
        let downgrade = Some(Reject::Downgrade);
        assert_eq!(sealed.items_refusal(&of_plain.head), downgrade);
        assert_eq!(plain.items_refusal(&of_sealed.head), downgrade);
        if let (Some(plain_chunk), Some(sealed_chunk)) =
            (of_plain.chunks.first(), of_sealed.chunks.first())
        {
            assert_eq!(open_as(&sealed, plain_chunk, 0, false).err(), downgrade);
            assert_eq!(open_as(&plain, sealed_chunk, 0, false).err(), downgrade);
        }
    }
}

#[test]
fn a_chunk_with_more_than_is_wanted_is_torn_and_not_unpacked() {
    for road in Road::all() {
        let packed = road.packed_items(&stream(ITEMS_BLOCK + 1, text));
        let lock = road.lock();
        let mut out = Vec::new();
        let opened = lock.open_chunk(0, false, &packed.chunks[0], ITEMS_BLOCK - 1, &mut out);
        assert_eq!((opened, out.capacity()), (Err(Reject::Torn), 0));
        let opened = lock.open_chunk(0, false, &packed.chunks[0], ITEMS_BLOCK, &mut out);
        assert_eq!((opened, out.len()), (Ok(()), ITEMS_BLOCK));
    }
}

/// A manifest as somebody who can write into the store would make it.
fn forged(numbers: &[u64]) -> Bytes {
    let before = [&[0xe1, 2 | 8 | 32][..], b"shpe"].concat();
    let mut after = ID.0.to_vec();
    Road::plain().meta.push(&mut after);
    for &number in numbers {
        varint::push(&mut after, number);
    }
    let sum = checksum(&before, &after, Road::plain().binding());
    [&before[..], &sum, &after].concat().into()
}

#[test]
fn implausible_manifests_of_sequences_are_refused() {
    const FULL: u64 = BLOCK_BYTES as u64;
    let refusal = |numbers: &[u64]| Road::plain().items_refusal(&forged(numbers));
    for sound in [
        [1, 1, 1],
        [2, 2, 2],
        [2, 2 * FULL, 1],
        [u64::from(u32::MAX), u64::from(u32::MAX), 1],
    ] {
        assert_eq!(refusal(&sound), None, "{sound:?}");
    }
    for (what, numbers) in [
        ("no chunks", &[0, 4, 1][..]),
        ("nothing at all", &[0, 0, 0]),
        ("more chunks than bytes", &[5, 4, 1]),
        ("no items", &[2, 4, 0]),
        ("more items than bytes", &[2, 4, 5]),
        ("more than chunks can hold", &[2, 2 * FULL + 1, 1]),
        ("more than there is", &[2, u64::MAX, 1]),
        ("too many chunks to count", &[1 << 32, 1 << 40, 1]),
        ("a number too few", &[2, 4]),
        ("a number too many", &[2, 4, 1, 1]),
    ] {
        assert_eq!(refusal(numbers), Some(Reject::Format), "{what}");
    }
}

#[test]
fn chunks_have_no_flag_of_their_own_for_sequences() {
    for road in Road::all() {
        let road = road.tiny();
        let packed = road.packed_items(&stream(250, noise));
        assert_eq!(packed.head[1] & 32, 32);
        for (index, chunk) in (0..).zip(&packed.chunks) {
            assert_eq!(chunk[1] & 32, 0);
            let flagged = flipped(chunk, 8 + 5);
            assert_eq!(open_as(&road, &flagged, index, false), Err(Reject::Format));
        }
    }
}

#[test]
fn a_lock_goes_to_other_threads() {
    fn is_shared<T: Send + Sync>() {}
    is_shared::<WriteLock>();
    is_shared::<ItemsPacker>();
    is_shared::<ItemsManifest>();
}
