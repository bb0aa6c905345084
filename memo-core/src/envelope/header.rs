//! The bytes in front of an entry's body. docs/envelope.md, section 1.

use super::checksum::{Binding, Unbound, checksum};
use crate::reject::Reject;
use crate::seal::{KeyId, Place, Seal, TAG_BYTES, WriteId};

/// The first byte: an envelope, version 1.
const VERSION: u8 = 0xe1;

const INLINE: u8 = 1;
const MANIFEST: u8 = 2;
const CHUNK: u8 = 3;

const KIND: u8 = 0b11;
const SEALED: u8 = 1 << 2;
const IN_BLOCKS: u8 = 1 << 3;
const ITEMS: u8 = 1 << 5;

const SUM_BYTES: usize = 4;

/// That of a sealed inline entry or manifest.
const LONGEST: usize = 42;

/// What was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// A value.
    Value,
    /// The items of a sequence.
    Items,
}

/// What stands under an entry's own name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A whole value, in blocks or as it is.
    Inline { in_blocks: bool },
    /// The list of its chunks.
    Manifest,
}

/// An inline entry or a manifest, taken apart. Nothing of it is verified.
pub(super) struct Head<'a> {
    pub(super) content: Content,
    pub(super) kind: Kind,
    pub(super) schema: [u8; 4],
    pub(super) guard: HeadGuard<'a>,
}

/// What protects a [`Head`].
pub(super) enum HeadGuard<'a> {
    Plain {
        summed: Summed<'a>,
        /// Manifests have one.
        id: Option<WriteId>,
        body: &'a [u8],
    },
    Sealed(SealedHead<'a>),
}

/// What finds and checks the seal of a [`Head`].
pub(super) struct SealedHead<'a> {
    pub(super) key: KeyId,
    pub(super) id: WriteId,
    pub(super) commitment: &'a [u8; 16],
    pub(super) sealed: Sealed<'a>,
}

/// A chunk, taken apart. Nothing of it is verified.
pub(super) struct Chunk<'a> {
    pub(super) id: WriteId,
    pub(super) index: u32,
    pub(super) guard: ChunkGuard<'a>,
}

/// What protects a [`Chunk`].
pub(super) enum ChunkGuard<'a> {
    Plain {
        summed: Summed<'a>,
        blocks: &'a [u8],
    },
    Sealed(Sealed<'a>),
}

/// The parts of an entry that a checksum binds.
pub(super) struct Summed<'a> {
    before: &'a [u8],
    sum: [u8; SUM_BYTES],
    after: &'a [u8],
}

/// The parts of an entry that a seal binds.
pub(super) struct Sealed<'a> {
    pub(super) header: &'a [u8],
    pub(super) body: &'a [u8],
    pub(super) tag: &'a [u8; TAG_BYTES],
}

impl Summed<'_> {
    /// Whether the checksum is the one for an entry of this name and function.
    pub(super) fn verify(&self, binding: Binding<'_>) -> Result<(), Reject> {
        if checksum(self.before, self.after, binding) == self.sum {
            Ok(())
        } else {
            Err(Reject::Checksum)
        }
    }
}

/// Returns which of these functions, by their ids, has written the plain entry under this name.
pub(crate) fn writer<T>(
    entry: &[u8],
    name: &str,
    mut functions: impl Iterator<Item = (&'static str, T)>,
) -> Option<T> {
    let HeadGuard::Plain { summed, .. } = Head::parse(entry)?.guard else {
        return None;
    };
    let unbound = Unbound::new(summed.before, summed.after, name);
    let (_, writer) = functions.find(|(id, _)| unbound.checksum(id) == summed.sum)?;
    Some(writer)
}

impl<'a> Head<'a> {
    pub(super) fn parse(entry: &'a [u8]) -> Option<Self> {
        let (flags, rest) = flags(entry)?;
        let kind = kind(flags)?;
        let (schema, rest) = rest.split_first_chunk()?;
        let guard = if flags & SEALED != 0 {
            sealed_guard(entry, rest)?
        } else {
            plain_guard(entry, rest, kind)?
        };
        Some(Self {
            content: content(flags),
            kind,
            schema: *schema,
            guard,
        })
    }

    /// The write; plain inline entries do not name it.
    pub(super) fn id(&self) -> Option<WriteId> {
        match &self.guard {
            HeadGuard::Plain { id, .. } => *id,
            HeadGuard::Sealed(head) => Some(head.id),
        }
    }
}

fn plain_guard<'a>(entry: &'a [u8], rest: &'a [u8], kind: Kind) -> Option<HeadGuard<'a>> {
    let (summed, after) = summed(entry, rest)?;
    let (id, body) = match kind {
        Kind::Inline { .. } => (None, after),
        Kind::Manifest => {
            let (id, body) = after.split_first_chunk()?;
            (Some(WriteId(*id)), body)
        }
    };
    Some(HeadGuard::Plain { summed, id, body })
}

fn sealed_guard<'a>(entry: &'a [u8], rest: &'a [u8]) -> Option<HeadGuard<'a>> {
    let (key, rest) = rest.split_first_chunk()?;
    let (id, rest) = rest.split_first_chunk()?;
    let (commitment, rest) = rest.split_first_chunk()?;
    Some(HeadGuard::Sealed(SealedHead {
        key: KeyId(*key),
        id: WriteId(*id),
        commitment,
        sealed: sealed(entry, rest)?,
    }))
}

impl<'a> Chunk<'a> {
    pub(super) fn parse(entry: &'a [u8]) -> Option<Self> {
        let (flags, rest) = flags(entry)?;
        if flags & !SEALED != CHUNK | IN_BLOCKS {
            return None;
        }
        let (id, rest) = rest.split_first_chunk()?;
        let (index, rest) = rest.split_first_chunk()?;
        let guard = if flags & SEALED != 0 {
            ChunkGuard::Sealed(sealed(entry, rest)?)
        } else {
            let (summed, blocks) = summed(entry, rest)?;
            ChunkGuard::Plain { summed, blocks }
        };
        Some(Self {
            id: WriteId(*id),
            index: u32::from_le_bytes(*index),
            guard,
        })
    }
}

fn flags(entry: &[u8]) -> Option<(u8, &[u8])> {
    let (&[version, flags], rest) = entry.split_first_chunk()?;
    (version == VERSION).then_some((flags, rest))
}

/// `None` for chunks, and for flags that this version does not know.
fn kind(flags: u8) -> Option<Kind> {
    let in_blocks = flags & IN_BLOCKS != 0;
    if flags & !(KIND | SEALED | IN_BLOCKS | ITEMS) != 0 {
        return None;
    }
    match flags & KIND {
        INLINE => Some(Kind::Inline { in_blocks }),
        MANIFEST if in_blocks => Some(Kind::Manifest),
        _ => None,
    }
}

fn content(flags: u8) -> Content {
    match flags & ITEMS {
        0 => Content::Value,
        _ => Content::Items,
    }
}

/// `rest` is what of `entry` was not read yet, and begins with the checksum.
fn summed<'a>(entry: &'a [u8], rest: &'a [u8]) -> Option<(Summed<'a>, &'a [u8])> {
    let (before, _) = entry.split_at_checked(entry.len() - rest.len())?;
    let (sum, after) = rest.split_first_chunk()?;
    let summed = Summed {
        before,
        sum: *sum,
        after,
    };
    Some((summed, after))
}

