//! What calls and entries have in common when they write to a backend.

use super::Cache;
use crate::backend::{Answer, Fault};
use crate::codec::Wire;
use crate::event::{Event, Operation, Unstored};
use crate::expiration::{Expiration, Jitter};
use crate::far::{Far, Load, Remains, Spot, Stock, Unpacked, Write};
use crate::flight::Permit;
use crate::near::KeyRef;
use crate::site::{Site, State};
use crate::waits::{Waits, at_once};

/// What a backend is to do with what was computed.
pub(crate) enum Freight {
    Store(Write),
    /// What the value is now is not to be kept, and neither is what it was.
    Remove(Unstored),
}

/// What became of it.
pub(crate) enum Delivered {
    Stored { weight: usize },
    Unstored(Unstored),
}

impl Cache {
    /// What the backend has for a call: nothing, while somebody writes there what is not valid any more.
    pub(crate) async fn load_far(
        &self,
        spot: &Spot,
        address: &KeyRef<'_>,
        waits: Waits,
    ) -> (Load, Remains) {
        match self.far() {
            Some(far) if !self.flights().is_suspect(address) => {
                far.load(spot, self.time().wall_seconds(), waits).await
            }
            _ => (Load::Absent, Remains::default()),
        }
    }

    /// What the backend has for a reader of a sequence.
    pub(crate) async fn stock_far(
        &self,
        spot: &Spot,
        address: &KeyRef<'_>,
        waits: Waits,
    ) -> Answer<Stock> {
        match self.far() {
            Some(far) if !self.flights().is_suspect(address) => {
                let now = self.time().wall_seconds();
                far.find_items(spot, now, waits).await
            }
            _ => Ok(Stock::Absent),
        }
    }

    /// Packs a value that is computed now. What the call says of its expiry goes before what the site says.
    pub(crate) fn pack_far<V>(
        &self,
        far: &Far,
        site: &'static Site,
        spot: &Spot,
        value: &V,
        wire: Wire<V>,
        own: (Option<Expiration>, Option<Jitter>),
    ) -> Result<Write, Unstored> {
        let expiration = self.lifetime(site, own);
        let now = self.time().wall_seconds();
        far.pack(spot, value, wire, expiration, now)
            .map_err(|why| self.refusal(site.state(), why))
    }

    /// Why a value is not stored; said once, where its author should know.
    pub(crate) fn refusal(&self, state: &'static State, why: Unpacked) -> Unstored {
        match why {
            Unpacked::Because(reason) => reason,
            Unpacked::Problem(problem) => {
                self.tell(state, &problem);
                Unstored::Unencodable
            }
        }
    }

    /// How long a value that is computed now is to live. What the call says goes before what the site says.
    pub(crate) fn lifetime(
        &self,
        site: &'static Site,
        (expiration, jitter): (Option<Expiration>, Option<Jitter>),
    ) -> Expiration {
        let options = site.options();
        let expiration = expiration.or(options.expiration).unwrap_or_default();
        expiration.spread(jitter.or(options.jitter), self.luck())
    }

    /// Does what a permit allows; `seen` is what the caller found there before. Deleted again where the permit is revoked meanwhile.
    pub(crate) async fn ship_far(
        &self,
        spot: &Spot,
        freight: Freight,
        seen: Option<Remains>,
        permit: &Permit,
        waits: Waits,
    ) -> Answer<Delivered> {
        let Some(far) = self.far() else {
            return Ok(Delivered::Unstored(Unstored::NoStore));
        };
        let before = match seen {
            Some(seen) => seen,
            None => self.remains_far(far, spot, waits).await,
        };
        let write = match freight {
            Freight::Store(write) => write,
            Freight::Remove(reason) => {
                far.remove(spot, before, waits).await?;
                return Ok(Delivered::Unstored(reason));
            }
        };
        let (weight, own) = (write.weight(), write.remains());
        let mut undo = Undo {
            far,
            spot,
            own,
            permit,
            is_due: true,
        };
        let saved = far.save(spot, write, before, waits).await;
        // Also after a fault, which does not say that nothing was written.
        if permit.is_revoked() {
            far.remove(spot, own, waits).await?;
            undo.is_due = false;
            return saved.map(|()| Delivered::Unstored(Unstored::Voided));
        }
        undo.is_due = false;
        saved.map(|()| Delivered::Stored { weight })
    }

    /// Stores what was packed in place of what is there, or deletes that where nothing could be packed; answers the weight.
    pub(crate) async fn put_far(
        &self,
        far: &Far,
        spot: &Spot,
        packed: Result<Write, Unstored>,
        waits: Waits,
    ) -> Answer<Result<usize, Unstored>> {
        let before = self.remains_far(far, spot, waits).await;
        match packed {
            Ok(write) => {
                let weight = write.weight();
                far.save(spot, write, before, waits).await?;
                Ok(Ok(weight))
            }
            Err(reason) => {
                far.remove(spot, before, waits).await?;
                Ok(Err(reason))
            }
        }
    }

    /// Deletes an entry and its chunks; answers whether it was there.
    pub(crate) async fn remove_far(&self, spot: &Spot, waits: Waits) -> Answer<bool> {
        let Some(far) = self.far() else {
            return Ok(false);
        };
        let before = self.remains_far(far, spot, waits).await;
        far.remove(spot, before, waits).await
    }

    /// What would remain of the entry that is there now, were it replaced or deleted: nothing, where values are not split.
    pub(crate) async fn remains_far(&self, far: &Far, spot: &Spot, waits: Waits) -> Remains {
        if !spot.manner.large_data {
            return Remains::default();
        }
        let remains = far.remains(spot, self.time().wall_seconds(), waits).await;
        // A backend that fails now fails again in a moment, and is reported then.
        remains.unwrap_or_default()
    }

    /// Counts a fault, and tells the observer.
    pub(crate) fn report_fault(&self, state: &'static State, operation: Operation, fault: Fault) {
        state.counters.backend_faults.add(1);
        let backend = self.far().map_or("none", |far| far.backend.kind());
        self.emit(|| Event::Faulty {
            function: &state.name,
            backend,
            operation,
            fault,
        });
    }
}

/// Deletes a revoked writing whose future is dropped before it could do so itself. It blocks the thread, which is better than a value from before
/// an invalidation, and happens only where an invalidation meets an asynchronous call that is cancelled.
struct Undo<'a> {
    far: &'a Far,
    spot: &'a Spot,
    own: Remains,
    permit: &'a Permit,
    is_due: bool,
}

impl Drop for Undo<'_> {
    fn drop(&mut self) {
        if self.is_due && self.permit.is_revoked() {
            let removal = self.far.remove(self.spot, self.own, Waits::Blocking);
            // Whether that worked or not, nobody is left to tell.
            let _ = at_once(removal);
        }
    }
}
