//! A runtime of our own, for those who have none and for deadlines: one thread for the process, for as long as it lives.

use std::cell::RefCell;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Instant;

use memo_core::backend::{Answer, Fault, FaultKind};
use tokio::runtime::{Builder, Handle, Id};
use tokio::time::Sleep;

/// With the process that it was started in: a child of a fork has no such thread.
static OWN: Mutex<Option<(u32, Handle)>> = Mutex::new(None);

pub(super) fn handle() -> Answer<Handle> {
    let process = std::process::id();
    let mut own = OWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((home, handle)) = &*own
        && *home == process
    {
        return Ok(handle.clone());
    }
    let handle = start().map_err(|_| {
        let message = "no thread could be had for the connections";
        Fault::new(FaultKind::Other, message)
    })?;
    *own = Some((process, handle.clone()));
    Ok(handle)
}

thread_local! {
    /// Ours, as it was found in a runtime of the caller's. To ask which process this is is a call of the system, and need not be done for
    /// each operation: a child of a fork has to make a runtime of its own, which has another number.
    static FOUND: RefCell<Option<(Id, Handle)>> = const { RefCell::new(None) };
}

/// Ends at this instant, whatever runtime it is awaited in.
pub(super) fn timer(until: Instant) -> Answer<Sleep> {
    let around = Handle::try_current().ok().map(|around| around.id());
    let known = FOUND.try_with(|found| match &*found.borrow() {
        Some((id, handle)) if Some(*id) == around => Some(sleep(handle, until)),
        _ => None,
    });
    if let Ok(Some(timer)) = known {
        return Ok(timer);
    }
    let handle = handle()?;
    let timer = sleep(&handle, until);
    if let Some(around) = around {
        let _ = FOUND.try_with(|found| found.replace(Some((around, handle))));
    }
    Ok(timer)
}

fn sleep(handle: &Handle, until: Instant) -> Sleep {
    let _inside = handle.enter();
    tokio::time::sleep_until(until.into())
}

fn start() -> std::io::Result<Handle> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let handle = runtime.handle().clone();
    thread::Builder::new()
        .name("memo-net".into())
        .spawn(move || runtime.block_on(std::future::pending::<()>()))?;
    Ok(handle)
}
