//! Copies of values that live outside of the process, kept near for a short time.

use std::time::Duration;

use super::Call;
use crate::envelope::Meta;
use crate::event::Unstored;
use crate::expiration::Expiration;
use crate::far::Course;
use crate::flight::Right;
use crate::keep::Keep;
use crate::near::Found;
use crate::parcel::Parcel;
use crate::rules::{Ruling, Value};

/// What becomes of the copy when a flight lands.
pub(super) enum Copied<V> {
    /// It stays as it is, if there is one.
    Unchanged,
    /// This is the copy.
    As(Parcel<V>),
    /// There is none.
    Gone,
}

impl<R: 'static, U: Ruling<R>> Call<R, U> {
    /// The copy of a value whose entry lives for so long; made before any lock is taken.
    pub(super) fn copied(
        &self,
        value: &Value<R, U>,
        life: Option<Duration>,
    ) -> Copied<Value<R, U>> {
        let Some(near) = self.near_time() else {
            return Copied::Unchanged;
        };
        let life = life.map_or(near, |life| life.min(near));
        if Expiration::from(life).is_over() {
            return Copied::Gone;
        }
        let weight = self.rules.weigh(value);
        let parcel = Parcel::copy(value.clone(), weight, &self.cache, Expiration::from(life));
        Copied::As(parcel)
    }

    /// The copy of a value that is not stored for this reason: a store that is not there is no reason to do without.
    pub(super) fn copied_without(
        &self,
        reason: Unstored,
        value: &Value<R, U>,
    ) -> Copied<Value<R, U>> {
        if reason != Unstored::Fault || !self.rules.keeps(value) {
            return Copied::Unchanged;
        }
        let own = (self.rules.expiration(), self.rules.jitter());
        self.copied(value, self.cache.lifetime(self.site, own).duration())
    }

    /// The copy of a value that was fetched just now.
    pub(super) fn copied_from(&self, value: &Value<R, U>, meta: Meta) -> Copied<Value<R, U>> {
        let now = self.cache.time().wall_seconds();
        self.copied(value, meta.left(now))
    }

    /// The copy, if there is one to serve.
    pub(super) fn copy(&self) -> Option<R> {
        self.near_time()?;
        let (address, now) = (self.address(), self.cache.time().exact());
        match self.cache.near().find(&address, now) {
            Found::Value(value) => Some(U::Keep::revive(value)),
            Found::Expired | Found::Evicted | Found::Absent => None,
        }
    }

    /// Ends the flight, if there is one: the copy becomes what it is to be, unless the flight was voided, and followers get the outcome.
    pub(super) fn land(&self, right: Right, copied: Copied<Value<R, U>>, outcome: &R) {
        let address = self.address();
        // What is not stored must not be dropped under the flight's lock: it stays out here.
        let mut copied = Some(copied);
        let store = || match copied.take() {
            None | Some(Copied::Unchanged) => {}
            Some(Copied::As(parcel)) => drop(parcel.store(&self.cache, &address)),
            Some(Copied::Gone) => drop(self.cache.near().remove(&address)),
        };
        let flights = self.cache.flights();
        match right {
            Right::Lead(lead) => lead.land(store, || U::Keep::share(outcome)),
            Right::Alone(ticket) => flights.store_alone(&ticket, address.hash, store),
            Right::Spent => None,
        };
    }

    fn near_time(&self) -> Option<Duration> {
        match &self.course {
            Course::Far(spot, _) => self.cache.far()?.near_time(spot),
            Course::Near | Course::Nowhere(_) => None,
        }
    }
}
