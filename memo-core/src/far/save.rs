//! Writing and deleting an entry.

use std::time::Duration;

use super::unresolved::Attempt;
use super::{Debt, Far, Remains, Spot, WINDOW, Write};
use crate::backend::{Answer, Bytes, Fault, Item, Name};
use crate::envelope::Packed;
use crate::expiration::Expiration;
use crate::lease::Lease;
use crate::seal::WriteId;
use crate::waits::Waits;

/// How much longer than their manifest chunks live, so that no reader finds a manifest without its chunks.
const SLACK: Duration = Duration::from_secs(60);

/// How much longer the chunks of a sequence live when it was replaced or invalidated: whoever began to read it may go on so long.
pub(super) const LINGER: Duration = Duration::from_secs(600);

impl Far {
    /// Writes the chunks, then the entry itself, which is what makes the write visible; deletes what remains of the entry before. `false` where it is
    /// written by a lease that is over.
    ///
    /// Where that fails, what was written is deleted as far as the backend lets us; the rest expires unseen. A backend that is not there is not
    /// asked for that, or it would take its time once more.
    pub(crate) async fn save(
        &self,
        spot: &Spot,
        write: Write,
        before: Remains,
        lease: Option<&Lease>,
        waits: Waits,
    ) -> Result<bool, Unsaved> {
        let own = write.remains();
        let (packed, rest) = write.into_parts();
        let attempt = self.attempt(spot, &packed.head, own);
        let written = match self.write_chunks(spot, packed.chunks, rest, waits).await {
            Ok(()) => self.write_head(spot, packed.head, rest, lease, waits).await,
            Err(fault) if fault.is_outage() => {
                let orphans = own.names(&spot.name);
                return Err(Unsaved { fault, orphans });
            }
            Err(fault) => Err(fault),
        };
        let orphans = match &written {
            Ok(true) => Vec::new(),
            Ok(false) => own.names(&spot.name),
            // It may be there as a whole.
            Err(fault) if fault.is_outage() => return Ok(written?),
            Err(_) if own.is_none() => return Ok(written?),
            // The reply alone may be lost: then the entry is there, and without its chunks it would be in the way.
            Err(_) => [vec![spot.name.clone()], own.names(&spot.name)].concat(),
        };
        let is_clear = self.delete(&orphans, waits).await.is_ok();
        if let Some(attempt) = attempt.filter(|_| is_clear) {
            attempt.ended(&written);
        }
        let _ = self.let_go(spot, before, waits).await;
        Ok(written?)
    }

    /// A write that is about to begin. In this process nothing is under way.
    fn attempt<'a>(&'a self, spot: &'a Spot, head: &Bytes, own: Remains) -> Option<Attempt<'a>> {
        let may_be_late = !self.capability.in_process;
        let lingers = spot.manner.items;
        may_be_late.then(|| Attempt::begin(&self.owed, &spot.name, head, (own, lingers)))
    }

    /// Deletes an entry and what remains of it; answers whether it was there. What fails, or is given up, is owed.
    pub(crate) async fn remove(&self, spot: &Spot, remains: Remains, waits: Waits) -> Answer<bool> {
        let debt = self.debt(spot);
        let deleted = self.delete(std::slice::from_ref(&spot.name), waits).await?;
        debt.paid();
        self.let_go(spot, remains, waits).await?;
        Ok(deleted > 0)
    }

    /// What is there is not to be served any more, and is owed unless it is deleted or replaced.
    pub(crate) fn debt<'a>(&'a self, spot: &'a Spot) -> Debt<'a> {
        self.owed.debt(&spot.name)
    }

    /// Has an entry and what remains of it deleted in the background.
    pub(crate) fn give_up(&self, spot: &Spot, remains: Remains) {
        drop(self.debt(spot));
        self.owed.stray(&spot.name, remains);
        self.owed.collect();
    }

