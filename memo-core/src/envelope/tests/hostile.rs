//! Entries as somebody who can write into the store would make them: with a sound checksum.

use super::super::checksum::checksum;
use super::*;
use crate::varint;

fn body(payload: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    Road::plain().meta.push(&mut body);
    body.extend_from_slice(payload);
    body
}

fn entry(before: &[u8], after: &[u8], name: &str) -> Bytes {
    let binding = Binding {
        name,
        function: FUNCTION,
    };
    [before, &checksum(before, after, binding), after]
        .concat()
        .into()
}

fn head(flags: u8, after: &[u8]) -> Bytes {
    entry(&[&[0xe1, flags][..], b"shpe"].concat(), after, NAME)
}

fn inline(payload: &[u8]) -> Bytes {
    head(1, &body(payload))
}

fn in_blocks(payload: &[u8]) -> Bytes {
    head(1 | 8, &body(payload))
}

fn numbers(numbers: &[u64]) -> Vec<u8> {
    let mut out = Vec::new();
    numbers
        .iter()
        .for_each(|&number| varint::push(&mut out, number));
    out
}

fn manifest(payload: &[u8]) -> Bytes {
    head(2 | 8, &[&ID.0[..], &body(payload)].concat())
}

fn chunk(index: u32, blocks: &[u8]) -> Bytes {
    let before = [&[0xe1, 3 | 8][..], &ID.0, &index.to_le_bytes()].concat();
    entry(&before, blocks, &chunk_name(NAME, ID, index))
}

fn block(stored_len: u32, raw_len: u32, bytes: &[u8]) -> Vec<u8> {
    [&stored_len.to_le_bytes(), &raw_len.to_le_bytes(), bytes].concat()
}

const RAW: u32 = 1 << 31;

fn refusal(entry: &[u8]) -> Option<Reject> {
    Road::plain().refusal(entry)
}

#[test]
fn these_forgeries_are_read_where_nothing_is_wrong() {
    assert_eq!(refusal(&inline(b"value")), None);
    assert_eq!(refusal(&in_blocks(&block(RAW | 3, 3, b"abc"))), None);
    let head = manifest(&numbers(&[2, 4, 0]));
    let chunks = [
        chunk(0, &block(RAW | 3, 3, b"abc")),
        chunk(1, &block(RAW | 1, 1, b"d")),
    ];
    assert_eq!(
        Road::plain().read_parts(&head, &chunks),
        Ok(b"abcd".to_vec())
    );
}

#[test]
fn implausible_blocks_are_refused() {
    let lz4 = lz4_flex::block::compress(&[0; 1000]);
    let stored = lz4.len() as u32;
    assert_eq!(refusal(&in_blocks(&block(stored, 1000, &lz4))), None);
    let forged = [
        ("no block at all", vec![]),
        ("half a frame", vec![1, 0, 0, 0]),
        ("4 GiB raw", block(RAW | 3, u32::MAX, b"abc")),
        ("4 GiB of three bytes", block(3, u32::MAX, b"abc")),
        (
            "one more than a block has",
            block(2000, 262_145, &[0; 2000]),
        ),
        (
            "more than LZ4 makes of it",
            block(stored, 255 * stored + 65, &lz4),
        ),
        ("one byte more", block(stored, 1001, &lz4)),
        ("one byte less", block(stored, 999, &lz4)),
        ("stored bytes cut off", block(stored, 1000, &lz4[1..])),
        ("2 GiB of stored bytes", block(RAW - 1, 1000, &lz4)),
        (
            "a raw one longer than a block",
            block(RAW | 262_145, 262_145, &noise(262_145)),
        ),
        ("not compressed, and not raw", block(3, 3, b"abc")),
        ("longer when compressed", block(stored, stored - 1, &lz4)),
        ("raw, of two lengths", block(RAW | 3, 2, b"abc")),
        ("of nothing, raw", block(RAW, 0, b"")),
        ("of nothing, compressed", block(1, 0, &[0])),
        ("sound LZ4 that saves nothing", block(4, 3, b"\x30abc")),
        ("from nothing", block(0, 64, b"")),
        (
            "something behind the last block",
            [&block(RAW | 3, 3, b"abc")[..], b"d"].concat(),
        ),
        ("noise", block(2000, 4000, &noise(2000))),
    ];
    for (what, blocks) in forged {
        assert_eq!(refusal(&in_blocks(&blocks)), Some(Reject::Format), "{what}");
        let head = manifest(&numbers(&[1, 1 << 20, 0]));
        let read = Road::plain().read_parts(&head, &[chunk(0, &blocks)]);
        assert_eq!(read, Err(Reject::Format), "{what}, in a chunk");
    }
}

