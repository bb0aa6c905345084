//! Asking for the right to fill an entry.

use std::time::Duration;

use super::{Far, Load, Remains, Spot};
use crate::backend::{Answer, Lease, Token};
use crate::lease::{Asked, Limits};
use crate::waits::Waits;

/// What there is for one who found nothing.
pub(crate) enum Offer {
    /// Something was stored meanwhile; and what would remain of it, were it replaced.
    Loaded(Load, Remains),
    /// The right to fill the entry.
    Granted,
    /// Another process has that right, by this token.
    Held(Token),
}

impl Far {
    /// For how long an entry is leased, where it is: flights do as much within a process.
    pub(crate) fn lease_time(&self, spot: &Spot) -> Option<Duration> {
        let gives = self.capability.leases && !self.capability.in_process;
        spot.manner.lock.filter(|_| gives)
    }

    /// How long leases for so much time are kept, and waited for.
    pub(crate) fn lease_limits(&self, time: Duration) -> Limits {
        Limits::of(time, self.lease_wait)
    }

    /// Asks for the lease of an entry. Given up, or failed, it is given back.
    pub(crate) async fn lease(
        &self,
        spot: &Spot,
        (token, time): (Token, Duration),
        now: u32,
        waits: Waits,
    ) -> Answer<Offer> {
        let asking = self.backend.lease(&spot.name, token, time, waits);
        let head = match self.asked(spot, token, asking).await? {
            Lease::Granted => return Ok(Offer::Granted),
            Lease::Held(holder) => return Ok(Offer::Held(holder)),
            Lease::Found(head) => head,
        };
        let mut remains = Remains::default();
        if self.owed.is_fenced(&spot.name, &head) {
            return Ok(Offer::Loaded(Load::Absent, remains));
        }
        let load = self.open(spot, &head, now, waits, &mut remains).await?;
        Ok(Offer::Loaded(load, remains))
    }

    /// Takes the lease of an entry, whatever is there.
    pub(crate) async fn seize(
        &self,
        spot: &Spot,
        (token, time): (Token, Duration),
        waits: Waits,
    ) -> Answer<()> {
        let asking = self.backend.seize(&spot.name, token, time, waits);
        self.asked(spot, token, asking).await
    }

    /// Joins the holder of a lease; `false` if that is not the last one.
    pub(crate) async fn join(
        &self,
        spot: &Spot,
        holder: Token,
        (token, time): (Token, Duration),
        waits: Waits,
    ) -> Answer<bool> {
        let asking = self.backend.join(&spot.name, holder, token, time, waits);
        self.asked(spot, token, asking).await
    }

    async fn asked<T>(
        &self,
        spot: &Spot,
        token: Token,
        asking: impl Future<Output = Answer<T>>,
    ) -> Answer<T> {
        let asked = Asked::new(&self.backend, &spot.name, token, self.deadline);
        let answer = asking.await;
        match &answer {
            Ok(_) => asked.settled(),
            Err(fault) => asked.failed(fault),
        }
        answer
    }
}
