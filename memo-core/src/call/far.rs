//! The steps of a call whose value lives in a backend.

use super::{Call, Copied, End, Errand, Step};
use crate::backend::{Answer, Fault};
use crate::cache::{Delivered, Freight};
use crate::codec::Wire;
use crate::context::{Mode, Surroundings};
use crate::envelope::Meta;
use crate::event::{Miss, Operation, Unstored};
use crate::far::{Course, Debt, Load, Refusal, Remains, Spot};
use crate::flight::{Permit, Right};
use crate::keep::Keep;
use crate::reject::Reject;
use crate::rules::{Ruling, Strict, Value};

/// A value on its way to the caller, who gets it when the backend has it, or has failed.
///
/// It holds the value and not the outcome, since an error need not be `Send` and a future that waits here must be.
pub(super) struct Delivery<V> {
    value: V,
    freight: Option<Freight>,
    copied: Copied<V>,
    /// Given up before the flight lands, so that an invalidation waits for no one who waits for it.
    permit: Permit,
    errand: Errand,
    right: Right,
}

/// What a strict call shares with its followers when it could not fetch: no outcome, since they may be calls of a function that is not strict.
pub(super) struct Unfetched(pub(super) Fault);

/// What was fetched, and what is known of its age.
pub(super) type Found<R, U> = (Value<R, U>, Meta);

/// Why nothing that was fetched is served.
pub(super) enum Unserved {
    Because(Miss),
    Faulty(Fault),
}

impl<V> Delivery<V> {
    /// Those of the body: a backend may call this very key as well.
    pub(super) fn surroundings(&self) -> Surroundings {
        self.errand.surroundings.clone()
    }
}

