//! Writing and deleting an entry.

use std::time::Duration;

use super::{Far, Remains, Spot, WINDOW, Write};
use crate::backend::{Answer, Item, Name};
use crate::envelope::Packed;
use crate::expiration::Expiration;
use crate::waits::Waits;

/// How much longer than their manifest chunks live, so that no reader finds a manifest without its chunks.
const SLACK: Duration = Duration::from_secs(60);

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
            Ok(()) => before.names(spot),
            Err(_) if own.is_none() => Vec::new(),
            // The reply alone may be lost: then the entry is there, and without its chunks it would be in the way.
            Err(_) => [vec![spot.name.clone()], own.names(spot), before.names(spot)].concat(),
        };
        // A backend that cannot delete them now lets them expire.
        let _ = self.delete(&orphans, waits).await;
        written
    }

    /// Deletes an entry and what remains of it; answers whether it was there.
    pub(crate) async fn remove(&self, spot: &Spot, remains: Remains, waits: Waits) -> Answer<bool> {
        let deleted = self.delete(std::slice::from_ref(&spot.name), waits).await?;
        self.delete(&remains.names(spot), waits).await?;
        Ok(deleted > 0)
    }

    async fn write(&self, spot: &Spot, write: Write, waits: Waits) -> Answer<()> {
        let Write {
            packed: Packed { head, chunks },
            write_id,
            expiration,
        } = write;
        let chunk = |(index, value)| Item {
            name: spot.chunk_name(write_id, index),
            value,
            expiration: longer(expiration),
        };
        let mut chunks = (0..).zip(chunks).map(chunk);
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

fn longer(expiration: Expiration) -> Expiration {
    match expiration.duration() {
        Some(lifetime) => lifetime.saturating_add(SLACK).into(),
        None => expiration,
    }
}
