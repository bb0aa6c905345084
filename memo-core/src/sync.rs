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

/// Locks, also after a panic elsewhere: no invariant of ours is broken between two statements that can panic.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
