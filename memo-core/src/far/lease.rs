//! Asking for the right to fill an entry.

use std::time::Duration;

use super::{Far, Load, Remains, Spot};
use crate::backend::{Answer, Lease, Token};
use crate::waits::Waits;

/// What there is for one who found nothing.
pub(crate) enum Offer {
    /// Something was stored meanwhile; and what would remain of it, were it replaced.
    Loaded(Load, Remains),
    /// The right to fill the entry.
    Granted(Token),
    /// Another process has that right.
    Held,
}

impl Far {
    /// For how long an entry is leased, where it is: flights do as much within a process.
    pub(crate) fn lease_time(&self, spot: &Spot) -> Option<Duration> {
        let gives = self.capability.leases && !self.capability.in_process;
        spot.manner.lock.filter(|_| gives)
    }

    /// Asks for the lease of an entry.
    pub(crate) async fn lease(
        &self,
        spot: &Spot,
        time: Duration,
        now: u32,
        waits: Waits,
    ) -> Answer<Offer> {
        let head = match self.backend.lease(&spot.name, time, waits).await? {
            Lease::Granted(token) => return Ok(Offer::Granted(token)),
            Lease::Held => return Ok(Offer::Held),
            Lease::Found(head) => head,
        };
        let mut remains = Remains::default();
        if self.owed.is_fenced(&spot.name, &head) {
            return Ok(Offer::Loaded(Load::Absent, remains));
        }
        let load = self.open(spot, &head, now, waits, &mut remains).await?;
        Ok(Offer::Loaded(load, remains))
    }
}
