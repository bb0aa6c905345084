//! The road of a memoized call: a look into the near cache, and on a miss the steps of [`Call`], driven by `blocking` or `future`.
//!
//! `Call` says what to do next; the two drivers only run, wait or await. A caching decision that stands in a driver is in the wrong
//! place.

mod blocking;
mod future;

use std::any::TypeId;
use std::marker::PhantomData;
use std::time::Duration;

pub use self::blocking::call;
pub use self::future::call_async;
use crate::cache::{Cache, installed};
use crate::context::{self, Mode, Surroundings};
use crate::event::{Event, Miss, Unstored};
use crate::flight::{Follow, Kind, Landing, Lead, Role, Ticket, Waits};
use crate::keep::Keep;
use crate::key::Key;
use crate::near::{Found, KeyRef, Storing, address};
use crate::parcel::Parcel;
use crate::rules::{Ruling, Value};
use crate::site::{Site, State};

/// The whole of a hit: no lock, no allocation, nothing owned.
#[inline]
fn hit<R, U: Ruling<R>>(site: &'static Site, key: &Key, rules: &U) -> Option<R> {
    if !context::is_plain() || rules.forces() || key.is_faulty() {
        return None;
    }
    let cache = rules.cache().unwrap_or_else(|| installed());
    let state = site.state();
    let address = address::<Value<R, U>>(state.scope, key);
    let value = cache.near().get(&address, cache.time().coarse())?;
    cache.count_hit(state);
    Some(U::Keep::revive(value))
}

/// A call that was no plain hit.
struct Call<'a, R, U: Ruling<R>> {
    site: &'static Site,
    state: &'static State,
    key: &'a Key,
    rules: &'a U,
    cache: Cache,
    mode: Mode,
    waits: Waits,
    outcome: PhantomData<fn() -> R>,
}

/// What a driver has to do next.
enum Step<R> {
    /// Return this.
    Done(R),
    /// Wait for another caller, then ask [`Call::landed`].
    Wait(Follow),
    /// Run the body in the surroundings of this errand, then hand the outcome to [`Call::finish`].
    Run(Errand),
    /// Run the body, as if there were no cache.
    Bypass,
}

/// The running of a body. Dropped before it is finished, it counts as abandoned, and another caller takes over.
struct Errand {
    right: Right,
    state: &'static State,
    cache: Cache,
    surroundings: Surroundings,
    finished: bool,
}

/// What gives the right to store.
enum Right {
    Lead(Lead),
    Alone(Ticket),
    Spent,
}

