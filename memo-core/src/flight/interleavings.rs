//! The flight table under shuttle, which tries interleavings at every lock: `RUSTFLAGS="--cfg shuttle"`.

use std::any::TypeId;
use std::sync::Arc;
use std::time::Duration;

use shuttle::sync::Mutex;
use shuttle::sync::atomic::{AtomicU64, Ordering};
use shuttle::thread;

use super::{Avoid, Flights, Follow, Kind, Landing, Lead, Role, Waited};
use crate::near::KeyRef;
use crate::waits::Waits;

const KIND: Kind = Kind {
    outcome: TypeId::of::<u64>(),
    waits: Waits::Blocking,
};
const SCHEDULES: usize = 5_000;

/// A memoized function without the road around it: a source, a store, and the table.
struct World {
    flights: Flights,
    source: AtomicU64,
    stored: Mutex<Option<u64>>,
    running: AtomicU64,
}

impl World {
    fn new() -> Arc<Self> {
        Self::waiting(Duration::MAX)
    }

    /// One whose calls wait for each other for so long.
    fn waiting(limit: Duration) -> Arc<Self> {
        Arc::new(Self {
            flights: Flights::new(limit),
            source: AtomicU64::new(0),
            stored: Mutex::new(None),
            running: AtomicU64::new(0),
        })
    }

    fn call(&self) -> u64 {
        loop {
            if let Some(value) = *self.stored.lock().expect("no panic") {
                return value;
            }
            match self.flights.begin(&key(), KIND, Avoid::Nobody, None) {
                Role::Lead(lead) => {
                    let value = self.body();
                    lead.land(
                        || *self.stored.lock().expect("no panic") = Some(value),
                        || Some(Box::new(value)),
                    );
                    return value;
                }
                Role::Follow(follow) => match landed(follow) {
                    Landing::Shared(copy) => return *copy.downcast_ref::<u64>().expect("a number"),
                    Landing::Each => return self.body(),
                    Landing::Abandoned => {}
                },
                Role::Alone(_) => unreachable!("nothing is nested"),
            }
        }
    }

    /// A call that goes on in the place of a leader. What one of them computes is stored.
    fn impatient_call(&self) -> u64 {
        loop {
            let stalled = match self.flights.begin(&key(), KIND, Avoid::Nobody, None) {
                Role::Lead(lead) => return self.land(lead),
                Role::Follow(follow) => match follow.wait() {
                    Waited::Stalled(stalled) => stalled,
                    Waited::Landed(Landing::Shared(copy)) => {
                        return *copy.downcast_ref::<u64>().expect("a number");
                    }
                    Waited::Landed(_) => continue,
                },
                Role::Alone(_) => unreachable!("nothing is nested"),
            };
            if let Some(lead) = self.flights.take_over(&stalled) {
                return self.land(lead);
            }
        }
    }

    fn land(&self, lead: Lead) -> u64 {
        let value = self.body();
        let store = || *self.stored.lock().expect("no panic") = Some(value);
        if lead.land(store, || Some(Box::new(value))).is_none() {
            let stored = *self.stored.lock().expect("no panic");
            assert!(stored.is_some(), "nobody has landed before");
        }
        value
    }

    fn body(&self) -> u64 {
        self.running.fetch_add(1, Ordering::SeqCst);
        let value = self.source.load(Ordering::SeqCst);
        thread::yield_now();
        self.running.fetch_sub(1, Ordering::SeqCst);
        value
    }

    fn invalidate(&self) {
        self.flights
            .invalidate(&key(), || *self.stored.lock().expect("no panic") = None);
    }

    /// A call whose value lives in a backend: fetched, and written outside of any lock of the table.
    fn far_call(&self) -> u64 {
        loop {
            match self.flights.begin(&key(), KIND, Avoid::Nobody, None) {
                Role::Lead(lead) => {
                    if let Some(value) = self.backend(|stored| *stored) {
                        lead.land(|| (), || Some(Box::new(value)));
                        return value;
                    }
                    let value = self.body();
                    if let Some(permit) = lead.permit(Waits::Blocking) {
                        self.backend(|stored| *stored = Some(value));
                        drop(permit);
                    }
                    lead.land(|| (), || Some(Box::new(value)));
                    return value;
                }
                Role::Follow(follow) => match landed(follow) {
                    Landing::Shared(copy) => return *copy.downcast_ref::<u64>().expect("a number"),
                    Landing::Each => return self.body(),
                    Landing::Abandoned => {}
                },
                Role::Alone(_) => unreachable!("nothing is nested"),
            }
        }
    }

    fn far_invalidate(&self) {
        for writing in self.flights.void(&key()) {
            writing.wait();
        }
        self.backend(|stored| *stored = None);
        self.flights.invalidate(&key(), || ());
    }

    /// An operation of the backend, which takes its time.
    fn backend<T>(&self, operation: impl FnOnce(&mut Option<u64>) -> T) -> T {
        thread::yield_now();
        let answer = operation(&mut self.stored.lock().expect("no panic"));
        thread::yield_now();
        answer
    }
}

