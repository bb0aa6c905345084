//! Reads what stands under an entry's own name. docs/envelope.md, section 6.

use std::borrow::Cow;

use super::header::{Content, Head, HeadGuard, Kind, Sealed};
use super::manifest::Extent;
use super::{Binding, Manifest, Meta, WriteLock, block};
use crate::reject::Reject;
use crate::seal::{Digest, Place, Seal, Seals};

/// What a reader wants, and has.
pub(crate) struct Wanted<'a> {
    pub(crate) binding: Binding<'a>,
    pub(crate) schema: [u8; 4],
    /// Seconds since 2020-01-01T00:00:00Z.
    pub(crate) now: u32,
    /// The longest encoded value, and the longest sequence in one entry. One in chunks may be of any length.
    pub(crate) max_raw: u64,
    pub(crate) keys: Keys<'a>,
}

/// What opens an entry.
#[derive(Clone, Copy)]
pub(crate) enum Keys<'a> {
    Plain,
    Sealed {
        seals: &'a Seals,
        digest: &'a Digest,
    },
}

/// An entry of a value whose head was opened.
pub(crate) enum Opened {
    /// The encoded value.
    Inline { meta: Meta, raw: Vec<u8> },
    /// The value is in chunks.
    Chunked(Box<Manifest>),
}

/// An entry of a sequence whose head was opened.
pub(crate) enum OpenedItems {
    /// All of its raw stream.
    Inline { meta: Meta, raw: Vec<u8> },
    /// The stream is in chunks.
    Chunked(Box<ItemsManifest>),
}

/// The manifest of a sequence.
pub(crate) struct ItemsManifest {
    pub(crate) meta: Meta,
    /// Opens the chunks.
    pub(crate) lock: WriteLock,
    /// At least one.
    pub(crate) chunks: u32,
    /// The length of the raw stream, which a reader holds against what it gets.
    pub(crate) raw_len: u64,
    /// At least one, and to be held against what was read.
    pub(crate) items: u64,
}

/// Opens the entry of a value under the name itself.
pub(crate) fn open(entry: &[u8], wanted: &Wanted<'_>) -> Result<Opened, Reject> {
    match Front::open(entry, Content::Value, wanted)? {
        Front::Inline { meta, raw } => Ok(Opened::Inline { meta, raw }),
        Front::Manifest { meta, extent, lock } => {
            limit(extent.raw_len, wanted.max_raw)?;
            let manifest = Manifest::new(meta, extent, lock);
            Ok(Opened::Chunked(Box::new(manifest)))
        }
    }
}

/// Opens the entry of a sequence under the name itself.
pub(crate) fn open_items(entry: &[u8], wanted: &Wanted<'_>) -> Result<OpenedItems, Reject> {
    match Front::open(entry, Content::Items, wanted)? {
        Front::Inline { meta, raw } => Ok(OpenedItems::Inline { meta, raw }),
        Front::Manifest { meta, extent, lock } => {
            Ok(OpenedItems::Chunked(Box::new(ItemsManifest {
                meta,
                lock,
                chunks: extent.chunks,
                raw_len: extent.raw_len,
                items: extent.items,
            })))
        }
    }
}

/// What a head says, whatever it is the head of.
enum Front {
    Inline {
        meta: Meta,
        raw: Vec<u8>,
    },
    Manifest {
        meta: Meta,
        extent: Extent,
        lock: WriteLock,
    },
}

impl Front {
    fn open(entry: &[u8], content: Content, wanted: &Wanted<'_>) -> Result<Self, Reject> {
        let head = Head::parse(entry)
            .filter(|head| head.content == content)
            .ok_or(Reject::Format)?;
        let sound = verify(&head, wanted)?;
        let (meta, payload) = Meta::split(&sound.body).ok_or(Reject::Format)?;
        if meta.is_prefix && content == Content::Value {
            return Err(Reject::Format);
        }
        if meta.is_dead(wanted.now) {
            return Err(Reject::Expired);
        }
        let raw = match head.kind {
            Kind::Inline { in_blocks: true } => unpack(payload, wanted.max_raw)?,
            Kind::Inline { in_blocks: false } => {
                limit(payload.len() as u64, wanted.max_raw)?;
                let at = sound.body.len() - payload.len();
                cut_front(sound.body, at)
            }
            Kind::Manifest => {
                let id = head.id().ok_or(Reject::Format)?;
                let extent = Extent::parse(payload, content).ok_or(Reject::Format)?;
                let lock = WriteLock::new(id, wanted.binding, sound.seal);
                return Ok(Self::Manifest { meta, extent, lock });
            }
        };
        Ok(Self::Inline { meta, raw })
    }
}

/// The body of an entry that is what was written under this name by this function, or for this call.
struct Sound<'a> {
    body: Cow<'a, [u8]>,
    /// `None` where the entry is plain.
    seal: Option<Seal>,
}

fn verify<'a>(head: &Head<'a>, wanted: &Wanted<'_>) -> Result<Sound<'a>, Reject> {
    match (&head.guard, wanted.keys) {
        (HeadGuard::Plain { summed, body, .. }, Keys::Plain) => {
            expect_schema(head, wanted)?;
            summed.verify(wanted.binding)?;
            Ok(Sound {
                body: Cow::Borrowed(body),
                seal: None,
            })
        }
        (HeadGuard::Sealed(guard), Keys::Sealed { seals, digest }) => {
            let seal = seals.read(digest, guard.id, guard.key, guard.commitment);
            // An unknown key comes before another shape, and that before a wrong commitment.
            if !matches!(seal, Err(Reject::UnknownKey)) {
                expect_schema(head, wanted)?;
            }
            unseal(head.kind, &guard.sealed, seal?)
        }
        _ => Err(Reject::Downgrade),
    }
}

fn expect_schema(head: &Head<'_>, wanted: &Wanted<'_>) -> Result<(), Reject> {
    if head.schema == wanted.schema {
        Ok(())
    } else {
        Err(Reject::Schema)
    }
}

fn unseal<'a>(kind: Kind, sealed: &Sealed<'a>, seal: Seal) -> Result<Sound<'a>, Reject> {
    let place = match kind {
        Kind::Inline { .. } => Place::Inline,
        Kind::Manifest => Place::Manifest,
    };
    let mut body = Vec::new();
    seal.open(place, sealed.header, sealed.body, sealed.tag, &mut body)?;
    Ok(Sound {
        body: Cow::Owned(body),
        seal: Some(seal),
    })
}

fn limit(len: u64, max: u64) -> Result<(), Reject> {
    if len > max || usize::try_from(len).is_err() {
        return Err(Reject::Limit);
    }
    Ok(())
}

fn unpack(blocks: &[u8], max_raw: u64) -> Result<Vec<u8>, Reject> {
    let len = block::measure(blocks)?;
    limit(len, max_raw)?;
    let mut raw = Vec::with_capacity(len as usize);
    block::unpack(blocks, &mut raw)?;
    Ok(raw)
}

/// The body from `at` on.
fn cut_front(body: Cow<'_, [u8]>, at: usize) -> Vec<u8> {
    match body {
        Cow::Borrowed(body) => body[at..].to_vec(),
        Cow::Owned(mut body) => {
            body.drain(..at);
            body
        }
    }
}
