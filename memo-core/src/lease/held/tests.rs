use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use super::*;
use crate::backend::{Guarded, Lease as Offer, Memory};
use crate::clock::{Clock, Tick};
use crate::expiration::Expiration;
use crate::lease::{Asked, fresh};
use crate::threads::tests::until;

fn store() -> Arc<dyn DynBackend> {
    Guarded::over(Memory::with_budget(16 << 20)).into()
}

fn name(number: usize) -> Name {
    Name::new(number.to_string(), crate::backend::Group(0))
}

fn terms(time: Duration) -> Terms {
    Terms {
        time,
        longest: Duration::MAX,
        on_end: Box::new(|| {}),
    }
}

#[derive(Clone, Debug, Default)]
struct Dial(Arc<AtomicU64>);

impl Clock for Dial {
    fn now(&self) -> Tick {
        self.0.load(Ordering::SeqCst)
    }
}

const LONG: Duration = Duration::from_secs(3_600_000);

fn asked(store: &Arc<dyn DynBackend>, name: &Name, token: Token) -> Offer {
    at_once(store.lease(name, token, LONG, Waits::Blocking)).expect("the store is there")
}

fn granted(store: &Arc<dyn DynBackend>, name: &Name) -> Token {
    let token = fresh();
    assert_eq!(asked(store, name, token), Offer::Granted);
    token
}

fn item(name: &Name) -> Item {
    Item {
        name: name.clone(),
        value: "A".into(),
        expiration: Expiration::never(),
    }
}

#[test]
fn timers_of_leases_that_are_over_do_not_stay() {
    let store = store();
    for number in 0..60_000 {
        let name = name(number % 100);
        let token = granted(&store, &name);
        let lease = Lease::keep(&store, &name, token, terms(LONG), Waits::Blocking);
        match number % 3 {
            0 => lease.end(),
            1 => drop(at_once(lease.fill(item(&name)))),
            _ => {}
        }
        drop(lease);
        let _ = at_once(store.delete_many(&[name], Waits::Blocking));
    }
    // Nobody else here waits for so long.
    assert_eq!(alarm::waiting_beyond(LONG / 4), 0);
}

#[test]
fn a_fork_neither_uses_nor_ends_the_lease_of_its_parent() {
    let (store, name) = (store(), name(1));
    let token = granted(&store, &name);
    let parent = process::id().wrapping_add(1);
    let copy = Lease::of(parent, &store, &name, token, terms(LONG), Waits::Blocking);
    assert_eq!(at_once(copy.fill(item(&name))), Ok(false));
    assert_eq!(at_once(copy.withdraw()), Ok(false));
    copy.0.state.lock().expect("nothing panics under it").due = Instant::now();
    let short = Duration::from_nanos(1);
    let shorter = Lease::of(parent, &store, &name, token, terms(short), Waits::Blocking);
    until(|| shorter.0.is_due());
    shorter.0.extend();
    drop((copy, shorter));
    assert_eq!(asked(&store, &name, fresh()), Offer::Held(token));
    let lease = Lease::keep(&store, &name, token, terms(LONG), Waits::Blocking);
    assert_eq!(at_once(lease.fill(item(&name))), Ok(true));
}

#[test]
fn a_lease_is_not_kept_for_longer_than_its_longest_time() {
    static ENDED: AtomicUsize = AtomicUsize::new(0);
    // By its clock the lease does not end by itself.
    let clock = Dial::default();
    let memory = Memory::with_clock(16 << 20, clock.clone());
    let (store, name) = (Guarded::over(memory).into(), name(1));
    let time = Duration::from_millis(30);
    let token = granted(&store, &name);
    let terms = Terms {
        time,
        longest: time * 4,
        on_end: Box::new(|| {
            ENDED.fetch_add(1, Ordering::SeqCst);
        }),
    };
    let lease = Lease::keep(&store, &name, token, terms, Waits::Blocking);
    until(|| ENDED.load(Ordering::SeqCst) == 1);
    assert_eq!(asked(&store, &name, Token(7)), Offer::Held(token));
    clock.0.store(60, Ordering::SeqCst);
    assert_eq!(asked(&store, &name, Token(7)), Offer::Granted);
    assert_eq!(at_once(lease.fill(item(&name))), Ok(false));
}

#[test]
fn a_lease_that_is_granted_after_nobody_waits_for_it_is_given_back() {
    let (store, name) = (store(), name(1));
    let (token, deadline) = (fresh(), Duration::from_secs(60));
    drop(Asked::new(&store, &name, token, deadline));
    std::thread::sleep(Duration::from_millis(50));
    assert_eq!(asked(&store, &name, token), Offer::Granted);
    until(|| asked(&store, &name, Token(7)) == Offer::Granted);
}

#[test]
fn a_lease_whose_grant_is_known_is_kept() {
    let (store, name) = (store(), name(1));
    let token = granted(&store, &name);
    Asked::new(&store, &name, token, LONG).settled();
    assert!(at_once(store.extend(&name, token, LONG, Waits::Blocking)).expect("it is there"));
}

#[test]
fn a_failure_is_left_for_those_who_wait() {
    let (store, name) = (store(), name(1));
    let token = granted(&store, &name);
    let lease = Lease::keep(&store, &name, token, terms(LONG), Waits::Blocking);
    lease.fail();
    drop(lease);
    let Offer::Held(left) = asked(&store, &name, fresh()) else {
        panic!("nothing was left");
    };
    assert!(crate::lease::is_failure(left));
}
