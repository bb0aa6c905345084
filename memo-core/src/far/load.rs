//! Fetching and opening an entry.

use super::{Far, Spot, WINDOW};
use crate::backend::{Answer, Bytes, Fault, FaultKind, Name};
use crate::envelope::{self, ItemsManifest, Manifest, Meta, Opened, OpenedItems};
use crate::expiration::Expiration;
use crate::reject::Reject;
use crate::seal::WriteId;
use crate::site::State;
use crate::waits::Waits;

/// What is in the backend for a call.
pub(crate) enum Load {
    /// The encoded value, and how many bytes it takes there.
    Found {
        meta: Meta,
        raw: Vec<u8>,
        weight: usize,
    },
    /// Something that is not served.
    Refused(Refusal),
    /// Nothing.
    Absent,
    /// The backend failed.
    Faulty(Fault),
}

/// An entry that is not served.
#[derive(Clone, Copy)]
pub(crate) struct Refusal {
    pub(crate) reject: Reject,
    /// The other function of this program that has written it.
    pub(crate) writer: Option<&'static State>,
}

impl Refusal {
    /// Of an entry by its head.
    pub(super) fn of_head(far: &Far, spot: &Spot, head: &[u8], reject: Reject) -> Self {
        let may_be_another = match reject {
            Reject::Checksum | Reject::Schema | Reject::Format => !far.capability.in_process,
            _ => false,
        };
        let writer = may_be_another.then(|| spot.writer(head)).flatten();
        Self { reject, writer }
    }
}

impl From<Reject> for Refusal {
    fn from(reject: Reject) -> Self {
        Self {
            reject,
            writer: None,
        }
    }
}

/// The chunks of an entry that was met, to be deleted with it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Remains {
    chunks: Option<(WriteId, u32)>,
    /// Whether they never expire by themselves.
    last_for_ever: bool,
}

/// How many chunks are deleted with an entry. A plain manifest is anybody's, and its count must not keep us busy; further chunks expire.
const MOST_DELETED: u32 = 4096;

impl Far {
    /// Fetches and opens an entry; answers also what would remain of it, were it replaced.
    pub(crate) async fn load(&self, spot: &Spot, now: u32, waits: Waits) -> (Load, Remains) {
        let mut remains = Remains::default();
        let load = match self.read(spot, now, waits, &mut remains).await {
            Ok(load) => load,
            Err(fault) => Load::Faulty(fault),
        };
        (load, remains)
    }

    /// What would remain of the entry that is there now, were it replaced.
    pub(crate) async fn remains(&self, spot: &Spot, now: u32, waits: Waits) -> Answer<Remains> {
        let Some(head) = self.fetch_head(spot, waits).await? else {
            return Ok(Remains::default());
        };
        let wanted = spot.wanted(now);
        Ok(if spot.manner.items {
            match envelope::open_items(&head, &wanted) {
                Ok(OpenedItems::Chunked(manifest)) => Remains::of_items(&manifest),
                _ => Remains::default(),
            }
        } else {
            match envelope::open(&head, &wanted) {
                Ok(Opened::Chunked(manifest)) => Remains::of(&manifest),
                _ => Remains::default(),
            }
        })
    }

    async fn read(
        &self,
        spot: &Spot,
        now: u32,
        waits: Waits,
        remains: &mut Remains,
    ) -> Answer<Load> {
        let Some(head) = self.fetch_head(spot, waits).await? else {
            return Ok(Load::Absent);
        };
        self.open(spot, &head, now, waits, remains).await
    }

