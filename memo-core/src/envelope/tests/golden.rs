//! Entries of every kind, byte by byte, kept for ever: each line of a file is the name of an entry and its bytes.
//!
//! `MEMO_BLESS=1` prints what would be written today. Another LZ4 encoder may find other bytes for the same block, so those of compressed
//! entries are only read.

use super::sequences::stream;
use super::*;

struct Golden {
    file: &'static str,
    road: Road,
    /// The encoded value, or the raw stream of a sequence.
    raw: Vec<u8>,
    is_sequence: bool,
    /// Whether the bytes hang on nothing but this page.
    is_exact: bool,
}

impl Golden {
    fn entries(&self) -> Vec<(String, Vec<u8>)> {
        let line = |line: &str| {
            let (name, hex) = line.split_once(' ').expect("a name and bytes");
            (name.to_owned(), bytes(hex))
        };
        self.file.lines().map(line).collect()
    }

    /// The name in the store: that of a sealed entry shows its digest.
    fn name(&self) -> String {
        match self.road.seals {
            None => self.road.name.to_owned(),
            Some(_) => sealed_name("shop", &self.road.digest, 200),
        }
    }

    fn written(&self) -> Vec<(String, Vec<u8>)> {
        let packed = if self.is_sequence {
            self.road.packed_items(&self.raw)
        } else {
            self.road.packed(&self.raw)
        };
        let name = self.name();
        let chunks = (0..).zip(&packed.chunks);
        let chunks = chunks.map(|(at, chunk)| (chunk_name(&name, ID, at), chunk.to_vec()));
        let head = (name.clone(), packed.head.to_vec());
        std::iter::once(head).chain(chunks).collect()
    }

    fn read(&self) -> Result<Vec<u8>, Reject> {
        let entries = self.entries();
        assert_eq!(entries[0].0, self.name());
        let mut entries = entries.into_iter().map(|(_, entry)| Bytes::from(entry));
        let head = entries.next().expect("the head comes first");
        let chunks: Vec<_> = entries.collect();
        if self.is_sequence {
            self.road.read_items_of(&head, &chunks)
        } else {
            self.road.read_parts(&head, &chunks)
        }
    }
}

fn bytes(hex: &str) -> Vec<u8> {
    let digit = |at| u8::from_str_radix(&hex[at..at + 2], 16).expect("hex");
    (0..hex.len()).step_by(2).map(digit).collect()
}

fn goldens() -> Vec<Golden> {
    let plain = [
        values_of(
            Road::plain(),
            [
                include_str!("../golden/plain-inline.hex"),
                include_str!("../golden/plain-lz4.hex"),
                include_str!("../golden/plain-chunks.hex"),
            ],
        ),
        sequences_of(
            Road::plain(),
            [
                include_str!("../golden/plain-items-inline.hex"),
                include_str!("../golden/plain-items-lz4.hex"),
                include_str!("../golden/plain-items-chunks.hex"),
            ],
        ),
    ];
    #[cfg(feature = "encrypt")]
    let sealed = [
        values_of(
            Road::sealed(),
            [
                include_str!("../golden/sealed-inline.hex"),
                include_str!("../golden/sealed-lz4.hex"),
                include_str!("../golden/sealed-chunks.hex"),
            ],
        ),
        sequences_of(
            Road::sealed(),
            [
                include_str!("../golden/sealed-items-inline.hex"),
                include_str!("../golden/sealed-items-lz4.hex"),
                include_str!("../golden/sealed-items-chunks.hex"),
            ],
        ),
    ];
    #[cfg(not(feature = "encrypt"))]
    let sealed = [];
    plain.into_iter().chain(sealed).flatten().collect()
}

/// An inline entry, one of a compressed block, and a write of three chunks.
fn values_of(road: Road, [inline, lz4, chunks]: [&'static str; 3]) -> Vec<Golden> {
    let meta = Meta {
        soft_ttl: Some(45),
        cost: Some(1300),
        ..road.meta
    };
    let golden = |file, road, raw, is_exact| Golden {
        file,
        road,
        raw,
        is_sequence: false,
        is_exact,
    };
    let full = Road {
        meta,
        ..road.clone()
    };
    vec![
        golden(inline, full, b"a value of one block".to_vec(), true),
        golden(lz4, road.clone(), text(600), false),
        golden(chunks, road.tiny(), (0..240).collect(), true),
    ]
}

/// Of sequences: a prefix, one of a compressed block, and a write of three chunks.
fn sequences_of(road: Road, [inline, lz4, chunks]: [&'static str; 3]) -> Vec<Golden> {
    let meta = Meta {
        soft_ttl: Some(45),
        is_prefix: true,
        ..road.meta
    };
    let golden = |file, road, raw, is_exact| Golden {
        file,
        road,
        raw,
        is_sequence: true,
        is_exact,
    };
    let prefix = Road {
        meta,
        ..road.clone()
    };
    let counted = |len| (0..len).map(|at| at as u8).collect();
    vec![
        golden(inline, prefix, b"\x03two\x00\x05items".to_vec(), true),
        golden(lz4, road.clone(), stream(600, text), false),
        golden(chunks, road.tiny(), stream(240, counted), true),
    ]
}

#[test]
fn entries_written_long_ago_are_read() {
    for golden in goldens() {
        assert_eq!(golden.read(), Ok(golden.raw));
    }
}

#[test]
fn entries_are_written_as_they_always_were() {
    let is_blessed = std::env::var_os("MEMO_BLESS").is_some();
    for golden in goldens() {
        let written = golden.written();
        for (name, bytes) in written.iter().filter(|_| is_blessed) {
            let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            eprintln!("{name} {hex}");
        }
        if golden.is_exact && !is_blessed {
            assert_eq!(written, golden.entries());
        }
    }
}
