//! A runtime of our own, for those who have none and for deadlines: one thread for the process, for as long as it lives.

use std::cell::RefCell;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Instant;

use memo_core::backend::{Answer, Fault, FaultKind};
use tokio::runtime::{Builder, Handle};
use tokio::time::Sleep;

/// With the process that it was started in: a child of a fork has no such thread.
type Own = Mutex<Option<(u32, Handle)>>;

static OWN: Own = Mutex::new(None);

pub(super) fn handle() -> Answer<Handle> {
    handle_in(std::process::id(), &OWN)
}

fn handle_in(process: u32, own: &Own) -> Answer<Handle> {
    let mut own = own.lock().unwrap_or_else(PoisonError::into_inner);
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
    /// Ours, as this thread found it, and in which process: a lock that all share costs more than to ask which process this is.
    static FOUND: RefCell<Option<(u32, Handle)>> = const { RefCell::new(None) };
}

/// Ends at this instant, whatever runtime it is awaited in.
pub(super) fn timer(until: Instant) -> Answer<Sleep> {
    let process = std::process::id();
    let known = FOUND.try_with(|found| match &*found.borrow() {
        Some((home, handle)) if *home == process => Some(sleep(handle, until)),
        _ => None,
    });
    if let Ok(Some(timer)) = known {
        return Ok(timer);
    }
    let handle = handle()?;
    let timer = sleep(&handle, until);
    let _ = FOUND.try_with(|found| found.replace(Some((process, handle))));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_child_of_a_fork_starts_a_runtime_of_its_own() {
        let own = Own::default();
        let handle = |process| handle_in(process, &own).expect("a thread can be had").id();
        let parents = handle(1);
        assert_eq!(handle(1), parents, "it is started once");
        let childs = handle(2);
        assert_ne!(childs, parents);
        assert_eq!(handle(2), childs);
    }

    #[test]
    fn a_child_of_a_fork_has_no_timers_of_its_parent() {
        let parents = Builder::new_current_thread().enable_all().build();
        let parents = parents.expect("it is made");
        let process = std::process::id();
        FOUND.set(Some((process + 1, parents.handle().clone())));
        drop(timer(Instant::now()).expect("a thread can be had"));
        let home = FOUND.with_borrow(|found| found.as_ref().map(|(home, _)| *home));
        assert_eq!(home, Some(process));
        FOUND.set(None);
    }
}
