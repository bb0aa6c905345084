//! Asking for the right to compute, and waiting for whoever has it.

use std::time::{Duration, Instant};

use super::Cache;
use crate::backend::{Answer, Fault, FaultKind, Token};
use crate::far::{Far, Load, Offer, Problem, Spot};
use crate::lease::{Lease, Next, Terms, Wait, fresh, fresh_after_failure, is_failure, nap};
use crate::near::KeyRef;
use crate::site::State;
use crate::waits::Waits;

/// What came of it.
pub(crate) enum Claim {
    /// Another process has stored this.
    Found(Load),
    /// The caller computes, and stores by this.
    Granted(Lease),
    /// What is there cannot be served and does not make way: it is to be [seized](Way::Seize).
    InTheWay,
    /// Another process is computing, and is not waited for any longer: the caller computes as well, and does not store.
    TooLong,
    /// The backend failed.
    Faulty(Fault),
}

/// How the right is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// In turn, waiting for whoever has it.
    Wait,
    /// In turn, or not at all: whoever has it may be waiting for the caller.
    Try,
    /// By force: what is there is not wanted.
    Seize,
    /// The same for a new value in the place of one that was good. What is there is not served any more, whether or not that works.
    Supersede,
}

/// Whose right is asked for, and where.
#[derive(Clone, Copy)]
pub(crate) struct Claimed<'a> {
    pub(crate) state: &'static State,
    pub(crate) far: &'a Far,
    pub(crate) spot: &'a Spot,
    pub(crate) address: &'a KeyRef<'a>,
    pub(crate) time: Duration,
    pub(crate) waits: Waits,
}

/// How often one call deletes what is not served, to get a lease for it: processes of two versions may both be at it.
const MOST_CLEARED: u32 = 2;

impl Cache {
    /// Asks for the lease of an entry, and waits while it is held, if it may. Ready at once for a blocking caller, which waits on
    /// its thread.
    pub(crate) async fn claim(&self, claimed: Claimed<'_>, way: Way) -> Claim {
        let claim = match way {
            Way::Wait | Way::Try => {
                let claim = self.claim_in_turn(claimed, way == Way::Wait).await;
                claim.inspect_err(|fault| self.tell_of_no_leases(claimed.state, fault))
            }
            Way::Seize => self.seize(claimed).await.map(Claim::Granted),
            Way::Supersede => self.supersede(claimed).await.map(Claim::Granted),
        };
        claim.unwrap_or_else(Claim::Faulty)
    }

    fn tell_of_no_leases(&self, state: &'static State, fault: &Fault) {
        if matches!(fault.kind(), FaultKind::Auth | FaultKind::Unsupported) {
            self.tell(state, &Problem::NoLeases(fault.to_string()));
        }
    }

    async fn claim_in_turn(&self, claimed: Claimed<'_>, may_wait: bool) -> Answer<Claim> {
        let Claimed {
            state,
            far,
            spot,
            address,
            time,
            waits,
        } = claimed;
        let mut wait = Wait::new(far.lease_limits(time), Instant::now());
        let (token, mut cleared) = (fresh(), 0);
        loop {
            // Asked before as well: what is answered may be deleted, and out of doubt, a moment later.
            let was_doubtful = self.flights().is_suspect(address) || far.owed.has(&spot.name);
            let now = self.time().wall_seconds();
            let holder = match far.lease(spot, (token, time), now, waits).await? {
                Offer::Granted => return Ok(Claim::Granted(self.keep(claimed, token))),
                Offer::Loaded(Load::Faulty(fault), _) => return Err(fault),
                // What is suspect is deleted in a moment, by whoever writes it.
                Offer::Loaded(..) if self.flights().is_suspect(address) => None,
                Offer::Loaded(load @ Load::Found { .. }, _)
                    if !was_doubtful && !far.owed.has(&spot.name) =>
                {
                    return Ok(Claim::Found(load));
                }
                Offer::Loaded(..) if cleared == MOST_CLEARED => return Ok(Claim::InTheWay),
                Offer::Loaded(_, remains) => {
                    cleared += 1;
                    far.remove(spot, remains, waits).await?;
                    continue;
                }
                Offer::Held(holder) => Some(holder),
            };
            let is_new = wait.is_new();
            match wait.next(holder, Instant::now(), self.luck()) {
                Next::Join(holder) => {
                    if let Some(lease) = self.join(claimed, holder).await? {
                        return Ok(Claim::Granted(lease));
                    }
                }
                Next::Compute => return Ok(Claim::TooLong),
                Next::Pause(pause) => {
                    if is_new {
                        self.lease_held(state);
                    }
                    if !may_wait {
                        return Ok(Claim::TooLong);
                    }
                    nap(pause, waits).await;
                }
            }
        }
    }

    /// Computes beside a holder that works for long, or in the place of one that has failed.
    async fn join(&self, claimed: Claimed<'_>, holder: Token) -> Answer<Option<Lease>> {
        let has_failed = is_failure(holder);
        let token = match has_failed {
            true => fresh_after_failure(),
            false => fresh(),
        };
        let (spot, time, waits) = (claimed.spot, claimed.time, claimed.waits);
        let joined = claimed.far.join(spot, holder, (token, time), waits).await?;
        if joined && !has_failed {
            self.lease_joined(claimed.state);
        }
        Ok(joined.then(|| self.keep(claimed, token)))
    }

    /// Takes the lease by force, for a new value in the place of one that was good: that one is not served any more, whether or not this works.
    pub(super) async fn supersede(&self, claimed: Claimed<'_>) -> Answer<Lease> {
        let debt = claimed.far.debt(claimed.spot);
        let lease = self.seize(claimed).await;
        let lease = lease.inspect_err(|fault| self.tell_of_no_leases(claimed.state, fault))?;
        debt.paid();
        Ok(lease)
    }

    async fn seize(&self, claimed: Claimed<'_>) -> Answer<Lease> {
        let (far, spot, waits) = (claimed.far, claimed.spot, claimed.waits);
        let remains = self.remains_far(far, spot, waits).await?;
        let token = fresh();
        far.seize(spot, (token, claimed.time), waits).await?;
        let lease = self.keep(claimed, token);
        // What cannot be deleted now expires.
        let _ = far.let_go(spot, remains, waits).await;
        Ok(lease)
    }

    fn keep(&self, claimed: Claimed<'_>, token: Token) -> Lease {
        let Claimed {
            state,
            far,
            spot,
            time,
            waits,
            ..
        } = claimed;
        self.leased(state);
        let cache = self.clone();
        let terms = Terms {
            time,
            longest: far.lease_limits(time).in_all,
            on_end: Box::new(move || cache.lease_ended(state)),
        };
        Lease::keep(&far.backend, &spot.name, token, terms, waits)
    }
}
