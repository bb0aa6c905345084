//! What calls and entries have in common when they write to a backend.

use super::Cache;
use crate::backend::{Answer, Fault};
use crate::codec::Wire;
use crate::event::{Event, Operation, Unstored};
use crate::expiration::{Expiration, Jitter};
use crate::far::{Far, Load, Remains, Spot, Unpacked, Write};
use crate::near::KeyRef;
use crate::site::{Site, State};
use crate::waits::Waits;

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

    /// Packs a value that is computed now. What the call says of its expiry goes before what the site says.
    pub(crate) fn pack_far<V>(
        &self,
        far: &Far,
        site: &'static Site,
        spot: &Spot,
        value: &V,
        wire: Wire<V>,
        (expiration, jitter): (Option<Expiration>, Option<Jitter>),
    ) -> Result<Write, Unstored> {
        let options = site.options();
        let expiration = expiration.or(options.expiration).unwrap_or_default();
        let expiration = expiration.spread(jitter.or(options.jitter), self.luck());
        let now = self.time().wall_seconds();
        far.pack(spot, value, wire, expiration, now)
            .map_err(|unpacked| match unpacked {
                Unpacked::Because(reason) => reason,
                Unpacked::Problem(problem) => {
                    self.tell(site.state(), &problem);
                    Unstored::Unencodable
                }
            })
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