    /// Makes up for a deletion that is owed, if one is: before that, what is there is not to be looked at.
    pub(crate) async fn make_up(&self, spot: &Spot, waits: Waits) -> Answer<()> {
        if !self.owed.has(&spot.name) {
            return Ok(());
        }
        let mark = self.owed.mark();
        self.delete(std::slice::from_ref(&spot.name), waits).await?;
        self.owed.pay(&spot.name, mark);
        // The backend is there: so the others can be made up for as well.
        self.owed.collect();
        Ok(())
    }

    /// Gives up the chunks of an entry that is not there any more. Those of a sequence linger for its readers, or expire with it where the
    /// backend cannot do that, if they ever do; a reader of a value fetches all of it at once, and does without.
    pub(crate) async fn let_go(&self, spot: &Spot, remains: Remains, waits: Waits) -> Answer<()> {
        let names = remains.names(&spot.name);
        if names.is_empty() {
            return Ok(());
        }
        let left = match (spot.manner.items, self.capability.expires_early) {
            (true, true) => self.backend.expire_many(&names, LINGER.into(), waits),
            (true, false) if !remains.last_for_ever() => return Ok(()),
            _ => self.backend.delete_many(&names, waits),
        };
        left.await.map(drop)
    }

    /// Deletes the chunks of a write that nobody can have begun to read.
    pub(crate) async fn scrap(&self, spot: &Spot, own: Remains, waits: Waits) -> Answer<()> {
        if own.last_for_ever() {
            // Some may be written after this.
            self.owed.stray(&spot.name, own);
        }
        self.delete(&own.names(&spot.name), waits).await.map(drop)
    }

    /// Writes chunks that become visible with their head.
    pub(crate) async fn save_chunks(&self, chunks: Vec<Item>, waits: Waits) -> Answer<()> {
        self.backend.set_many(chunks, waits).await
    }

    async fn write_chunks(
        &self,
        spot: &Spot,
        chunks: Vec<Bytes>,
        rest: Rest,
        waits: Waits,
    ) -> Answer<()> {
        let mut chunks = (rest.earlier..)
            .zip(chunks)
            .map(|(index, chunk)| chunk_item(spot, rest.write_id, index, chunk, rest.expiration));
        loop {
            let window = Vec::from_iter(chunks.by_ref().take(WINDOW));
            if window.is_empty() {
                return Ok(());
            }
            self.backend.set_many(window, waits).await?;
        }
    }

    /// `false` where the lease is over.
    async fn write_head(
        &self,
        spot: &Spot,
        head: Bytes,
        rest: Rest,
        lease: Option<&Lease>,
        waits: Waits,
    ) -> Answer<bool> {
        let head = Item {
            name: spot.name.clone(),
            value: head,
            expiration: rest.expiration,
        };
        let mark = self.owed.mark();
        let is_written = match lease {
            Some(lease) => lease.fill(head).await?,
            None => {
                self.backend.set_many(vec![head], waits).await?;
                true
            }
        };
        if is_written {
            self.owed.pay(&spot.name, mark);
        }
        Ok(is_written)
    }

    pub(crate) async fn delete(&self, names: &[Name], waits: Waits) -> Answer<usize> {
        if names.is_empty() {
            return Ok(0);
        }
        self.backend.delete_many(names, waits).await
    }
}

/// A value that was not stored.
pub(crate) struct Unsaved {
    pub(crate) fault: Fault,
    /// Chunks that nobody will see, and that nobody has tried to delete.
    pub(crate) orphans: Vec<Name>,
}

impl From<Fault> for Unsaved {
    fn from(fault: Fault) -> Self {
        let orphans = Vec::new();
        Self { fault, orphans }
    }
}

/// What a write is beside its bytes.
#[derive(Clone, Copy)]
struct Rest {
    write_id: WriteId,
    expiration: Expiration,
    earlier: u32,
}

impl Write {
    fn into_parts(self) -> (Packed, Rest) {
        let rest = Rest {
            write_id: self.write_id,
            expiration: self.expiration,
            earlier: self.earlier,
        };
        (self.packed, rest)
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
