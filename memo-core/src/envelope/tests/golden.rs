//! Entries of every kind, byte by byte, kept for ever: each line of a file is the name of an entry and its bytes.
//!
//! `MEMO_BLESS=1` prints what would be written today. Another LZ4 encoder may find other bytes for the same block, so those of compressed
//! entries are only read.

use super::*;

struct Golden {
    file: &'static str,
    road: Road,
    raw: Vec<u8>,
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
        let packed = self.road.packed(&self.raw);
        let name = self.name();
        let chunks = (0..).zip(&packed.chunks);
        let chunks = chunks.map(|(at, chunk)| (chunk_name(&name, ID, at), chunk.to_vec()));
        let head = (name.clone(), packed.head.to_vec());
        std::iter::once(head).chain(chunks).collect()
    }
}

fn bytes(hex: &str) -> Vec<u8> {
    let digit = |at| u8::from_str_radix(&hex[at..at + 2], 16).expect("hex");
    (0..hex.len()).step_by(2).map(digit).collect()
}

fn goldens() -> Vec<Golden> {
    let value = b"a value of one block";
    let plain = golden_of(
        Road::plain(),
        value,
        [
            include_str!("../golden/plain-inline.hex"),
            include_str!("../golden/plain-lz4.hex"),
            include_str!("../golden/plain-chunks.hex"),
        ],
    );
    #[cfg(feature = "encrypt")]
    let sealed = golden_of(
        Road::sealed(),
        value,
        [
            include_str!("../golden/sealed-inline.hex"),
            include_str!("../golden/sealed-lz4.hex"),
            include_str!("../golden/sealed-chunks.hex"),
        ],
    );
    #[cfg(not(feature = "encrypt"))]
    let sealed = Vec::new();
    [plain, sealed].into_iter().flatten().collect()
}

/// An inline entry, one of a compressed block, and a write of three chunks.
fn golden_of(road: Road, value: &[u8], [inline, lz4, chunks]: [&'static str; 3]) -> Vec<Golden> {
    let meta = Meta {
        soft_ttl: Some(45),
        cost: Some(1300),
        ..road.meta
    };
    vec![
        Golden {
            file: inline,
            road: Road {
                meta,
                ..road.clone()
            },
            raw: value.to_vec(),
            is_exact: true,
        },
        Golden {
            file: lz4,
            road: road.clone(),
            raw: text(600),
            is_exact: false,
        },
        Golden {
            file: chunks,
            road: road.tiny(),
            raw: (0..240).collect(),
            is_exact: true,
        },
    ]
}

#[test]
fn entries_written_long_ago_are_read() {
    for golden in goldens() {
        let entries = golden.entries();
        let chunks: Vec<Bytes> = entries[1..]
            .iter()
            .map(|(_, chunk)| chunk.clone().into())
            .collect();
        assert_eq!(entries[0].0, golden.name());
        assert_eq!(
            golden.road.read_parts(&entries[0].1, &chunks),
            Ok(golden.raw)
        );
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
