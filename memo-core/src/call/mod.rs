//! The road of a memoized call: a look into the near cache, and on a miss the steps of [`Call`], driven by `blocking` or `future`.
//!
//! `Call` says what to do next; the two drivers only run, wait or await. A caching decision that stands in a driver is in the wrong
//! place.

mod blocking;
mod copies;
mod far;
mod future;
mod lease;

use std::any::TypeId;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

pub use self::blocking::call;
pub use self::future::call_async;
use crate::cache::{Cache, Way, installed};
use crate::context::{self, Mode, Surroundings};
use crate::event::{Event, Miss, Unstored};
use crate::far::{Course, Problem, Remains};
use crate::flight::{Avoid, Follow, Kind, Landing, Lead, Right, Role, Stalled, Waited};
use crate::keep::Keep;
use crate::key::Key;
use crate::near::{Found, KeyRef, Storing, address};
use crate::parcel::Parcel;
use crate::rules::{Ruling, Value};
use crate::site::{Site, State};
use crate::waits::Waits;

use self::copies::Copied;
use self::far::{Delivery, Unfetched};
use self::lease::Hold;

/// The whole of a hit: no lock, no allocation, nothing owned.
#[inline]
fn hit<R, U: Ruling<R>>(site: &'static Site, key: &Key, rules: &U) -> Option<R> {
    if !context::is_plain() || rules.forces() || key.is_faulty() {
        return None;
    }
    // Another function of the same template may have left an object there, which changes of bytes do not reach.
    if rules.manner().unwrap_or(site.options().manner).is_bytes() {
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
struct Call<R, U: Ruling<R>> {
    site: &'static Site,
    state: &'static State,
    key: Key,
    rules: U,
    cache: Cache,
    mode: Mode,
    waits: Waits,
    course: Course<Value<R, U>>,
    /// Whether the call was counted as a miss.
    missed: AtomicBool,
}

/// What has come of a call so far.
#[expect(
    clippy::large_enum_variant,
    reason = "it is moved once, within one call"
)]
enum Step<R> {
    /// Return this.
    Done(R),
    /// Do this next. It holds no outcome: a future that waits must be `Send` where an error need not be.
    Next(Next),
}

/// What a driver has to do next.
enum Next {
    /// Wait for another caller, then ask [`Call::waited`].
    Wait(Follow),
    /// [Fetch](Call::fetch) from the backend, then hand what came to [`Call::fetched`].
    Fetch(Errand),
    /// [Claim](Call::claim) the right to compute, then hand what came of it to [`Call::claimed`].
    Claim(Errand),
    /// Run the body in the surroundings of this errand, then hand the outcome to [`Call::finish`].
    Run(Errand),
    /// Run the body, as if there were no cache.
    Bypass,
}

/// What is left to do when everything that can be waited for has been. Nothing up to here depends on the body, whose type is another one for each
/// function: so the road is compiled once for each type of value.
#[expect(
    clippy::large_enum_variant,
    reason = "it is moved once, within one call"
)]
enum Ready<R> {
    /// Return this.
    Done(R),
    /// Run the body in the surroundings of this errand, then hand the outcome to [`Call::finish`].
    Run(Errand),
    /// Run the body, as if there were no cache.
    Bypass,
}

/// What a driver has to do when the body has run.
enum End<R, V> {
    /// Return this.
    Done(R),
    /// [Ship](Call::ship) this to the backend, and return what [`Call::delivered`] makes of the answer.
    Ship(Box<Delivery<V>>),
}

/// The fetching of a value, or the running of a body. Dropped before it is finished, another caller takes over.
struct Errand {
    right: Right,
    state: &'static State,
    cache: Cache,
    surroundings: Surroundings,
    /// Whether the body runs, or is to run when it is its turn: dropped then, it counts as abandoned.
    runs: bool,
    /// What the fetching found that a store would replace.
    remains: Option<Remains>,
    hold: Hold,
    /// How the lease is asked for, where that is not as usual.
    way: Option<Way>,
}

