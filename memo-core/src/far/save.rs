//! Writing and deleting an entry.

use std::time::Duration;

use super::{Far, Remains, Spot, WINDOW, Write};
use crate::backend::{Answer, Bytes, Item, Name};
use crate::envelope::Packed;
use crate::expiration::Expiration;
use crate::seal::WriteId;
use crate::waits::Waits;

/// How much longer than their manifest chunks live, so that no reader finds a manifest without its chunks.
const SLACK: Duration = Duration::from_secs(60);

/// How much longer the chunks of a sequence live when it was replaced or invalidated: whoever began to read it may go on so long.
const LINGER: Duration = Duration::from_secs(600);

impl Far {
    /// Writes the chunks, then the entry itself, which is what makes the write visible; deletes what remains of the entry before.
    ///
    /// Where that fails, what was written is deleted as far as the backend lets us; the rest expires unseen.
    pub(crate) async fn save(
        &self,
        spot: &Spot,
        write: Write,
        before: Remains,
        waits: Waits,
    ) -> Answer<()> {
        let own = write.remains();
        let written = self.write(spot, write, waits).await;
        let orphans = match &written {
            Ok(()) => Vec::new(),
            Err(_) if own.is_none() => return written,
            // The reply alone may be lost: then the entry is there, and without its chunks it would be in the way.
            Err(_) => [vec![spot.name.clone()], own.names(spot)].concat(),
        };
        // A backend that cannot delete them now lets them expire.
        let _ = self.delete(&orphans, waits).await;
        let _ = self.let_go(spot, before, waits).await;
        written
    }

    /// Deletes an entry and what remains of it; answers whether it was there.
    pub(crate) async fn remove(&self, spot: &Spot, remains: Remains, waits: Waits) -> Answer<bool> {
        let deleted = self.delete(std::slice::from_ref(&spot.name), waits).await?;
        self.let_go(spot, remains, waits).await?;
        Ok(deleted > 0)
    }

    /// Gives up the chunks of an entry that is not there any more. Those of a sequence linger for its readers, or expire with it where the
    /// backend cannot do that, if they ever do; a reader of a value fetches all of it at once, and does without.
    pub(crate) async fn let_go(&self, spot: &Spot, remains: Remains, waits: Waits) -> Answer<()> {
        let names = remains.names(spot);
        if names.is_empty() {
            return Ok(());
        }
        let left = match (spot.manner.items, self.capability.expires_early) {
            (true, true) => self.backend.expire_many(&names, LINGER.into(), waits),
            (true, false) if !remains.last_for_ever => return Ok(()),
            _ => self.backend.delete_many(&names, waits),
        };
        left.await.map(drop)
    }

    /// Deletes the chunks of a write that nobody can have begun to read.
    pub(crate) async fn scrap(&self, spot: &Spot, own: Remains, waits: Waits) -> Answer<()> {
        self.delete(&own.names(spot), waits).await.map(drop)
    }

    /// Writes chunks that become visible with their head.
    pub(crate) async fn save_chunks(&self, chunks: Vec<Item>, waits: Waits) -> Answer<()> {
        self.backend.set_many(chunks, waits).await
    }

    async fn write(&self, spot: &Spot, write: Write, waits: Waits) -> Answer<()> {
        let Write {
            packed: Packed { head, chunks },
            write_id,
            expiration,
            earlier,
            ..
        } = write;
        let mut chunks = (earlier..)
            .zip(chunks)
            .map(|(index, chunk)| chunk_item(spot, write_id, index, chunk, expiration));
        loop {
            let window = Vec::from_iter(chunks.by_ref().take(WINDOW));
            if window.is_empty() {
                break;
            }
            self.backend.set_many(window, waits).await?;
        }
        let head = Item {
            name: spot.name.clone(),
            value: head,
            expiration,
        };
        self.backend.set_many(vec![head], waits).await
    }

    async fn delete(&self, names: &[Name], waits: Waits) -> Answer<usize> {
        if names.is_empty() {
            return Ok(0);
        }
        self.backend.delete_many(names, waits).await
    }
}

/// A chunk on its way to the backend.
pub(crate) fn chunk_item(
    spot: &Spot,
    id: WriteId,
    index: u32,
    value: Bytes,
    expiration: Expiration,
) -> Item {
    Item {
        name: spot.chunk_name(id, index),
        value,
        expiration: longer(expiration),
    }
}

fn longer(expiration: Expiration) -> Expiration {
    match expiration.duration() {
        Some(lifetime) => lifetime.saturating_add(SLACK).into(),
        None => expiration,
    }
}
