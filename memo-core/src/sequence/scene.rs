//! Where a call of a sequence takes place: the function, the key, the entry, the cache.

use std::any::TypeId;
use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::Asked;
use super::reader::Reader;
use crate::backend::{Answer, Bytes, Fault, Item, Name};
use crate::cache::{Cache, Delivered, Freight};
use crate::codec::Wire;
use crate::entry::Place;
use crate::event::{Miss, Operation, Unstored};
use crate::expiration::{Expiration, Jitter};
use crate::far::{Course, Debt, Far, Remains, Spot, Stock, Unpacked};
use crate::flight::{Kind, Permit, Right};
use crate::key::Key;
use crate::near::{KeyRef, address};
use crate::registry::ScopeId;
use crate::reject::Reject;
use crate::site::{Site, State};
use crate::waits::Waits;

/// The value of a sequence of `T`, as far as addresses go.
pub(crate) struct Items<T>(PhantomData<fn() -> T>);

/// Where a call of a sequence takes place. Nothing of it changes while the items pass, but that the backend may turn out not to be there.
pub(crate) struct Scene {
    pub(super) site: &'static Site,
    pub(super) state: &'static State,
    pub(super) cache: Cache,
    pub(super) waits: Waits,
    pub(crate) place: Place,
    key: Key,
    address: for<'k> fn(ScopeId, &'k Key) -> KeyRef<'k>,
    value: TypeId,
    own: (Option<Expiration>, Option<Jitter>),
    /// Whether the backend was not there: then it is asked no more, or each question might take its time.
    is_out: AtomicBool,
}

/// What a look found.
pub(super) enum Looked {
    Found(Box<Reader>),
    Missing(Miss),
}

