//! Finding a stored sequence, as far as its first chunks.

use super::load::{Refusal, once_each};
use super::{Far, Remains, Spot};
use crate::backend::{Answer, Bytes};
use crate::envelope::{self, ItemsManifest, Meta, OpenedItems};
use crate::reject::Reject;
use crate::waits::Waits;

/// What is in the backend of a sequence.
pub(crate) enum Stock {
    /// All of it, and how many bytes it takes there.
    Inline {
        meta: Meta,
        raw: Vec<u8>,
        weight: usize,
    },
    /// Its chunks, the first of which were fetched.
    Chunked {
        manifest: Box<ItemsManifest>,
        first: Vec<Bytes>,
    },
    /// Something that is not served.
    Refused(Refusal),
    /// Nothing.
    Absent,
}

/// How many chunks of a sequence are fetched at once: a chunk is a block, and a reader has one more block in hand.
const WINDOW: u32 = 2;

/// How many chunks are had at once where that costs a handle each.
const MOST_HANDLES: u32 = 1 << 16;

impl Far {
    /// Fetches what a reader needs for the first item, and sees that the rest is there.
    pub(crate) async fn find_items(&self, spot: &Spot, now: u32, waits: Waits) -> Answer<Stock> {
        let Some(head) = self.fetch_head(spot, waits).await? else {
            return Ok(Stock::Absent);
        };
        let manifest = match envelope::open_items(&head, &spot.wanted(now)) {
            Err(reject) => {
                let refusal = Refusal::of_head(self, spot, &head, reject);
                return Ok(Stock::Refused(refusal));
            }
            Ok(OpenedItems::Inline { meta, .. }) if self.owed.spoils(meta.created) => {
                return Ok(Stock::Absent);
            }
            Ok(OpenedItems::Inline { meta, raw }) => {
                let weight = head.len();
                return Ok(Stock::Inline { meta, raw, weight });
            }
            Ok(OpenedItems::Chunked(manifest)) if self.owed.spoils(manifest.meta.created) => {
                return Ok(Stock::Absent);
            }
            Ok(OpenedItems::Chunked(manifest)) => manifest,
        };
        let first = manifest.chunks.min(self.window());
        if first < manifest.chunks && !self.is_there(spot, &manifest, waits).await? {
            return Ok(Stock::Refused(Reject::MissingChunk.into()));
        }
        let id = manifest.lock.write_id;
        let names = spot.chunk_names(id, 0..first);
        let chunks = self.fetch(&names, waits).await?.into_iter();
        Ok(match chunks.collect::<Option<Vec<_>>>() {
            Some(first) => Stock::Chunked { manifest, first },
            None => Stock::Refused(Reject::MissingChunk.into()),
        })
    }

    /// How many chunks a reader of a sequence fetches at once.
    ///
    /// What is in this process is had all at once: these are handles, and nothing that happens to the store can take them away.
    pub(crate) fn window(&self) -> u32 {
        if self.capability.in_process {
            MOST_HANDLES
        } else {
            WINDOW
        }
    }

    /// Whether all chunks are there, as far as the backend can tell without sending them.
    async fn is_there(&self, spot: &Spot, manifest: &ItemsManifest, waits: Waits) -> Answer<bool> {
        if !self.capability.probes {
            return Ok(true);
        }
        let names = Remains::of_items(manifest).names(&spot.name);
        let there = once_each(&names, self.backend.probe_many(&names, waits).await?)?;
        Ok(there.into_iter().all(|is_there| is_there))
    }
}