    /// Opens an entry whose head was fetched.
    pub(super) async fn open(
        &self,
        spot: &Spot,
        head: &[u8],
        now: u32,
        waits: Waits,
        remains: &mut Remains,
    ) -> Answer<Load> {
        let mut weight = head.len();
        Ok(match envelope::open(head, &spot.wanted(now)) {
            Err(reject) => Load::Refused(Refusal::of_head(self, spot, head, reject)),
            Ok(Opened::Inline { meta, .. }) if self.owed.spoils(meta.created) => Load::Absent,
            Ok(Opened::Inline { meta, raw }) => Load::Found { meta, raw, weight },
            Ok(Opened::Chunked(manifest)) => {
                *remains = Remains::of(&manifest);
                let meta = manifest.meta;
                if self.owed.spoils(meta.created) {
                    return Ok(Load::Absent);
                }
                match self.collect(spot, *manifest, &mut weight, waits).await? {
                    Ok(raw) => Load::Found { meta, raw, weight },
                    Err(reject) => Load::Refused(reject.into()),
                }
            }
        })
    }

    /// All chunks of a manifest, a window of them at a time; adds to `weight` what they take.
    async fn collect(
        &self,
        spot: &Spot,
        mut manifest: Manifest,
        weight: &mut usize,
        waits: Waits,
    ) -> Answer<Result<Vec<u8>, Reject>> {
        let (id, count) = (manifest.write_id, manifest.chunks);
        let mut next = 0;
        while next < count {
            let end = count.min(next.saturating_add(WINDOW as u32));
            let names = spot.chunk_names(id, next..end);
            for chunk in self.fetch(&names, waits).await? {
                *weight += chunk.as_ref().map_or(0, Bytes::len);
                let taken = match chunk {
                    Some(chunk) => manifest.take(&chunk),
                    None => Err(Reject::MissingChunk),
                };
                if let Err(reject) = taken {
                    return Ok(Err(reject));
                }
            }
            next = end;
        }
        Ok(manifest.finish())
    }

    /// The head of an entry, which is absent where a write left it that was superseded before it landed.
    pub(super) async fn fetch_head(&self, spot: &Spot, waits: Waits) -> Answer<Option<Bytes>> {
        let answers = self.fetch(std::slice::from_ref(&spot.name), waits).await?;
        let head = answers.into_iter().next().flatten();
        Ok(head.filter(|head| !self.owed.is_fenced(&spot.name, head)))
    }

    /// The values under these names, once each.
    pub(crate) async fn fetch(&self, names: &[Name], waits: Waits) -> Answer<Vec<Option<Bytes>>> {
        once_each(names, self.backend.get_many(names, waits).await?)
    }
}

/// The answers, if there is one for each name.
pub(super) fn once_each<T>(names: &[Name], answers: Vec<T>) -> Answer<Vec<T>> {
    if answers.len() == names.len() {
        return Ok(answers);
    }
    let message = "the backend did not answer once for each name";
    Err(Fault::new(FaultKind::Protocol, message))
}

impl Remains {
    /// Those of a write of so many chunks, which live for `expiration`.
    pub(crate) fn of_write(id: WriteId, chunks: u32, expiration: Expiration) -> Self {
        Self {
            chunks: (chunks > 0).then_some((id, chunks)),
            last_for_ever: expiration.duration().is_none(),
        }
    }

    fn of(manifest: &Manifest) -> Self {
        Self {
            chunks: Some((manifest.write_id, manifest.chunks)),
            last_for_ever: manifest.meta.ttl == 0,
        }
    }

    pub(super) fn of_items(manifest: &ItemsManifest) -> Self {
        Self {
            chunks: Some((manifest.lock.write_id, manifest.chunks)),
            last_for_ever: manifest.meta.ttl == 0,
        }
    }

    /// Whether there are no chunks.
    pub(crate) fn is_none(self) -> bool {
        self.chunks.is_none()
    }

    /// Whether there are chunks, and they never expire by themselves.
    pub(crate) fn last_for_ever(self) -> bool {
        self.last_for_ever && !self.is_none()
    }

    /// The names of the chunks of an entry of this name.
    pub(super) fn names(self, entry: &Name) -> Vec<Name> {
        let Some((id, count)) = self.chunks else {
            return Vec::new();
        };
        let texts = envelope::chunk_names(entry.as_str(), id, 0..count.min(MOST_DELETED));
        Vec::from_iter(texts.map(|text| Name::new(text, entry.group())))
    }
}