#[test]
fn a_decompression_bomb_stops_at_the_limit() {
    let lz4 = lz4_flex::block::compress(&vec![0; BLOCK_BYTES]);
    let bomb = block(lz4.len() as u32, BLOCK_BYTES as u32, &lz4).repeat(200);
    let road = Road {
        max_raw: 50 << 20,
        ..Road::plain()
    };
    assert_eq!(road.refusal(&in_blocks(&bomb)), None);
    let road = Road {
        max_raw: (50 << 20) - 1,
        ..road
    };
    assert_eq!(road.refusal(&in_blocks(&bomb)), Some(Reject::Limit));

    let head = manifest(&numbers(&[2, 60 << 20, 0]));
    let chunks = [chunk(0, &bomb), chunk(1, &bomb)];
    assert_eq!(Road::plain().read_parts(&head, &chunks), Err(Reject::Torn));
}

#[test]
fn implausible_manifests_are_refused() {
    const FOUR_BILLION: u64 = u32::MAX as u64;
    let forged = [
        ("no chunk", vec![0, 4, 0], Reject::Format),
        ("no chunk and no byte", vec![0, 0, 0], Reject::Format),
        ("more chunks than bytes", vec![5, 4, 0], Reject::Format),
        (
            "4 billion chunks of nothing",
            vec![FOUR_BILLION, 100, 0],
            Reject::Format,
        ),
        (
            "4 billion chunks",
            vec![FOUR_BILLION, FOUR_BILLION, 0],
            Reject::Limit,
        ),
        (
            "too many to count",
            vec![FOUR_BILLION + 1, u64::MAX, 0],
            Reject::Format,
        ),
        (
            "more than there is memory",
            vec![2, u64::MAX, 0],
            Reject::Limit,
        ),
        ("a stream", vec![2, 4, 1], Reject::Format),
        ("one number too few", vec![2, 4], Reject::Format),
        ("one number too many", vec![2, 4, 0, 0], Reject::Format),
    ];
    for (what, payload, reason) in forged {
        assert_eq!(
            refusal(&manifest(&numbers(&payload))),
            Some(reason),
            "{what}"
        );
    }
}

#[test]
fn numbers_in_more_bytes_than_needed_are_refused() {
    for payload in [
        &[0x82, 0x00, 4, 0][..],
        &[2, 0x84, 0x80, 0x00, 0],
        &[2, 4, 0x80, 0x00],
        &[0xff; 40],
    ] {
        assert_eq!(
            refusal(&manifest(payload)),
            Some(Reject::Format),
            "{payload:?}"
        );
    }
    let long_ttl = [&1u32.to_le_bytes()[..], &[0xbc, 0x00], &[0], b"value"].concat();
    assert_eq!(refusal(&head(1, &long_ttl)), Some(Reject::Format));
}

#[test]
fn a_manifest_gets_all_its_bytes_and_no_more() {
    let abc = block(RAW | 3, 3, b"abc");
    let read = |raw_len| {
        let head = manifest(&numbers(&[2, raw_len, 0]));
        Road::plain().read_parts(&head, &[chunk(0, &abc), chunk(1, &abc)])
    };
    assert_eq!(read(6), Ok(b"abcabc".to_vec()));
    assert_eq!(read(5), Err(Reject::Torn));
    assert_eq!(read(7), Err(Reject::Torn));
}

#[test]
fn no_chunk_is_taken_after_the_last_one() {
    let head = manifest(&numbers(&[2, 9, 0]));
    let Ok(Opened::Chunked(mut manifest)) = Road::plain().open(&head) else {
        panic!("it is sound");
    };
    let abc = block(RAW | 3, 3, b"abc");
    assert_eq!(manifest.take(&chunk(0, &abc)), Ok(()));
    assert_eq!(manifest.take(&chunk(1, &abc)), Ok(()));
    assert_eq!(manifest.take(&chunk(2, &abc)), Err(Reject::Torn));
}

#[test]
fn a_body_that_is_cut_off_is_refused() {
    let whole = body(b"");
    for len in 0..whole.len() {
        assert_eq!(
            refusal(&head(1, &whole[..len])),
            Some(Reject::Format),
            "{len}"
        );
    }
    assert_eq!(refusal(&head(1, &whole)), None);
}
