//! The locks and threads of the flight table: the standard library's, or shuttle's where `--cfg shuttle` has every interleaving tried.

#[cfg(not(shuttle))]
pub(crate) use std::sync::{Condvar, Mutex, MutexGuard};
#[cfg(not(shuttle))]
pub(crate) use std::thread::{self, ThreadId};

#[cfg(shuttle)]
pub(crate) use shuttle::sync::{Condvar, Mutex, MutexGuard};
#[cfg(shuttle)]
pub(crate) use shuttle::thread::{self, ThreadId};

use std::sync::PoisonError;
use std::time::Duration;

/// Locks, also after a panic elsewhere: no invariant of ours is broken between two statements that can panic.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Waits to be notified, for so long at the most. Whoever waits in this crate does it here, or says how long as well: no wait is without an end.
pub(crate) fn wait_at_most<'a, T>(
    changed: &Condvar,
    guard: MutexGuard<'a, T>,
    time: Duration,
) -> MutexGuard<'a, T> {
    let woken = changed.wait_timeout(guard, time.min(A_DAY));
    woken.unwrap_or_else(PoisonError::into_inner).0
}

/// Any clock can count that much.
const A_DAY: Duration = Duration::from_secs(86_400);
