//! Where connections of those who await are driven: in the caller's runtime or, where there is none, in one of our own.

mod own;
mod polling;
mod whole;

pub use self::polling::is_polling;

use std::fmt;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::Poll;
use std::time::Instant;

use memo_core::backend::{Answer, Fault, FaultKind};
use tokio::runtime::{Handle, Id};
use tokio::task::AbortHandle;

/// The runtime that this is called in or, where there is none, one on a thread of our own, which is started when it is first needed. A
/// runtime without timers or without I/O counts as none.
///
/// # Errors
///
/// If there is no runtime, and no thread can be had for one.
pub fn handle() -> Answer<Handle> {
    match Handle::try_current() {
        Ok(current) if whole::is_whole(&current) => Ok(current),
        _ => own::handle(),
    }
}

/// Something for each runtime: a connection cannot outlive the runtime that drives it, nor be driven by another.
pub struct PerRuntime<T>(Mutex<Vec<Slot<T>>>);

struct Slot<T> {
    runtime: Id,
    /// A child of a fork may go on with a runtime of its parent's, but not with the parent's connections.
    process: u32,
    value: T,
    /// Gone when the runtime has ended.
    life: Weak<()>,
    watch: AbortHandle,
}

impl<T: Clone> PerRuntime<T> {
    /// Nothing yet.
    pub fn new() -> Self {
        Self(Mutex::new(Vec::new()))
    }

    /// What there is for the runtime of [`handle`]; made now if there is nothing. What belongs to runtimes that have ended is dropped when
    /// something is made.
    ///
    /// Two who come at once may both make something; both get what the first one made.
    ///
    /// # Errors
    ///
    /// As of [`handle`].
    pub fn get_or(&self, make: impl FnOnce(&Handle) -> T) -> Answer<T> {
        let handle = handle()?;
        if let Some(value) = self.find(handle.id()) {
            return Ok(value);
        }
        let slot = Slot::new(&handle, make(&handle));
        Ok(self.add(slot))
    }

    fn find(&self, runtime: Id) -> Option<T> {
        let slots = self.lock();
        let slot = slots.iter().find(|slot| slot.is_of(runtime))?;
        Some(slot.value.clone())
    }

    fn add(&self, slot: Slot<T>) -> T {
        let mut slots = self.lock();
        let ended: Vec<Slot<T>> = slots.extract_if(.., |slot| slot.has_ended()).collect();
        let known = slots.iter().find(|known| known.is_of(slot.runtime));
        let (value, surplus) = match known {
            Some(known) => (known.value.clone(), Some(slot)),
            None => {
                let value = slot.value.clone();
                slots.push(slot);
                (value, None)
            }
        };
        drop(slots);
        drop((ended, surplus));
        value
    }
}

impl<T> PerRuntime<T> {
    fn lock(&self) -> MutexGuard<'_, Vec<Slot<T>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Clone> Default for PerRuntime<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> fmt::Debug for PerRuntime<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PerRuntime")
            .field("runtimes", &self.lock().len())
            .finish()
    }
}

impl<T> Slot<T> {
    /// A runtime that ends drops its tasks, and with the watch its life.
    fn new(handle: &Handle, value: T) -> Self {
        let life = Arc::new(());
        Self {
            runtime: handle.id(),
            process: std::process::id(),
            value,
            life: Arc::downgrade(&life),
            watch: handle.spawn(watch(life)).abort_handle(),
        }
    }

    /// Whether it belongs to this runtime, in this process. One that has ended may have left its number to another.
    fn is_of(&self, runtime: Id) -> bool {
        self.runtime == runtime && !self.has_ended()
    }

    fn has_ended(&self) -> bool {
        self.life.strong_count() == 0 || self.process != std::process::id()
    }
}

async fn watch(life: Arc<()>) {
    std::future::pending::<()>().await;
    drop(life);
}

impl<T> Drop for Slot<T> {
    fn drop(&mut self) {
        self.watch.abort();
    }
}

/// The answer of an operation that has to come before `until`; a timeout otherwise. Can be awaited outside of any runtime.
///
/// The time is that of a thread of our own: the caller's runtime may have no timers, a clock that a test has stopped, or nobody who drives it
/// while its thread blocks.
pub async fn within<T, F>(until: Instant, mut operation: Pin<&mut F>) -> Answer<T>
where
    F: Future<Output = Answer<T>>,
{
    let first = std::future::poll_fn(|context| Poll::Ready(operation.as_mut().poll(context))).await;
    if let Poll::Ready(answer) = first {
        return answer;
    }
    let mut timer = pin!(own::timer(until)?);
    std::future::poll_fn(|context| {
        if let Poll::Ready(answer) = operation.as_mut().poll(context) {
            return Poll::Ready(answer);
        }
        timer.as_mut().poll(context).map(|()| Err(late()))
    })
    .await
}

fn late() -> Fault {
    Fault::new(FaultKind::Timeout, "no answer in time")
}

#[cfg(test)]
mod tests;
