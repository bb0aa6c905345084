//! The coarse system clock: one thread that writes the time down, so that a cache hit reads it for the price of a load.
//!
//! `Instant::now` costs more than a whole hit. The thread ticks for a while after it was last asked for and then sleeps until
//! an entry expires, so an idle program is not woken. While it sleeps the time reads as [`ASLEEP`], at which every entry
//! looks expired; the reader then takes the slow road, reads the true time and wakes the thread. The same road notices a
//! thread that is gone and starts another: a forked child has none. Hits take that road now and then for the same reason.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError, Weak};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use super::{Janitor, Tick};

/// What [`coarse`] reads while nobody keeps the time.
const ASLEEP: Tick = Tick::MAX;
/// How old a coarse reading may be, give or take the scheduler.
const RESOLUTION: Duration = Duration::from_millis(20);
/// How many ticks the thread keeps time for after it was woken: ten seconds.
const TICKS_AWAKE: u32 = 500;
/// While it is awake, it looks once a second for what has expired.
const TICKS_BETWEEN_SWEEPS: u32 = 50;
/// A thread that is this late is taken for dead.
const PATIENCE: Tick = 1_000;
/// The longest sleep between two looks at the janitors.
const LONGEST_NAP: Duration = Duration::from_secs(3600);

static NOW: AtomicU64 = AtomicU64::new(ASLEEP);
/// When the thread was last asked to wake, 0 once it has.
static WOKEN_AT: AtomicU64 = AtomicU64::new(0);
static KEEPER: Mutex<Option<Thread>> = Mutex::new(None);
static JANITORS: Mutex<Vec<Weak<dyn Janitor>>> = Mutex::new(Vec::new());

#[inline]
pub(super) fn coarse() -> Tick {
    NOW.load(Ordering::Relaxed)
}

/// The true time; on the way, sees to it that somebody keeps the coarse one.
pub(super) fn exact_and_awake() -> Tick {
    let now = exact();
    let coarse = coarse();
    if coarse == ASLEEP {
        wake(now);
    } else if now.saturating_sub(coarse) > PATIENCE {
        NOW.store(ASLEEP, Ordering::Relaxed);
        wake(now);
    }
    now
}

pub(super) fn employ(janitor: Weak<dyn Janitor>) {
    let mut janitors = JANITORS.lock().unwrap_or_else(PoisonError::into_inner);
    janitors.retain(|janitor| janitor.strong_count() > 0);
    janitors.push(janitor);
}

fn exact() -> Tick {
    static START: OnceLock<Instant> = OnceLock::new();
    // One, so that 0 can mean "not set".
    let elapsed = START.get_or_init(Instant::now).elapsed().as_millis();
    u64::try_from(elapsed).unwrap_or(ASLEEP - 2) + 1
}

fn wake(now: Tick) {
    match WOKEN_AT.compare_exchange(0, now, Ordering::Relaxed, Ordering::Relaxed) {
        Ok(_) => wake_or_start(),
        Err(asked) if now.saturating_sub(asked) > PATIENCE => {
            WOKEN_AT.store(now, Ordering::Relaxed);
            start(&mut KEEPER.lock().unwrap_or_else(PoisonError::into_inner));
        }
        Err(_) => {}
    }
}

fn wake_or_start() {
    let mut keeper = KEEPER.lock().unwrap_or_else(PoisonError::into_inner);
    match &*keeper {
        Some(thread) => thread.unpark(),
        None => start(&mut keeper),
    }
}

/// Where no thread can be had the clock stays asleep: right, and slower.
fn start(keeper: &mut Option<Thread>) {
    let spawned = thread::Builder::new()
        .name("memo-clock".into())
        .spawn(keep_time);
    *keeper = spawned.ok().map(|handle| handle.thread().clone());
}

fn keep_time() {
    let _asleep_at_exit = FallAsleep;
    while is_keeper() {
        WOKEN_AT.store(0, Ordering::Relaxed);
        let mut due = tick_for_a_while();
        NOW.store(ASLEEP, Ordering::Relaxed);
        // Readers ask to be woken after this point only once `WOKEN_AT` is 0 again.
        while WOKEN_AT.load(Ordering::Relaxed) == 0 && is_keeper() {
            thread::park_timeout(nap(due));
            due = sweep(exact());
        }
    }
}

/// Ticks; answers when the next entry expires.
fn tick_for_a_while() -> Option<Tick> {
    for tick in 0..TICKS_AWAKE {
        if tick % TICKS_BETWEEN_SWEEPS == 0 {
            sweep(exact());
        }
        NOW.store(exact(), Ordering::Relaxed);
        // Whoever asked during the sweep has been heard.
        WOKEN_AT.store(0, Ordering::Relaxed);
        thread::sleep(RESOLUTION);
    }
    sweep(exact())
}

/// A thread that was replaced while it was late leaves the clock to its successor.
fn is_keeper() -> bool {
    let keeper = KEEPER.lock().unwrap_or_else(PoisonError::into_inner);
    keeper
        .as_ref()
        .is_some_and(|thread| thread.id() == thread::current().id())
}

fn nap(due: Option<Tick>) -> Duration {
    let until = due.map_or(LONGEST_NAP, |due| {
        Duration::from_millis(due.saturating_sub(exact()))
    });
    until.clamp(Duration::from_secs(1), LONGEST_NAP)
}

/// Has everybody drop what is dead; answers when the next entry dies.
///
/// Dropping is user code and may take its time, so nobody keeps the time meanwhile, and readers look for themselves.
fn sweep(now: Tick) -> Option<Tick> {
    NOW.store(ASLEEP, Ordering::Relaxed);
    let janitors: Vec<_> = {
        let janitors = JANITORS.lock().unwrap_or_else(PoisonError::into_inner);
        janitors.iter().filter_map(Weak::upgrade).collect()
    };
    janitors
        .iter()
        .filter_map(|janitor| janitor.sweep(now))
        .min()
}

/// However the thread ends (a value's `Drop` may panic in a sweep), time must not stand still.
struct FallAsleep;

impl Drop for FallAsleep {
    fn drop(&mut self) {
        NOW.store(ASLEEP, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_exact_reading_sets_the_coarse_clock_going() {
        let before = exact_and_awake();
        while coarse() == ASLEEP {
            assert!(exact_and_awake() < before + 60_000, "the clock never woke");
            thread::yield_now();
        }
        assert!(coarse() <= exact());
    }
}
