//! Dropping values when no lock is held.

use std::cell::Cell;
use std::marker::PhantomData;
use std::mem::{self, ManuallyDrop};
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::Value;

/// While one of these lives, this thread drops no value that a store gives up; the last one drops
/// them all.
///
/// Dropping a value is user code: it may take locks, call a store, or panic, which reaches no caller.
/// A caller that changes a store under a lock of its own begins one before it takes the lock. Stores
/// do the same for theirs.
///
/// # Example
///
/// ```
/// # use std::any::TypeId;
/// # use std::sync::Arc;
/// use memo_memory::{DropLater, KeyRef, Store};
///
/// # let (value_type, instance) = (TypeId::of::<Arc<()>>(), TypeId::of::<()>());
/// # let key = KeyRef { hash: 1, scope: 0, value_type, instance, bytes: &[1] };
/// let store = Store::with_budget(1 << 20);
/// let value = Arc::new(());
/// store.insert(&key, Box::new(Arc::clone(&value)), 0, u64::MAX, 0);
///
/// let later = DropLater::begin();
/// store.remove(&key);
/// assert_eq!(Arc::strong_count(&value), 2);
/// drop(later);
/// assert_eq!(Arc::strong_count(&value), 1);
/// ```
#[derive(Debug)]
#[must_use = "values wait for as long as this lives"]
pub struct DropLater {
    /// What begins on one thread cannot end on another.
    not_send: PhantomData<*const ()>,
}

impl DropLater {
    /// From now on, values wait.
    pub fn begin() -> Self {
        WAITING.with(|waiting| waiting.depth.set(waiting.depth.get() + 1));
        DropLater {
            not_send: PhantomData,
        }
    }
}

impl Drop for DropLater {
    fn drop(&mut self) {
        let values = WAITING.with(|waiting| {
            waiting.depth.set(waiting.depth.get() - 1);
            if waiting.depth.get() > 0 {
                Vec::new()
            } else {
                waiting.values.take()
            }
        });
        values.into_iter().for_each(dispose);
    }
}

/// Drops a value, now or when this thread's last [`DropLater`] ends.
pub(crate) fn discard(value: Value) {
    let unwanted = WAITING.with(|waiting| waiting.keep(value));
    unwanted.into_iter().for_each(dispose);
}

/// Drops a value. Whoever happens to be here when a store gives it up is not to blame if that panics,
/// and may be a thread that ends or unwinds, where a panic would end the process.
fn dispose(value: Value) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| drop(value))) {
        // What it was raised with may panic as well when it is dropped; then that is let be.
        mem::forget(catch_unwind(AssertUnwindSafe(|| drop(panic))));
    }
}

struct Waiting {
    depth: Cell<usize>,
    values: Cell<Vec<Value>>,
}

thread_local! {
    // Never dropped, so that values can wait even while the thread drops its other thread-locals.
    // Nothing leaks: without a `DropLater` the vector is empty and owns no memory.
    static WAITING: ManuallyDrop<Waiting> = const {
        ManuallyDrop::new(Waiting { depth: Cell::new(0), values: Cell::new(Vec::new()) })
    };
}

impl Waiting {
    /// Lets the value wait, or gives it back when there is nothing to wait for.
    fn keep(&self, value: Value) -> Option<Value> {
        if self.depth.get() == 0 {
            return Some(value);
        }
        let mut values = self.values.take();
        values.push(value);
        self.values.set(values);
        None
    }
}
