//! What a memoized function costs while its store is in trouble.
//!
//! `cargo run --release --features redis,memcached --example outages`
//!
//! It starts a redis and a memcached server of its own, with a proxy before each, and breaks them in every way of `outages/trouble.rs`.
//! Meanwhile the function, whose body is next to nothing, is called: each call returns its value, and what it took is what the store has
//! added. Then the trouble ends, and calls go on until one is answered by the store again.
#![expect(clippy::print_stdout, reason = "a program for a terminal")]

#[path = "outages/figures.rs"]
mod figures;
#[path = "outages/store.rs"]
mod store;
#[path = "outages/trouble.rs"]
mod trouble;

use figures::{Figures, HEADER, Healthy};
use memo::{Cache, memoize, with_cache};
use std::error::Error;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use store::{Kind, Store};
use trouble::Trouble;

/// So long each trouble lasts.
const OUTAGE: Duration = Duration::from_secs(3);

/// A store that is not used again by then never will be.
const PATIENCE: Duration = Duration::from_secs(60);

/// The pause between two calls.
const PAUSE: Duration = Duration::from_millis(1);

static BODIES: AtomicU64 = AtomicU64::new(0);

/// The function.
#[memoize]
fn square(n: u64) -> u64 {
    BODIES.fetch_add(1, Ordering::Relaxed);
    n * n
}

fn main() -> Result<(), Box<dyn Error>> {
    println!(
        "Each trouble lasts {OUTAGE:?}, with a call every {PAUSE:?}. An operation's deadline is the usual 250ms."
    );
    for kind in [Kind::Redis, Kind::Memcached] {
        println!("\n{kind:?}, no trouble: {}\n\n{HEADER}", healthy(kind)?);
        for trouble in Trouble::of(kind) {
            println!("{}", figures(kind, trouble)?);
        }
    }
    println!("\nEvery call returned its value, and no body ran twice for one call.");
    Ok(())
}

/// What a hit and a miss cost where all is well.
fn healthy(kind: Kind) -> Result<Healthy, Box<dyn Error>> {
    let trouble = Trouble::Absent;
    let store = Store::start(kind, trouble)?;
    store.mend(trouble)?;
    let cache = store.cache(trouble)?;
    let misses = (0..2000).map(|n| call(&cache, n).0).collect();
    let hits = (0..2000).map(|n| call(&cache, n).0).collect();
    Ok(Healthy::of(hits, misses))
}

/// What the function cost in this trouble.
fn figures(kind: Kind, trouble: Trouble) -> Result<Figures, Box<dyn Error>> {
    let store = Store::start(kind, trouble)?;
    let cache = store.cache(trouble)?;
    let mut arguments = 0..;
    let mut next = || call(&cache, arguments.next().unwrap_or_default());
    if !trouble.is_from_the_start() {
        next();
    }
    store.afflict(trouble);

    let begin = Instant::now();
    let first: Vec<Duration> = (0..4).map(|_| next().0).collect();
    let mut later = Vec::new();
    while begin.elapsed() < OUTAGE {
        thread::sleep(PAUSE);
        later.push(next().0);
    }
    store.mend(trouble)?;
    Ok(Figures::of(trouble, first, later, until_healed(&cache)?))
}

/// How long it takes until a call is answered by the store.
fn until_healed(cache: &Cache) -> Result<Duration, String> {
    let begin = Instant::now();
    while call(cache, u64::from(u32::MAX)).1 {
        if begin.elapsed() > PATIENCE {
            return Err("it is not used again".to_owned());
        }
        thread::sleep(PAUSE);
    }
    Ok(begin.elapsed())
}

/// What a call took, and whether its body ran.
fn call(cache: &Cache, n: u64) -> (Duration, bool) {
    let (begin, bodies) = (Instant::now(), BODIES.load(Ordering::Relaxed));
    let value = with_cache(cache, || square(n));
    let took = begin.elapsed();
    assert_eq!(value, n * n);
    let ran = BODIES.load(Ordering::Relaxed) - bodies;
    assert!(ran <= 1, "a body ran twice");
    (took, ran == 1)
}