impl Scene {
    pub(crate) fn new<T: 'static>(
        site: &'static Site,
        key: Key,
        asked: &Asked,
        wire: Wire<T>,
        waits: Waits,
    ) -> Self {
        let cache = asked.bound_cache();
        let manner = asked.manner.unwrap_or(site.options().manner).of_items();
        let place = if key.is_faulty() || !cache.is_enabled() {
            cache.passed(site.state());
            Place::Near
        } else {
            Course::of(
                &cache,
                site,
                &key,
                manner,
                asked.keyring.as_ref(),
                Some(wire),
            )
            .into()
        };
        Self {
            site,
            state: site.state(),
            cache,
            waits,
            place,
            key,
            address: address::<Items<T>>,
            value: TypeId::of::<Items<T>>(),
            own: (asked.expiration, asked.jitter),
            is_out: AtomicBool::new(false),
        }
    }

    /// Whether the backend was not there when this call asked it.
    pub(super) fn is_out(&self) -> bool {
        self.is_out.load(Ordering::Relaxed)
    }

    /// Tells of a fault, and remembers what it means for the rest of the call.
    pub(super) fn failed(&self, operation: Operation, fault: Fault) {
        self.is_out.fetch_or(fault.is_outage(), Ordering::Relaxed);
        self.cache.report_fault(self.state, operation, fault);
    }

    pub(super) fn has_key(&self) -> bool {
        !self.key.is_faulty()
    }

    /// The entry and the backend, where there are both.
    pub(crate) fn there(&self) -> Option<(&Spot, &Far)> {
        match &self.place {
            Place::Far(spot) => Some((spot, self.cache.far()?)),
            Place::Near | Place::Nowhere(_) => None,
        }
    }

    pub(crate) fn address(&self) -> KeyRef<'_> {
        let plain = (self.address)(self.state.scope, &self.key);
        match &self.place {
            Place::Far(spot) => spot.address(plain),
            Place::Near | Place::Nowhere(_) => plain,
        }
    }

    pub(super) fn kind(&self) -> Kind {
        Kind {
            outcome: self.value,
            waits: self.waits,
        }
    }

    /// How long a sequence that is produced now is to live.
    pub(super) fn lifetime(&self) -> Expiration {
        self.cache.lifetime(self.site, self.own)
    }

    /// What the backend has for a reader.
    pub(super) async fn look(self: Arc<Self>) -> Looked {
        let Some((spot, far)) = self.there() else {
            return Looked::Missing(Miss::NotCached);
        };
        if self.is_out() {
            return Looked::Missing(Miss::Fault);
        }
        let address = self.address();
        let stock = self.cache.stock_far(spot, &address, self.waits).await;
        self.looked(far, spot, stock)
    }

    fn looked(&self, far: &Far, spot: &Spot, stock: Answer<Stock>) -> Looked {
        let longest = spot.max_raw;
        match stock {
            Ok(Stock::Inline { meta, raw, weight }) => {
                self.has_read(weight);
                Looked::Found(Box::new(Reader::inline(raw, meta.is_prefix, longest)))
            }
            Ok(Stock::Chunked { manifest, first }) => {
                self.has_read(first.iter().map(Bytes::len).sum());
                let reader = Reader::chunked(*manifest, first, far.window(), longest);
                Looked::Found(Box::new(reader))
            }
            Ok(Stock::Refused(refusal)) => {
                self.cache.refused(self.state, refusal);
                Looked::Missing(Miss::Refused(refusal.reject))
            }
            Ok(Stock::Absent) => Looked::Missing(Miss::Absent),
            Err(fault) => {
                self.failed(Operation::Get, fault);
                Looked::Missing(Miss::Fault)
            }
        }
    }

    /// Chunks by their names; none of them, where the backend fails.
    pub(super) async fn fetch(self: Arc<Self>, names: Vec<Name>) -> Vec<Option<Bytes>> {
        let Some((_, far)) = self.there().filter(|_| !self.is_out()) else {
            return Vec::new();
        };
        match far.fetch(&names, self.waits).await {
            Ok(chunks) => {
                self.has_read(chunks.iter().flatten().map(Bytes::len).sum());
                chunks
            }
            Err(fault) => {
                self.failed(Operation::Get, fault);
                Vec::new()
            }
        }
    }

    fn has_read(&self, bytes: usize) {
        self.state.counters.bytes_read.add(bytes as u64);
    }

    /// Writes chunks that become visible with their head.
    pub(super) async fn send(self: Arc<Self>, chunks: Vec<Item>) -> Answer<()> {
        match self.there() {
            Some((_, far)) => far.save_chunks(chunks, self.waits).await,
            None => Ok(()),
        }
    }

    /// Writes what makes a sequence visible.
    pub(super) async fn commit(
        &self,
        freight: Freight,
        permit: &Permit,
        waits: Waits,
    ) -> Answer<Delivered> {
        match self.there() {
            // What it replaces was seen too long ago: it may be something else by now.
            Some((spot, _)) => {
                self.cache
                    .ship_far(spot, freight, None, permit, None, waits)
                    .await
            }
            None => Ok(Delivered::Unstored(Unstored::NoStore)),
        }
    }

    /// What is there is out of date, and owed unless it is deleted or replaced.
    pub(super) fn debt(&self) -> Option<Debt<'_>> {
        let (spot, far) = self.there()?;
        Some(far.debt(spot))
    }

    /// [`debt`](Self::debt), for what is not going to be replaced by this call.
    pub(super) fn owe(&self) {
        drop(self.debt());
    }

    /// Gives up the chunks of a write without a head: at once or, where somebody reads them, after a while.
    pub(super) async fn scrap(&self, scrap: Scrap, waits: Waits) {
        let Some((spot, far)) = self.there() else {
            return;
        };
        let done = match scrap {
            Scrap::Now(own) => far.scrap(spot, own, waits).await,
            Scrap::Later(own) => far.let_go(spot, own, waits).await,
            Scrap::WithEntry(own) => self.scrap_entry(far, spot, own, waits).await,
        };
        if let Err(fault) = done {
            self.failed(Operation::Delete, fault);
        }
    }

    async fn scrap_entry(&self, far: &Far, spot: &Spot, own: Remains, waits: Waits) -> Answer<()> {
        self.cache.remove_far(spot, waits).await?;
        far.scrap(spot, own, waits).await
    }

    /// Ends a production whose head was written, or was to be.
    pub(super) fn committed(&self, answer: Answer<Delivered>, permit: Permit, right: Right) {
        // In this order: an invalidation must not wait for one who waits for it.
        drop(permit);
        if let Right::Lead(lead) = right {
            lead.land(|| (), || None);
        }
        self.cache.delivered(self.state, answer);
    }

    /// Why a value is not stored; said once, where its author should know.
    pub(super) fn refusal(&self, why: Unpacked) -> Unstored {
        self.cache.refusal(self.state, why)
    }

    pub(super) fn refused(&self, reject: Reject) {
        self.state.counters.refuse(reject);
    }

    pub(super) fn name(&self) -> &'static str {
        &self.state.name
    }
}

/// Chunks without a head.
#[derive(Clone, Copy)]
pub(super) enum Scrap {
    Now(Remains),
    /// Somebody reads them.
    Later(Remains),
    /// And the entry that they were to replace.
    WithEntry(Remains),
}

impl Scrap {
    pub(super) fn own(self) -> Remains {
        match self {
            Self::Now(own) | Self::Later(own) | Self::WithEntry(own) => own,
        }
    }
}
