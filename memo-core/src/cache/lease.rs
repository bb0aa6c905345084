//! Asking for the right to compute, and waiting for whoever has it.

use std::time::{Duration, Instant};

use super::Cache;
use crate::backend::Fault;
use crate::far::{Far, Load, Offer, Remains, Spot};
use crate::lease::{Lease, nap, pause};
use crate::near::KeyRef;
use crate::site::State;
use crate::waits::Waits;

/// What came of it.
pub(crate) enum Claim {
    /// Another process has stored this.
    Found(Load),
    /// The caller computes, and stores by this.
    Granted(Lease),
    /// What is there cannot be served and does not make way: the caller computes, and stores in its place.
    InTheWay,
    /// Another process is computing, and takes too long: the caller computes as well, and does not store.
    TooLong,
    /// The backend failed.
    Faulty(Fault),
}

/// How often one call deletes what is not served, to get a lease for it: processes of two versions may both be at it.
const MOST_CLEARED: u32 = 2;

impl Cache {
    /// Asks for the lease of an entry for `time`, and waits while it is held, unless it may not. Ready at once for a blocking caller, who waits on
    /// his thread.
    pub(crate) async fn claim(
        &self,
        (state, far): (&'static State, &Far),
        (spot, address): (&Spot, &KeyRef<'_>),
        time: Duration,
        may_wait: bool,
        waits: Waits,
    ) -> Claim {
        let (began, mut asked, mut cleared) = (Instant::now(), 0, 0);
        loop {
            // Asked before as well: what is answered may be deleted, and out of doubt, a moment later.
            let was_doubtful = self.flights().is_suspect(address) || far.owed.has(&spot.name);
            let now = self.time().wall_seconds();
            match far.lease(spot, time, now, waits).await {
                Err(fault) | Ok(Offer::Loaded(Load::Faulty(fault), _)) => {
                    return Claim::Faulty(fault);
                }
                Ok(Offer::Granted(token)) => {
                    self.leased(state);
                    let name = &spot.name;
                    return Claim::Granted(Lease::keep(&far.backend, name, token, time, waits));
                }
                // What is suspect is deleted in a moment, by whoever writes it.
                Ok(Offer::Loaded(..)) if self.flights().is_suspect(address) => {}
                Ok(Offer::Loaded(load @ Load::Found { .. }, _))
                    if !was_doubtful && !far.owed.has(&spot.name) =>
                {
                    return Claim::Found(load);
                }
                Ok(Offer::Loaded(_, remains)) => {
                    cleared += 1;
                    match self.make_way(far, spot, remains, cleared, waits).await {
                        None => continue,
                        Some(claim) => return claim,
                    }
                }
                Ok(Offer::Held) => {}
            }
            if asked == 0 {
                self.lease_held(state);
            }
            let next = pause(time, began.elapsed(), asked, self.luck()).filter(|_| may_wait);
            let Some(pause) = next else {
                return Claim::TooLong;
            };
            nap(pause, waits).await;
            asked += 1;
        }
    }

    /// Deletes an entry that is not served, and would keep everybody from the lease.
    async fn make_way(
        &self,
        far: &Far,
        spot: &Spot,
        remains: Remains,
        cleared: u32,
        waits: Waits,
    ) -> Option<Claim> {
        if cleared > MOST_CLEARED {
            return Some(Claim::InTheWay);
        }
        let removed = far.remove(spot, remains, waits).await;
        removed.err().map(Claim::Faulty)
    }
}