/// `rest` is what of `entry` was not read yet: the sealed part and its tag.
fn sealed<'a>(entry: &'a [u8], rest: &'a [u8]) -> Option<Sealed<'a>> {
    let (header, _) = entry.split_at_checked(entry.len() - rest.len())?;
    let (body, tag) = rest.split_last_chunk()?;
    Some(Sealed { header, body, tag })
}

/// The header of an entry in the making, with zeros where a plain one has its checksum.
pub(super) struct Header(Vec<u8>);

impl Header {
    /// That of an inline entry or a manifest.
    pub(super) fn head(
        content: Content,
        kind: Kind,
        schema: [u8; 4],
        id: WriteId,
        seal: Option<&Seal>,
    ) -> Self {
        let mut bytes = start(flags_of(content, kind), seal.is_some());
        bytes.extend_from_slice(&schema);
        match seal {
            Some(seal) => {
                bytes.extend_from_slice(&seal.key_id().0);
                bytes.extend_from_slice(&id.0);
                bytes.extend_from_slice(&seal.commitment());
            }
            None => bytes.extend_from_slice(&[0; SUM_BYTES]),
        }
        if seal.is_none() && kind == Kind::Manifest {
            bytes.extend_from_slice(&id.0);
        }
        Self(bytes)
    }

    /// That of a chunk.
    pub(super) fn chunk(id: WriteId, index: u32, is_sealed: bool) -> Self {
        let mut bytes = start(CHUNK | IN_BLOCKS, is_sealed);
        bytes.extend_from_slice(&id.0);
        bytes.extend_from_slice(&index.to_le_bytes());
        if !is_sealed {
            bytes.extend_from_slice(&[0; SUM_BYTES]);
        }
        Self(bytes)
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

fn start(flags: u8, is_sealed: bool) -> Vec<u8> {
    let sealed = if is_sealed { SEALED } else { 0 };
    let mut bytes = Vec::with_capacity(LONGEST);
    bytes.extend_from_slice(&[VERSION, flags | sealed]);
    bytes
}

/// Writes the checksum of a plain entry of this name and function.
pub(super) fn sum(entry: &mut [u8], place: Place, binding: Binding<'_>) {
    let at = match place {
        Place::Inline | Place::Manifest => 6,
        Place::Chunk { .. } => 22,
    };
    let (before, rest) = entry.split_at_mut(at);
    if let Some((sum, after)) = rest.split_first_chunk_mut() {
        *sum = checksum(before, after, binding);
    }
}

fn flags_of(content: Content, kind: Kind) -> u8 {
    let items = match content {
        Content::Value => 0,
        Content::Items => ITEMS,
    };
    items
        | match kind {
            Kind::Inline { in_blocks: false } => INLINE,
            Kind::Inline { in_blocks: true } => INLINE | IN_BLOCKS,
            Kind::Manifest => MANIFEST | IN_BLOCKS,
        }
}

/// The length of the header of an inline entry.
pub(super) fn inline_len(is_sealed: bool) -> usize {
    if is_sealed { LONGEST } else { 10 }
}

/// The length of the header of a chunk.
pub(super) fn chunk_len(is_sealed: bool) -> usize {
    if is_sealed { 22 } else { 26 }
}
