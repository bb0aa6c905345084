//! The steps of a call whose value lives in a backend.

use super::{Call, End, Errand, Step};
use crate::backend::{Answer, Fault};
use crate::cache::{Delivered, Freight};
use crate::codec::Wire;
use crate::context::{Mode, Surroundings};
use crate::event::{Miss, Operation, Unstored};
use crate::far::{Course, Load, Remains, Spot};
use crate::flight::{Permit, Right};
use crate::keep::Keep;
use crate::rules::{Ruling, Value};

/// A value on its way to the caller, who gets it when the backend has it, or has failed.
///
/// It holds the value and not the outcome, since an error need not be `Send` and a future that waits here must be.
pub(super) struct Delivery<V> {
    value: V,
    freight: Option<Freight>,
    /// Given up before the flight lands, so that an invalidation waits for no one who waits for it.
    permit: Permit,
    errand: Errand,
    right: Right,
}

impl<V> Delivery<V> {
    /// Those of the body: a backend may call this very key as well.
    pub(super) fn surroundings(&self) -> Surroundings {
        self.errand.surroundings.clone()
    }
}

impl<'a, R: 'static, U: Ruling<R>> Call<'a, R, U> {
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
            Ok(value) => Step::Done(self.served(errand, value)),
            Err(reason) => {
                self.missed(reason);
                self.run(errand)
            }
        })
    }

    fn unload(&self, load: Load) -> Result<Value<R, U>, Miss> {
        match load {
            Load::Found { raw, .. } => self.decode(&raw).ok_or_else(|| {
                self.state.counters.refuse(crate::Reject::Decode);
                Miss::Refused(crate::Reject::Decode)
            }),
            Load::Refused(reject) => {
                self.state.counters.refuse(reject);
                Err(Miss::Refused(reject))
            }
            Load::Absent => Err(Miss::Absent),
            Load::Faulty(fault) => {
                self.faulty(Operation::Get, fault);
                Err(Miss::Fault)
            }
        }
    }

    fn decode(&self, raw: &[u8]) -> Option<Value<R, U>> {
        let Course::Far(spot, wire) = &self.course else {
            return None;
        };
        (wire.decode)(spot.manner.codec, raw).ok()
    }

    fn served(&self, mut errand: Errand, value: Value<R, U>) -> R {
        self.cache.count_hit(self.state);
        let outcome = U::Keep::revive(value);
        let right = std::mem::replace(&mut errand.right, Right::Spent);
        self.land(right, &outcome);
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
            Err(outcome) => return self.kept_back(right, Unstored::Error, outcome),
        };
        let freight = match self.freight(spot, wire, &value) {
            Ok(freight) => freight,
            Err(reason) => return self.kept_back(right, reason, U::Keep::revive(value)),
        };
        let (flights, address) = (self.cache.flights(), self.address());
        match right.permit(flights, &address, self.waits) {
            Some(permit) => End::Ship(Box::new(Delivery {
                value,
                freight: Some(freight),
                permit,
                errand,
                right,
            })),
            None => self.kept_back(right, Unstored::Voided, U::Keep::revive(value)),
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
        self.cache
            .ship_far(spot, freight, seen, &delivery.permit, self.waits)
            .await
    }

    /// Wakes those who wait and gives the value back.
    pub(super) fn delivered(
        &self,
        delivery: Delivery<Value<R, U>>,
        answer: Answer<Delivered>,
    ) -> R {
        let Delivery {
            value,
            permit,
            errand,
            right,
            ..
        } = delivery;
        let outcome = U::Keep::revive(value);
        errand.surroundings.run(|| {
            drop(permit);
            self.land(right, &outcome);
            self.cache.delivered(self.state, answer);
        });
        outcome
    }

    fn kept_back(&self, right: Right, reason: Unstored, outcome: R) -> End<R, Value<R, U>> {
        self.land(right, &outcome);
        self.unstored(reason);
        End::Done(outcome)
    }

    /// Ends the flight, if there is one, and shares the outcome with its followers.
    fn land(&self, right: Right, outcome: &R) {
        if let Right::Lead(lead) = right {
            lead.land(|| (), || U::Keep::share(outcome));
        }
    }

    fn faulty(&self, operation: Operation, fault: Fault) {
        self.cache.report_fault(self.state, operation, fault);
    }
}