/// Nobody has to give up.
fn landed(follow: Follow) -> Landing {
    match follow.wait() {
        Waited::Landed(landing) => landing,
        Waited::Stalled(_) => unreachable!("there is time enough"),
    }
}

fn key() -> KeyRef<'static> {
    let unit = TypeId::of::<()>();
    KeyRef {
        hash: 7,
        scope: 1,
        value_type: unit,
        instance: unit,
        bytes: b"key",
    }
}

#[test]
fn no_value_from_before_an_acknowledged_invalidation_is_returned_after_it() {
    callers_against_an_invalidation(World::call, World::invalidate);
}

#[test]
fn what_is_written_to_a_backend_during_an_invalidation_is_deleted_by_it() {
    callers_against_an_invalidation(World::far_call, World::far_invalidate);
}

fn callers_against_an_invalidation(call: fn(&World) -> u64, invalidate: fn(&World)) {
    shuttle::check_random(
        move || {
            let world = World::new();
            let callers: Vec<_> = (0..2)
                .map(|_| {
                    let world = world.clone();
                    thread::spawn(move || {
                        call(&world);
                        call(&world);
                    })
                })
                .collect();
            world.source.store(1, Ordering::SeqCst);
            invalidate(&world);
            assert_eq!(call(&world), 1);
            callers
                .into_iter()
                .for_each(|caller| caller.join().expect("no panic"));
            assert_eq!(call(&world), 1, "nobody stored the old value afterwards");
        },
        SCHEDULES,
    );
}

#[test]
fn without_invalidations_one_body_runs_at_a_time() {
    shuttle::check_random(
        || {
            let world = World::new();
            let callers: Vec<_> = (0..3)
                .map(|_| {
                    let world = world.clone();
                    thread::spawn(move || {
                        world.call();
                        assert!(world.running.load(Ordering::SeqCst) <= 1);
                    })
                })
                .collect();
            callers
                .into_iter()
                .for_each(|caller| caller.join().expect("no panic"));
        },
        SCHEDULES,
    );
}

#[test]
fn a_leader_that_goes_without_landing_leaves_nobody_waiting() {
    shuttle::check_random(
        || {
            let world = World::new();
            let deserter = {
                let world = world.clone();
                thread::spawn(move || {
                    if let Role::Lead(lead) = world.flights.begin(&key(), KIND, Avoid::Nobody, None)
                    {
                        thread::yield_now();
                        drop(lead);
                    }
                })
            };
            let callers: Vec<_> = (0..2)
                .map(|_| {
                    let world = world.clone();
                    thread::spawn(move || assert_eq!(world.call(), 0))
                })
                .collect();
            deserter.join().expect("no panic");
            callers
                .into_iter()
                .for_each(|caller| caller.join().expect("no panic"));
            assert!(!world.flights.is_running(&key()));
        },
        SCHEDULES,
    );
}

#[test]
fn a_leader_that_goes_without_landing_takes_nothing_from_those_in_its_place() {
    shuttle::check_random(
        || {
            let world = World::waiting(Duration::ZERO);
            let leader = world.flights.begin(&key(), KIND, Avoid::Nobody, None);
            let callers: Vec<_> = (0..3)
                .map(|_| {
                    let world = world.clone();
                    thread::spawn(move || assert_eq!(world.impatient_call(), 0))
                })
                .collect();
            thread::yield_now();
            drop(leader);
            callers
                .into_iter()
                .for_each(|caller| caller.join().expect("no panic"));
            assert!(!world.flights.is_running(&key()));
        },
        SCHEDULES,
    );
}

#[test]
fn a_value_computed_alone_is_refused_after_an_invalidation() {
    shuttle::check_random(
        || {
            let world = World::new();
            let alone = {
                let world = world.clone();
                thread::spawn(move || {
                    let ticket = world.flights.ticket(key().hash);
                    let value = world.body();
                    let store = || *world.stored.lock().expect("no panic") = Some(value);
                    world.flights.store_alone(&ticket, key().hash, store);
                })
            };
            world.source.store(1, Ordering::SeqCst);
            world.invalidate();
            alone.join().expect("no panic");
            assert_ne!(*world.stored.lock().expect("no panic"), Some(0));
        },
        SCHEDULES,
    );
}

#[test]
fn a_writer_alone_and_an_invalidation_have_an_order() {
    shuttle::check_random(
        || {
            let world = World::new();
            let alone = {
                let world = world.clone();
                thread::spawn(move || {
                    let ticket = world.flights.ticket(key().hash);
                    let value = world.body();
                    if let Some(_permit) = world.flights.permit(&ticket, &key(), Waits::Blocking) {
                        world.backend(|stored| *stored = Some(value));
                    }
                })
            };
            world.source.store(1, Ordering::SeqCst);
            world.far_invalidate();
            let after = world.backend(|stored| *stored);
            assert_ne!(after, Some(0), "an old value after the invalidation");
            alone.join().expect("no panic");
            assert_ne!(world.backend(|stored| *stored), Some(0));
        },
        SCHEDULES,
    );
}
