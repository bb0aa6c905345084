//! Whole entries, there and back, and everything that may happen to them on the way.

mod golden;
mod hostile;
mod properties;
mod round_trip;
mod sequences;
mod tampering;

use bytes::Bytes;

use super::*;
use crate::codec::{Blocks, Overflow};
use crate::reject::Reject;
use crate::seal::{Digest, Seal, Seals, WriteId};

const NAME: &str = "shop:user:42";
const OTHER_NAME: &str = "shop:user:43";
const FUNCTION: &str = "pshop::user";
const OTHER_FUNCTION: &str = "nshop::user";
const ID: WriteId = WriteId([
    0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7, 0xa8, 0xa9, 0xaa, 0xab, 0xac, 0xad, 0xae, 0xaf,
]);
const OTHER_ID: WriteId = WriteId([0xbb; 16]);

/// A writer and a reader who agree, until a test says otherwise.
#[derive(Clone)]
struct Road {
    /// `None` where entries are plain.
    seals: Option<Seals>,
    digest: Digest,
    name: &'static str,
    function: &'static str,
    schema: [u8; 4],
    meta: Meta,
    compress: bool,
    split: bool,
    max_entry: usize,
    max_raw: u64,
    id: WriteId,
    now: u32,
}

impl Road {
    fn plain() -> Self {
        Self {
            seals: None,
            digest: Digest([7; 32]),
            name: NAME,
            function: FUNCTION,
            schema: *b"shpe",
            meta: Meta {
                created: 200_000_000,
                ttl: 60,
                soft_ttl: None,
                cost: None,
                is_prefix: false,
            },
            compress: true,
            split: true,
            max_entry: 1 << 20,
            max_raw: 64 << 20,
            id: ID,
            now: 200_000_030,
        }
    }

    #[cfg(feature = "encrypt")]
    fn sealed() -> Self {
        Self {
            seals: Some(seals(64, FUNCTION)),
            ..Self::plain()
        }
    }

    /// Plain and, where this build can, sealed.
    fn all() -> Vec<Self> {
        vec![
            Self::plain(),
            #[cfg(feature = "encrypt")]
            Self::sealed(),
        ]
    }

    /// With chunks of a few dozen bytes, so that every byte of a write can be tried.
    fn tiny(self) -> Self {
        Self {
            max_entry: 140,
            ..self
        }
    }

    /// With the smallest chunks whose blocks are compressed.
    fn small(self) -> Self {
        Self {
            max_entry: 560,
            ..self
        }
    }

    fn binding(&self) -> Binding<'_> {
        Binding {
            name: self.name,
            function: self.function,
        }
    }

    fn seal(&self) -> Option<Seal> {
        let seals = self.seals.as_ref()?;
        Some(seals.write(&self.digest, self.id))
    }

    fn pack(&self, raw: &[u8]) -> Result<Packed, Overflow> {
        let seal = self.seal();
        let order = Order {
            schema: self.schema,
            meta: self.meta,
            compress: self.compress,
            max_entry: self.max_entry,
            split: self.split,
            max_raw: self.max_raw,
            write_id: self.id,
            lock: seal
                .as_ref()
                .map_or(Lock::Plain(self.binding()), Lock::Sealed),
        };
        let mut packer = Packer::new(order);
        let mut blocks = Blocks::new(packer.block_size(), &mut packer);
        blocks.put(raw)?;
        assert_eq!(blocks.finish()?, raw.len() as u64);
        packer.finish()
    }

    fn packed(&self, raw: &[u8]) -> Packed {
        self.pack(raw).expect("it fits")
    }

    fn wanted(&self) -> Wanted<'_> {
        Wanted {
            binding: self.binding(),
            schema: self.schema,
            now: self.now,
            max_raw: self.max_raw,
            keys: match &self.seals {
                None => Keys::Plain,
                Some(seals) => Keys::Sealed {
                    seals,
                    digest: &self.digest,
                },
            },
        }
    }

    fn open(&self, head: &[u8]) -> Result<Opened, Reject> {
        open(head, &self.wanted())
    }

    fn read_parts(&self, head: &[u8], chunks: &[Bytes]) -> Result<Vec<u8>, Reject> {
        match self.open(head)? {
            Opened::Inline { meta, raw } => {
                assert_eq!(meta, self.meta);
                Ok(raw)
            }
            Opened::Chunked(mut manifest) => {
                assert_eq!(manifest.meta, self.meta);
                for chunk in chunks {
                    manifest.take(chunk)?;
                }
                manifest.finish()
            }
        }
    }

    fn read(&self, packed: &Packed) -> Result<Vec<u8>, Reject> {
        self.read_parts(&packed.head, &packed.chunks)
    }

    /// The manifest of a write that has one.
    fn manifest(&self, packed: &Packed) -> Manifest {
        match self.open(&packed.head) {
            Ok(Opened::Chunked(manifest)) => *manifest,
            Ok(Opened::Inline { .. }) => panic!("it is inline"),
            Err(reject) => panic!("{reject}"),
        }
    }

    /// Why the head is not opened.
    fn refusal(&self, head: &[u8]) -> Option<Reject> {
        self.open(head).err()
    }
}

/// The keys of a function under the data key whose bytes count up from `first`.
#[cfg(feature = "encrypt")]
fn seals(first: u8, function: &str) -> Seals {
    use crate::seal::{DataKey, NameKey};

    let secret = |first: u8| (first..first + 32).collect::<Vec<_>>();
    let name = NameKey::new(&secret(0));
    Seals::derive(&name, &DataKey::new(&secret(first)), &[], "shop", function)
}

/// Bytes that no compressor likes: xorshift64.
fn noise(len: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15u64;
    (0..len)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state as u8
        })
        .collect()
}

/// Bytes that compress well.
fn text(len: usize) -> Vec<u8> {
    b"all work and no play makes Jack a dull boy. "
        .iter()
        .copied()
        .cycle()
        .take(len)
        .collect()
}

fn flipped(bytes: &[u8], bit: usize) -> Bytes {
    let mut bytes = bytes.to_vec();
    bytes[bit / 8] ^= 1 << (bit % 8);
    bytes.into()
}