impl<'a, R: 'static, U: Ruling<R>> Call<'a, R, U> {
    fn new(site: &'static Site, key: &'a Key, rules: &'a U, waits: Waits) -> Self {
        let cache = rules.cache().cloned().unwrap_or_else(crate::cache);
        let mode = match context::mode() {
            Mode::Normal if rules.forces() => Mode::Refresh,
            mode => mode,
        };
        Self {
            site,
            state: site.state(),
            key,
            rules,
            cache,
            mode,
            waits,
            outcome: PhantomData,
        }
    }

    fn start(&self) -> Step<R> {
        if self.mode == Mode::Bypass || !self.cache.is_enabled() || context::is_ending() {
            return Step::Bypass;
        }
        if self.key.is_faulty() {
            self.state.counters.faults.add(1);
            self.cache.emit(|| Event::KeyFailed {
                function: self.name(),
            });
            return Step::Bypass;
        }
        let found = self.look();
        context::enter_thread();
        let reason = match found {
            Ok(outcome) => return Step::Done(outcome),
            Err(reason) => reason,
        };
        self.state.counters.misses.add(1);
        self.cache.emit(|| Event::Miss {
            function: self.name(),
            reason,
        });
        self.take_off()
    }

    /// What to do when the flight that was followed has ended.
    fn landed(&self, landing: Landing) -> Step<R> {
        let shared = match landing {
            Landing::Shared(copy) => U::Keep::unshare(&*copy),
            Landing::Each => None,
            Landing::Abandoned => return self.take_off(),
        };
        match shared {
            Some(outcome) => self.joined(outcome),
            None => self.run(Right::Alone(
                self.cache.flights().ticket(self.address().hash),
            )),
        }
    }

    /// Stores what may be stored, wakes those who wait, and gives the outcome back.
    ///
    /// In the surroundings of the body: filters, weights, clones and observers are user code too, and may call this very key.
    fn finish(&self, mut errand: Errand, outcome: R, took: Duration) -> R {
        let right = std::mem::replace(&mut errand.right, Right::Spent);
        errand.finished = true;
        errand.surroundings.run(|| {
            self.state.counters.computed(took);
            self.cache.count_computed();
            self.cache.emit(|| Event::Computed {
                function: self.name(),
                took,
            });
            let parcel = self.pack(&outcome);
            let stored = self.settle(right, parcel, &outcome);
            self.report(stored);
        });
        outcome
    }

    /// A value to serve, or why there is none.
    fn look(&self) -> Result<R, Miss> {
        if self.mode == Mode::Refresh {
            return Err(Miss::Forced);
        }
        match self
            .cache
            .near()
            .find(&self.address(), self.cache.time().exact())
        {
            Found::Value(value) => {
                self.cache.count_hit(self.state);
                Ok(U::Keep::revive(value))
            }
            Found::Expired => Err(Miss::Expired),
            Found::Evicted => Err(Miss::Evicted),
            Found::Absent => Err(Miss::Absent),
        }
    }

    fn take_off(&self) -> Step<R> {
        let kind = Kind {
            outcome: TypeId::of::<R>(),
            waits: self.waits,
        };
        match self
            .cache
            .flights()
            .begin(&self.address(), kind, self.mode == Mode::Refresh)
        {
            Role::Lead(lead) => self.lead(lead),
            Role::Follow(follow) => {
                self.cache.emit(|| Event::Waiting {
                    function: self.name(),
                });
                Step::Wait(follow)
            }
            Role::Alone(ticket) => self.run(Right::Alone(ticket)),
        }
    }

    /// Between the miss and the lead another leader may have landed: then its value is there.
    fn lead(&self, lead: Lead) -> Step<R> {
        if self.mode == Mode::Normal {
            let found = self
                .cache
                .near()
                .find(&self.address(), self.cache.time().exact());
            if let Found::Value(value) = found {
                return self.joined(U::Keep::revive(value));
            }
        }
        self.run(Right::Lead(lead))
    }

    fn joined(&self, outcome: R) -> Step<R> {
        self.state.counters.joined.add(1);
        self.cache.emit(|| Event::Joined {
            function: self.name(),
        });
        Step::Done(outcome)
    }

    fn run(&self, right: Right) -> Step<R> {
        let leading = match &right {
            Right::Lead(lead) => Some(lead.id()),
            Right::Alone(_) | Right::Spent => None,
        };
        // What the body calls in turn reads the cache as always.
        let surroundings = Surroundings {
            mode: Some(Mode::Normal),
            cache: None,
            leading,
        };
        Step::Run(Errand {
            right,
            state: self.state,
            cache: self.cache.clone(),
            surroundings,
            finished: false,
        })
    }

    /// Everything about the storing that may run the user's code, done before any lock is taken.
    fn pack(&self, outcome: &R) -> Result<Parcel<Value<R, U>>, Unstored> {
        let value = U::Keep::value(outcome).ok_or(Unstored::Error)?;
        if !self.rules.keeps(value) {
            return Err(Unstored::Filtered);
        }
        let weight = self.rules.weigh(value);
        let (expiration, jitter) = (self.rules.expiration(), self.rules.jitter());
        Ok(Parcel::pack(
            value.clone(),
            weight,
            self.site,
            &self.cache,
            expiration,
            jitter,
        ))
    }

    fn settle(
        &self,
        right: Right,
        parcel: Result<Parcel<Value<R, U>>, Unstored>,
        outcome: &R,
    ) -> Result<Storing, Unstored> {
        let address = self.address();
        // A voided value must not be dropped under the flight's lock: it stays out here.
        let mut parcel = Some(parcel);
        let store = || {
            match parcel.take().unwrap_or(Err(Unstored::Voided)) {
                Ok(parcel) => Ok(parcel.store(&self.cache, &address)),
                Err(reason) => {
                    // What the value is now is not to be kept, and neither is what it was. An error says nothing of the value.
                    if reason == Unstored::Filtered {
                        self.cache.near().remove(&address);
                    }
                    Err(reason)
                }
            }
        };
        let stored = match right {
            Right::Lead(lead) => lead.land(store, || U::Keep::share(outcome)),
            Right::Alone(ticket) => self
                .cache
                .flights()
                .store_alone(&ticket, address.hash, store),
            Right::Spent => None,
        };
        stored.unwrap_or(Err(Unstored::Voided))
    }

    fn report(&self, stored: Result<Storing, Unstored>) {
        let reason = match stored {
            Ok(Storing::Stored { weight, evicted }) => {
                self.state.counters.stored.add(1);
                return self.cache.emit(|| Event::Stored {
                    function: self.name(),
                    weight,
                    evicted,
                });
            }
            Ok(Storing::TooLarge) => Unstored::TooLarge,
            Ok(Storing::NoStore) => Unstored::NoStore,
            Err(reason) => reason,
        };
        self.state.counters.unstored.add(1);
        self.cache.emit(|| Event::Unstored {
            function: self.name(),
            reason,
        });
    }

    fn address(&self) -> KeyRef<'_> {
        address::<Value<R, U>>(self.state.scope, self.key)
    }

    fn name(&self) -> &'static str {
        &self.state.name
    }
}

impl Drop for Errand {
    fn drop(&mut self) {
        if !self.finished {
            // Hands over first: an observer may call this very key.
            self.right = Right::Spent;
            self.state.counters.abandoned.add(1);
            self.cache.emit(|| Event::Abandoned {
                function: &self.state.name,
            });
        }
    }
}
