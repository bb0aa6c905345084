//! Reads what stands under an entry's own name. docs/envelope.md, section 6.

use std::borrow::Cow;

use super::header::{Head, HeadGuard, Kind, Sealed};
use super::manifest::{ChunkLock, Extent};
use super::{Binding, Manifest, Meta, block};
use crate::reject::Reject;
use crate::seal::{Digest, Place, Seal, Seals};

/// What a reader wants, and has.
pub(crate) struct Wanted<'a> {
    pub(crate) binding: Binding<'a>,
    pub(crate) schema: [u8; 4],
    /// Seconds since 2020-01-01T00:00:00Z.
    pub(crate) now: u32,
    /// The longest encoded value.
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

/// An entry whose head was opened.
pub(crate) enum Opened {
    /// The encoded value.
    Inline { meta: Meta, raw: Vec<u8> },
    /// The value is in chunks.
    Chunked(Box<Manifest>),
}

/// Opens the entry under the name itself.
pub(crate) fn open(entry: &[u8], wanted: &Wanted<'_>) -> Result<Opened, Reject> {
    let head = Head::parse(entry).ok_or(Reject::Format)?;
    let sound = verify(&head, wanted)?;
    let (meta, payload) = Meta::split(&sound.body).ok_or(Reject::Format)?;
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
            let extent = Extent::parse(payload).ok_or(Reject::Format)?;
            limit(extent.raw_len, wanted.max_raw)?;
            let lock = match sound.seal {
                Some(seal) => ChunkLock::Sealed(Box::new(seal)),
                None => ChunkLock::plain(wanted.binding),
            };
            let manifest = Manifest::new(meta, id, extent, lock);
            return Ok(Opened::Chunked(Box::new(manifest)));
        }
    };
    Ok(Opened::Inline { meta, raw })
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