impl<R: 'static, U: Ruling<R>> Call<R, U> {
    fn new(site: &'static Site, key: Key, rules: U, waits: Waits) -> Self {
        let cache = rules.cache().cloned().unwrap_or_else(crate::cache);
        let mode = context::mode_of_call(rules.forces(), cache.is_enabled());
        let course = match mode {
            _ if key.is_faulty() => Course::Near,
            Mode::Bypass => Course::Near,
            Mode::Normal | Mode::Refresh => Self::course(&cache, site, &key, &rules),
        };
        Self {
            site,
            state: site.state(),
            key,
            rules,
            cache,
            mode,
            waits,
            course,
            missed: AtomicBool::new(false),
        }
    }

    fn course(cache: &Cache, site: &'static Site, key: &Key, rules: &U) -> Course<Value<R, U>> {
        let manner = rules.manner().unwrap_or(site.options().manner);
        Course::of(cache, site, key, manner, rules.keyring(), rules.wire())
    }

    fn start(&self) -> Step<R> {
        if self.mode == Mode::Bypass {
            self.cache.passed(self.state);
            return Step::Next(Next::Bypass);
        }
        if self.key.is_faulty() {
            self.cache.key_failed(self.state);
            return Step::Next(Next::Bypass);
        }
        let found = self.look();
        context::enter_thread();
        match found {
            Ok(outcome) => return Step::Done(outcome),
            Err(Some(reason)) => self.missed(reason),
            Err(None) => {}
        }
        self.take_off()
    }

    /// What to do when the flight that was followed has ended, or does not end.
    fn waited(&self, waited: Waited) -> Step<R> {
        match waited {
            Waited::Landed(landing) => self.landed(landing),
            Waited::Stalled(stalled) => self.take_over(&stalled),
        }
    }

    fn take_over(&self, stalled: &Stalled) -> Step<R> {
        let Some(lead) = self.cache.flights().take_over(stalled) else {
            return self.take_off();
        };
        let errand = self.errand(Right::Lead(lead));
        self.missed(Miss::Absent);
        errand.surroundings.clone().run(|| {
            self.cache.emit(|| Event::GaveUpWaiting {
                function: self.name(),
                after: stalled.after,
            });
        });
        self.set_out(errand)
    }

    fn landed(&self, landing: Landing) -> Step<R> {
        let shared = match landing {
            Landing::Shared(copy) => match copy.downcast_ref() {
                Some(Unfetched(fault)) => return self.unfetched_by_another(fault.clone()),
                None => U::Keep::unshare(&*copy),
            },
            Landing::Each => None,
            Landing::Abandoned => return self.take_off(),
        };
        match shared {
            Some(outcome) => self.joined(outcome),
            None => self.run_after_another(),
        }
    }

    /// A follower of an outcome that cannot be shared, which is a failure, computes for itself and at once: others may fail as well.
    fn run_after_another(&self) -> Step<R> {
        self.missed(Miss::Absent);
        let ticket = self.cache.flights().ticket(self.address().hash);
        self.run_in_turn(self.errand(Right::Alone(ticket)))
    }

    /// Stores what may be stored, wakes those who wait, and gives the outcome back.
    ///
    /// In the surroundings of the body: filters, weights, clones and observers are user code too, and may call this very key.
    fn finish(&self, mut errand: Errand, outcome: R, took: Duration) -> End<R, Value<R, U>> {
        let right = std::mem::replace(&mut errand.right, Right::Spent);
        errand.runs = false;
        let surroundings = errand.surroundings.clone();
        surroundings.run(|| {
            self.cache.computed(self.state, took);
            if let Course::Far(spot, wire) = &self.course {
                return self.send_off(errand, right, spot, *wire, outcome);
            }
            let parcel = self.pack(&outcome);
            let stored = self.settle(right, parcel, &outcome);
            self.report(stored);
            End::Done(outcome)
        })
    }

    /// A value to serve, or why there is none, if that can be known without asking a backend.
    fn look(&self) -> Result<R, Option<Miss>> {
        if self.mode == Mode::Refresh {
            return Err(Some(Miss::Forced));
        }
        match &self.course {
            Course::Near => {}
            Course::Far(..) => {
                let copy = self.copy().ok_or(None)?;
                self.cache.count_hit(self.state);
                return Ok(copy);
            }
            Course::Nowhere(problem) => {
                self.cache.tell(self.state, problem);
                return Err(Some(Miss::NotCached));
            }
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
            Found::Expired => Err(Some(Miss::Expired)),
            Found::Evicted => Err(Some(Miss::Evicted)),
            Found::Absent => Err(Some(Miss::Absent)),
        }
    }

    fn missed(&self, reason: Miss) {
        if !self.missed.swap(true, Ordering::Relaxed) {
            self.cache.missed(self.state, reason);
        }
    }

    fn take_off(&self) -> Step<R> {
        let kind = Kind {
            outcome: TypeId::of::<R>(),
            waits: self.waits,
        };
        let avoid = match self.mode {
            Mode::Refresh => Avoid::Everybody,
            Mode::Normal | Mode::Bypass => Avoid::Nobody,
        };
        match self
            .cache
            .flights()
            .begin(&self.address(), kind, avoid, None)
        {
            Role::Lead(lead) => self.lead(lead),
            Role::Follow(follow) => {
                self.cache.emit(|| Event::Waiting {
                    function: self.name(),
                });
                Step::Next(Next::Wait(follow))
            }
            Role::Alone(ticket) => self.set_out(self.errand(Right::Alone(ticket))),
        }
    }

    /// Between the miss and the lead another leader may have landed: then its value is there.
    fn lead(&self, lead: Lead) -> Step<R> {
        if let (Mode::Normal, Course::Near) = (self.mode, &self.course) {
            let found = self
                .cache
                .near()
                .find(&self.address(), self.cache.time().exact());
            if let Found::Value(value) = found {
                return self.joined(U::Keep::revive(value));
            }
        }
        if self.mode == Mode::Normal
            && let Some(copy) = self.copy()
        {
            return self.joined(copy);
        }
        self.set_out(self.errand(Right::Lead(lead)))
    }

    /// To the backend first, where there may be a value.
    fn set_out(&self, errand: Errand) -> Step<R> {
        match (&self.course, self.mode) {
            (Course::Far(..), Mode::Normal) => Step::Next(Next::Fetch(errand)),
            _ => self.run_in_turn(errand),
        }
    }

    fn joined(&self, outcome: R) -> Step<R> {
        let is_counted = self.missed.swap(true, Ordering::Relaxed);
        self.cache.joined(self.state, is_counted);
        Step::Done(outcome)
    }

    fn run(&self, mut errand: Errand) -> Step<R> {
        errand.runs = true;
        Step::Next(Next::Run(errand))
    }

    fn errand(&self, right: Right) -> Errand {
        // What the body calls in turn reads the cache as always.
        let surroundings = Surroundings {
            mode: Some(Mode::Normal),
            leading: right.leading(),
            heart: right.heart(),
            ..Surroundings::default()
        };
        Errand {
            right,
            state: self.state,
            cache: self.cache.clone(),
            surroundings,
            runs: false,
            remains: None,
            hold: Hold::default(),
            way: None,
        }
    }

    /// Everything about the storing that may run the user's code, done before any lock is taken.
    fn pack(&self, outcome: &R) -> Result<Parcel<Value<R, U>>, Unstored> {
        let value = U::Keep::value(outcome).ok_or(Unstored::Error)?;
        if let Course::Nowhere(_) = self.course {
            return Err(Unstored::NotCached);
        }
        if !self.rules.keeps(value) {
            return Err(Unstored::Filtered);
        }
        let weight = self.rules.weigh(value);
        let (expiration, jitter) = (self.rules.expiration(), self.rules.jitter());
        Parcel::pack(
            value.clone(),
            weight,
            self.site,
            &self.cache,
            expiration,
            jitter,
        )
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
                    if matches!(reason, Unstored::Filtered | Unstored::Expired) {
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
        match stored {
            Ok(Storing::Stored { weight, evicted }) => {
                self.cache.stored(self.state, weight, evicted);
            }
            Ok(Storing::TooLarge) => {
                self.cache.tell(self.state, &Problem::OVER_BUDGET);
                self.unstored(Unstored::TooLarge);
            }
            Ok(Storing::NoStore) => self.unstored(Unstored::NoStore),
            Err(reason) => self.unstored(reason),
        }
    }

    fn unstored(&self, reason: Unstored) {
        self.cache.unstored(self.state, reason);
    }

    fn address(&self) -> KeyRef<'_> {
        let plain = address::<Value<R, U>>(self.state.scope, &self.key);
        match &self.course {
            Course::Far(spot, _) => spot.address(plain),
            Course::Near | Course::Nowhere(_) => plain,
        }
    }

    fn name(&self) -> &'static str {
        &self.state.name
    }
}

impl Drop for Errand {
    fn drop(&mut self) {
        if self.runs {
            // A panic would be the others' as well.
            if let Some(lease) = self.hold.lease().filter(|_| std::thread::panicking()) {
                lease.fail();
            }
            // Hands over first, in this process and to others: an observer may call this very key.
            self.hold = Hold::default();
            self.right = Right::Spent;
            self.cache.abandoned(self.state);
        }
    }
}