impl<R: 'static, U: Ruling<R>> Call<R, U> {
    /// What the backend has. Ready at once for a blocking call.
    pub(super) async fn fetch(&self) -> (Load, Remains) {
        let Course::Far(spot, _) = &self.course else {
            return (Load::Absent, Remains::default());
        };
        let address = self.address();
        self.cache.load_far(spot, &address, self.waits).await
    }

    /// What to do with what the backend had.
    pub(super) fn fetched(&self, mut errand: Errand, (load, remains): (Load, Remains)) -> Step<R> {
        errand.remains = Some(remains);
        let surroundings = errand.surroundings.clone();
        surroundings.run(|| match self.unload(load) {
            Ok(found) => Step::Done(self.served(errand, found)),
            Err(Unserved::Because(reason)) => {
                self.missed(reason);
                self.run_in_turn(errand)
            }
            Err(Unserved::Faulty(fault)) => self.unfetched(errand, Operation::Get, fault),
        })
    }

    /// The backend failed: the body runs, or the caller learns of it who wanted to.
    pub(super) fn unfetched(
        &self,
        mut errand: Errand,
        operation: Operation,
        fault: Fault,
    ) -> Step<R> {
        self.faulty(operation, fault.clone());
        self.missed(Miss::Fault);
        let Some(fail) = self.rules.strict() else {
            return self.run_after(errand, operation, &fault);
        };
        if let Right::Lead(lead) = std::mem::replace(&mut errand.right, Right::Spent) {
            let shared = || Some(Box::new(Unfetched(fault.clone())) as _);
            lead.land(|| (), shared);
        }
        self.failed(fail, fault)
    }

    /// What the leader met would be met again, and after as long a time: it is the follower's fault as well, whatever that makes of it.
    pub(super) fn unfetched_by_another(&self, fault: Fault) -> Step<R> {
        self.missed(Miss::Fault);
        if let Some(fail) = self.rules.strict() {
            return self.failed(fail, fault);
        }
        let ticket = self.cache.flights().ticket(self.address().hash);
        let errand = self.errand(Right::Alone(ticket));
        self.run_after(errand, Operation::Get, &fault)
    }

    fn failed(&self, fail: Strict<R>, fault: Fault) -> Step<R> {
        self.state.counters.failed.add(1);
        Step::Done(fail(fault))
    }

    pub(super) fn unload(&self, load: Load) -> Result<Found<R, U>, Unserved> {
        let reason = match load {
            Load::Found { meta, raw, weight } => {
                self.state.counters.bytes_read.add(weight as u64);
                match self.decode(&raw) {
                    Some(value) => return Ok((value, meta)),
                    None => self.refused(Reject::Decode.into()),
                }
            }
            Load::Refused(refusal) => self.refused(refusal),
            Load::Absent => Miss::Absent,
            Load::Faulty(fault) => return Err(Unserved::Faulty(fault)),
        };
        Err(Unserved::Because(reason))
    }

    fn refused(&self, refusal: Refusal) -> Miss {
        self.cache.refused(self.state, refusal);
        Miss::Refused(refusal.reject)
    }

    fn decode(&self, raw: &[u8]) -> Option<Value<R, U>> {
        let Course::Far(spot, wire) = &self.course else {
            return None;
        };
        (wire.decode)(spot.manner.codec, raw).ok()
    }

    fn served(&self, errand: Errand, found: Found<R, U>) -> R {
        self.cache.count_hit(self.state);
        self.handed_out(errand, found)
    }

    /// Ends the flight with what the backend had.
    pub(super) fn handed_out(&self, mut errand: Errand, (value, meta): Found<R, U>) -> R {
        let copied = self.copied_from(&value, meta);
        let outcome = U::Keep::revive(value);
        let right = std::mem::replace(&mut errand.right, Right::Spent);
        self.land(right, copied, &outcome);
        outcome
    }

    /// Packs a computed value for the backend, if it is to have it.
    pub(super) fn send_off(
        &self,
        errand: Errand,
        right: Right,
        spot: &Spot,
        wire: Wire<Value<R, U>>,
        outcome: R,
    ) -> End<R, Value<R, U>> {
        let value = match U::Keep::part(outcome) {
            Ok(value) => value,
            Err(outcome) => {
                return self.kept_back(errand, right, Copied::Unchanged, Unstored::Error, outcome);
            }
        };
        let freight = match errand.hold.obstacle() {
            None => self.freight(spot, wire, &value),
            Some(obstacle) => Err(obstacle),
        };
        let freight = match freight {
            Ok(freight) => freight,
            Err(reason) => {
                let copied = self.copied_without(reason, &value);
                return self.kept_back(errand, right, copied, reason, U::Keep::revive(value));
            }
        };
        let copied = match &freight {
            Freight::Store(write) => self.copied(&value, write.expiration.duration()),
            Freight::Remove(_) => Copied::Gone,
        };
        let (flights, address) = (self.cache.flights(), self.address());
        match right.permit(flights, &address, self.waits) {
            Some(permit) => End::Ship(Box::new(Delivery {
                value,
                freight: Some(freight),
                copied,
                permit,
                errand,
                right,
            })),
            None => {
                let outcome = U::Keep::revive(value);
                self.kept_back(errand, right, Copied::Unchanged, Unstored::Voided, outcome)
            }
        }
    }

    fn freight(
        &self,
        spot: &Spot,
        wire: Wire<Value<R, U>>,
        value: &Value<R, U>,
    ) -> Result<Freight, Unstored> {
        let Some(far) = self.cache.far() else {
            return Err(Unstored::NoStore);
        };
        if !self.rules.keeps(value) {
            return Ok(Freight::Remove(Unstored::Filtered));
        }
        if self.mode == Mode::Refresh && self.cache.flights().revoke(&self.address()) {
            // An older value is being written, and might land on top of this one. Both go, and nobody waits.
            return Ok(Freight::Remove(Unstored::Voided));
        }
        let own = (self.rules.expiration(), self.rules.jitter());
        match self.cache.pack_far(far, self.site, spot, value, wire, own) {
            Ok(write) => Ok(Freight::Store(write)),
            Err(reason) => Ok(Freight::Remove(reason)),
        }
    }

    /// Does what a delivery asks of the backend. Ready at once for a blocking call.
    pub(super) async fn ship(&self, delivery: &mut Delivery<Value<R, U>>) -> Answer<Delivered> {
        let (Course::Far(spot, _), Some(freight)) = (&self.course, delivery.freight.take()) else {
            return Ok(Delivered::Unstored(Unstored::NoStore));
        };
        let seen = delivery.errand.remains;
        // What a refreshed value was to replace is not served any more, whether or not that works.
        let debt = self.superseded(spot);
        let shipped = self
            .cache
            .ship_far(
                spot,
                freight,
                seen,
                &delivery.permit,
                delivery.errand.hold.lease(),
                self.waits,
            )
            .await;
        if let (Some(debt), Ok(_)) = (debt, &shipped) {
            debt.settled();
        }
        shipped
    }

    fn superseded<'s>(&'s self, spot: &'s Spot) -> Option<Debt<'s>> {
        let far = self.cache.far()?;
        (self.mode == Mode::Refresh).then(|| far.debt(spot))
    }

    /// Wakes those who wait and gives the value back.
    pub(super) fn delivered(
        &self,
        delivery: Delivery<Value<R, U>>,
        answer: Answer<Delivered>,
    ) -> R {
        let Delivery {
            value,
            copied,
            permit,
            errand,
            right,
            ..
        } = delivery;
        let copied = match &answer {
            Ok(Delivered::Stored { .. }) | Err(_) => copied,
            // What it was before is not to be kept, either.
            Ok(Delivered::Unstored(_) | Delivered::NotRemoved(..)) => Copied::Gone,
        };
        let outcome = U::Keep::revive(value);
        let reason = match &answer {
            Ok(Delivered::Unstored(reason)) => Some(*reason),
            _ => None,
        };
        let is_voided = reason.is_some_and(|reason| errand.is_voided_elsewhere(reason));
        errand.surroundings.run(|| {
            drop(permit);
            self.land_unless(is_voided, right, copied, &outcome);
            self.cache.delivered(self.state, answer);
        });
        outcome
    }

    fn kept_back(
        &self,
        errand: Errand,
        right: Right,
        copied: Copied<Value<R, U>>,
        reason: Unstored,
        outcome: R,
    ) -> End<R, Value<R, U>> {
        let is_voided = errand.is_voided_elsewhere(reason);
        if let Some(lease) = errand.hold.lease().filter(|_| !is_voided) {
            lease.fail();
        }
        // Another process may go on, and so may a follower that has to ask for its turn.
        drop(errand);
        self.land_unless(is_voided, right, copied, &outcome);
        self.unstored(reason);
        End::Done(outcome)
    }

    /// Wakes those who wait. A value from before an invalidation by another process is for its own caller alone: of the others, some may have called
    /// after that.
    fn land_unless(&self, is_voided: bool, right: Right, copied: Copied<Value<R, U>>, outcome: &R) {
        match is_voided {
            true => drop(right),
            false => self.land(right, copied, outcome),
        }
    }

    fn faulty(&self, operation: Operation, fault: Fault) {
        self.cache.report_fault(self.state, operation, fault);
    }
}
