//! What calls and entries have in common when they write to a backend.

use super::Cache;
use super::lease::Claimed;
use crate::backend::{Answer, Fault, FaultKind, Name};
use crate::background;
use crate::codec::Wire;
use crate::event::{Event, Operation, Unstored};
use crate::expiration::{Expiration, Jitter};
use crate::far::{Far, Load, Problem, Remains, Spot, Stock, Unpacked, Unsaved, Write};
use crate::flight::Permit;
use crate::lease::Lease;
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
    Stored {
        weight: usize,
    },
    Unstored(Unstored),
    /// What was to be removed may still be there.
    NotRemoved(Unstored, Fault),
}

impl Freight {
    /// Whether it has chunks that never expire. Then it matters to see what it replaces: another process may have been faster, and nobody else knows
    /// of the chunks that it left.
    fn is_kept_for_ever(&self) -> bool {
        matches!(self, Self::Store(write) if write.remains().last_for_ever())
    }
}

impl Delivered {
    pub(crate) fn removed(reason: Unstored, answer: Answer<bool>) -> Self {
        match answer {
            Ok(_) => Self::Unstored(reason),
            Err(fault) => Self::NotRemoved(reason, fault),
        }
    }
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
                if waits == Waits::Blocking {
                    self.blocks(spot.state(), far);
                }
                match far.make_up(spot, waits).await {
                    Ok(()) => far.load(spot, self.time().wall_seconds(), waits).await,
                    Err(fault) => (Load::Faulty(fault), Remains::default()),
                }
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
                if waits == Waits::Blocking {
                    self.blocks(spot.state(), far);
                }
                far.make_up(spot, waits).await?;
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
        if expiration.is_over() {
            return Err(Unstored::Expired);
        }
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
                match problem {
                    Problem::TooLarge(_) => Unstored::TooLarge,
                    _ => Unstored::Unencodable,
                }
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

