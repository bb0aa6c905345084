//! Producing a sequence for the backend.

use std::sync::Arc;

use super::scene::{Scene, Scrap};
use super::spool::{End, Spool};
use crate::backend::Item;
use crate::codec::Overflow;
use crate::envelope::{ItemsOrder, ItemsPacker, Meta, Packed, WriteLock};
use crate::event::Unstored;
use crate::expiration::Expiration;
use crate::far::{Far, Remains, Spot, Write, chunk_item, meta};
use crate::flight::Right;
use crate::seal::WriteId;

/// The writer of one sequence, into a [`Spool`] that others may follow.
pub(super) struct Writer {
    pub(super) spool: Arc<Spool>,
    pub(super) right: Right,
    lock: Arc<WriteLock>,
    packer: ItemsPacker,
    expiration: Expiration,
    /// When it began. The chunks live from then on, so what they add up to must not live longer.
    created: u32,
    items: u64,
    /// Whether there are chunks for the backend.
    pub(super) has_unsent: bool,
    sent_bytes: usize,
}

/// The largest chunk: a block that does not compress, and what protects it.
const PIECE: usize = crate::envelope::BLOCK_BYTES;

impl Writer {
    pub(super) fn begin(
        scene: &Scene,
        (spot, far): (&Spot, &Far),
        right: Right,
        spool: Arc<Spool>,
    ) -> Result<Self, Unstored> {
        let expiration = scene.lifetime();
        if expiration.is_over() {
            return Err(Unstored::Expired);
        }
        let write_id = WriteId::random().map_err(|_| Unstored::NoRandom)?;
        let lock = Arc::new(spot.write_lock(write_id));
        let order = ItemsOrder {
            schema: spot.shape.tag,
            compress: spot.compresses(),
            max_entry: far.max_entry(spot).min(PIECE),
        };
        let packer = ItemsPacker::new(order, &lock);
        spool.open(Arc::clone(&lock));
        Ok(Self {
            spool,
            right,
            lock,
            packer,
            expiration,
            created: scene.cache.time().wall_seconds(),
            items: 0,
            has_unsent: false,
            sent_bytes: 0,
        })
    }

    /// Appends an encoded item.
    #[inline]
    pub(super) fn push(&mut self, item: &[u8]) -> Result<(), Overflow> {
        self.items += 1;
        self.has_unsent |= self.spool.push(item, &mut self.packer)?;
        Ok(())
    }

    pub(super) fn has_items(&self) -> bool {
        self.items > 0
    }

    /// The chunks that the backend does not have yet.
    pub(super) fn unsent(&self, spot: &Spot) -> Vec<Item> {
        let Some((first, chunks)) = self.spool.unsent() else {
            return Vec::new();
        };
        let item =
            |(index, chunk)| chunk_item(spot, self.lock.write_id, index, chunk, self.expiration);
        (first..).zip(chunks).map(item).collect()
    }

    /// The backend has the first `chunks` of them, so many bytes.
    pub(super) fn sent(&mut self, chunks: usize, bytes: usize) {
        self.spool.sent(chunks);
        self.has_unsent = self.spool.unsent().is_some();
        self.sent_bytes += bytes;
    }

    /// What is still to be written, and makes the sequence visible.
    pub(super) fn pack(&mut self, is_prefix: bool, now: u32) -> Result<Write, Overflow> {
        let meta = Meta {
            is_prefix,
            ..meta(self.expiration, self.created)
        };
        let (earlier, unsent) = match self.spool.unsent() {
            Some((first, chunks)) => (first, chunks),
            None => (self.spool.in_backend(), Vec::new()),
        };
        let Packed { head, chunks } = self.spool.finish(&mut self.packer, self.items, meta)?;
        Ok(Write {
            packed: Packed {
                head,
                chunks: [unsent, chunks].concat(),
            },
            write_id: self.lock.write_id,
            expiration: self.left(now),
            earlier,
            earlier_weight: self.sent_bytes,
        })
    }

    /// Ends without a head; answers what is to be done with the chunks. `End::Whole` is for those who read on though the sequence is not stored.
    pub(super) fn abandon(self, end: End) -> Option<Scrap> {
        self.spool.end(end);
        let own = self.own();
        let Self { spool, right, .. } = self;
        drop(right);
        let is_read = end == End::Whole && Arc::strong_count(&spool) > 1;
        scrap(own, is_read)
    }

    /// Leaves what was written whole to others who may read it, and answers the right that it was written by.
    pub(super) fn give_way(self) -> (Option<Scrap>, Right) {
        (scrap(self.own(), true), self.right)
    }

    /// What the backend has, or may have.
    pub(super) fn own(&self) -> Remains {
        Remains::of_write(self.lock.write_id, self.packer.chunks(), self.expiration)
    }

    /// How much of its life the sequence has left, now that it is whole.
    fn left(&self, now: u32) -> Expiration {
        match self.expiration.duration() {
            Some(lifetime) => {
                let gone = u64::from(now.saturating_sub(self.created));
                lifetime
                    .saturating_sub(std::time::Duration::from_secs(gone))
                    .into()
            }
            None => self.expiration,
        }
    }
}

/// What is to be done with chunks without a head.
fn scrap(own: Remains, is_read: bool) -> Option<Scrap> {
    match (own.is_none(), is_read) {
        (true, _) => None,
        (false, true) => Some(Scrap::Later(own)),
        (false, false) => Some(Scrap::Now(own)),
    }
}