    /// Does what a permit allows, and a lease where there is one; `seen` is what the caller found there before. Deleted again where the permit is revoked meanwhile.
    pub(crate) async fn ship_far(
        &self,
        spot: &Spot,
        freight: Freight,
        seen: Option<Remains>,
        permit: &Permit,
        lease: Option<&Lease>,
        waits: Waits,
    ) -> Answer<Delivered> {
        let Some(far) = self.far() else {
            return Ok(Delivered::Unstored(Unstored::NoStore));
        };
        let before = match seen {
            Some(seen) if !freight.is_kept_for_ever() => seen,
            _ => self.remains_far(far, spot, waits).await?,
        };
        let write = match freight {
            Freight::Store(write) => write,
            Freight::Remove(reason) => {
                // Under a lease there is nothing but the lease, unless that is over.
                if let Some(lease) = lease.filter(|_| reason != Unstored::Voided)
                    && lease.withdraw().await.is_ok_and(|is_gone| is_gone)
                {
                    return Ok(Delivered::Unstored(reason));
                }
                let removed = far.remove(spot, before, waits).await;
                if let (Some(lease), Ok(_)) = (lease, &removed) {
                    lease.end();
                }
                return Ok(Delivered::removed(reason, removed));
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
        let saved = self.saved(far.save(spot, write, before, lease, waits).await);
        // Also after a fault, which does not say that nothing was written.
        if permit.is_revoked() {
            let removed = far.remove(spot, own, waits).await;
            undo.is_due = removed.as_ref().is_err_and(|fault| !fault.is_outage());
            return saved.map(|_| Delivered::removed(Unstored::Voided, removed));
        }
        undo.is_due = false;
        saved.map(|is_stored| match is_stored {
            true => Delivered::Stored { weight },
            false => Delivered::Unstored(Unstored::Voided),
        })
    }

    /// Stores what was packed in place of what is there, or deletes that where nothing could be packed; answers the weight. What was there is not
    /// served any more, whether or not that worked.
    pub(crate) async fn put_far(
        &self,
        (far, spot): (&Far, &Spot),
        address: &KeyRef<'_>,
        packed: Result<Write, Unstored>,
        waits: Waits,
    ) -> Answer<Delivered> {
        let write = match packed {
            Ok(write) => write,
            Err(reason) => {
                let removed = self.remove_far(spot, waits).await;
                return Ok(Delivered::removed(reason, removed));
            }
        };
        let weight = write.weight();
        let is_stored = match far.lease_time(spot) {
            Some(time) => {
                let claimed = Claimed {
                    state: spot.state(),
                    far,
                    spot,
                    address,
                    time,
                    waits,
                };
                self.put_by_lease(claimed, write).await?
            }
            None => {
                let debt = far.debt(spot);
                let before = self.remains_far(far, spot, waits).await?;
                self.saved(far.save(spot, write, before, None, waits).await)?;
                debt.paid();
                true
            }
        };
        Ok(match is_stored {
            true => Delivered::Stored { weight },
            false => Delivered::Unstored(Unstored::Voided),
        })
    }

    /// Stores under a lease, so that the store refuses what arrives after an invalidation by another process; `false` where it has refused it.
    async fn put_by_lease(&self, claimed: Claimed<'_>, write: Write) -> Answer<bool> {
        let Claimed {
            far, spot, waits, ..
        } = claimed;
        let lease = self.supersede(claimed).await?;
        let saved = far.save(spot, write, Remains::default(), Some(&lease), waits);
        self.saved(saved.await)
    }

    /// Deletes what a write has left in a backend that was not there: in the background, where nobody waits for it a second time.
    fn saved(&self, saved: Result<bool, Unsaved>) -> Answer<bool> {
        saved.map_err(|Unsaved { fault, orphans }| {
            if !orphans.is_empty() {
                // Where it cannot be done, chunks without a head expire.
                background::run(self.clone().deleting(orphans));
            }
            fault
        })
    }

    fn deleting(self, names: Vec<Name>) -> background::Job {
        Box::new(move || {
            if let Some(far) = self.far() {
                let _ = at_once(far.delete(&names, Waits::Blocking));
            }
        })
    }

    /// Deletes an entry and its chunks; answers whether it was there. Owed where that fails, or is given up.
    pub(crate) async fn remove_far(&self, spot: &Spot, waits: Waits) -> Answer<bool> {
        let Some(far) = self.far() else {
            return Ok(false);
        };
        let debt = far.debt(spot);
        // A deletion is tried whatever happened before: it matters more than the time that it takes.
        let before = self.remains_far(far, spot, waits).await.unwrap_or_default();
        let removed = far.remove(spot, before, waits).await?;
        debt.settled();
        Ok(removed)
    }

    /// What would remain of the entry that is there now, were it replaced or deleted: nothing, where values are not split.
    pub(crate) async fn remains_far(
        &self,
        far: &Far,
        spot: &Spot,
        waits: Waits,
    ) -> Answer<Remains> {
        if !spot.manner.large_data {
            return Ok(Remains::default());
        }
        let remains = far.remains(spot, self.time().wall_seconds(), waits).await;
        match remains {
            Err(fault) if fault.is_outage() => Err(fault),
            // If it fails again in a moment, that is reported.
            remains => Ok(remains.unwrap_or_default()),
        }
    }

    /// Counts a fault, and tells the observer.
    pub(crate) fn report_fault(&self, state: &'static State, operation: Operation, fault: Fault) {
        state.counters.backend_faults.add(1);
        if let (Operation::Set, FaultKind::TooLarge, Some(far)) =
            (operation, fault.kind(), self.far())
        {
            self.tell(state, far.refused_size());
        }
        let backend = self.far().map_or("none", |far| far.backend.kind());
        self.emit(|| Event::Faulty {
            function: &state.name,
            backend,
            operation,
            fault,
        });
    }
}

/// Has a revoked writing deleted whose future is dropped before it could do so itself. Until that is done, the name is not served.
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
            self.far.give_up(self.spot, self.own);
        }
    }
}
