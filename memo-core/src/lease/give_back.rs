//! Giving leases back behind the scenes.

use std::process;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Wake, Waker};
use std::time::{Duration, Instant};

use super::token::failure;
use crate::backend::{Answer, DynBackend, Fault, FaultKind, Name, Token};
use crate::threads::lock;
use crate::waits::{Waits, at_once};
use crate::{alarm, background};

/// The pause before the second try. They double.
const FIRST: Duration = Duration::from_millis(10);
/// For how many deadlines a lease is given back that may be granted late, and the least of them all.
const DEADLINES: u32 = 4;
const LEAST: Duration = Duration::from_secs(2);
/// How many wait for another try. Beyond that leases end by themselves.
const MOST: usize = 4096;
/// For how long a failure is told to those who wait. They ask several times a second.
pub(super) const FAILURE: Duration = Duration::from_secs(2);

/// A lease that is being asked for. Dropped before it is [settled](Self::settled), it is given back by its token as long as it may still be granted:
/// the one who asked waits no longer, or does not know.
pub(crate) struct Asked<'a> {
    backend: &'a Arc<dyn DynBackend>,
    name: &'a Name,
    token: Token,
    deadline: Duration,
    is_settled: bool,
}

impl<'a> Asked<'a> {
    pub(crate) fn new(
        backend: &'a Arc<dyn DynBackend>,
        name: &'a Name,
        token: Token,
        deadline: Duration,
    ) -> Self {
        Self {
            backend,
            name,
            token,
            deadline,
            is_settled: false,
        }
    }

    /// The answer is known.
    pub(crate) fn settled(mut self) {
        self.is_settled = true;
    }

    /// Also a fault is an answer, where it says that nothing was granted.
    pub(crate) fn failed(mut self, fault: &Fault) {
        self.is_settled = matches!(
            fault.kind(),
            FaultKind::Auth
                | FaultKind::Busy
                | FaultKind::Full
                | FaultKind::TooLarge
                | FaultKind::Unsupported
        );
    }
}

impl Drop for Asked<'_> {
    fn drop(&mut self) {
        if !self.is_settled {
            let patience = self.deadline.saturating_mul(DEADLINES).max(LEAST);
            let lease = Returned::new(self.backend, self.name, self.token, patience);
            lease.granted_late().soon();
        }
    }
}

/// A lease on its way back.
pub(super) struct Returned {
    backend: Arc<dyn DynBackend>,
    name: Name,
    token: Token,
    /// Whether those who wait are told that nothing was stored.
    has_failed: bool,
    /// Whether it may still be granted: then that there is none is no end.
    is_late: bool,
    until: Instant,
    pause: Duration,
    process: u32,
    _place: Place,
}

impl Returned {
    pub(super) fn new(
        backend: &Arc<dyn DynBackend>,
        name: &Name,
        token: Token,
        patience: Duration,
    ) -> Self {
        let now = Instant::now();
        Self {
            backend: Arc::clone(backend),
            name: name.clone(),
            token,
            has_failed: false,
            is_late: false,
            until: now.checked_add(patience).unwrap_or(now + LEAST),
            pause: FIRST,
            process: process::id(),
            _place: Place::take(),
        }
    }

    pub(super) fn failed(mut self, has_failed: bool) -> Self {
        self.has_failed = has_failed;
        self
    }

    fn granted_late(mut self) -> Self {
        self.is_late = true;
        self
    }

    /// Gives it back on this thread; if that fails, once more later.
    pub(super) fn now(self) {
        // That of the parent of a fork is not ours to give back.
        if self.process != process::id() {
            return;
        }
        let released = at_once(give_back(
            &*self.backend,
            &self.name,
            self.token,
            self.has_failed,
        ));
        match released {
            Ok(was_there) if was_there || !self.is_late => {}
            _ if Instant::now() >= self.until || Place::are_taken() => {}
            _ => self.later(),
        }
    }

    /// Gives it back on another thread.
    pub(super) fn soon(self) {
        let lane = background::lane_of(&self.backend);
        // Where there is no thread it ends by itself.
        background::run_in_lane(lane, Box::new(move || self.now()));
    }

    fn later(mut self) {
        let pause = self.pause;
        self.pause = pause.saturating_mul(2);
        let again = Arc::new(Again(Mutex::new(Some(self))));
        alarm::wake_in(pause, Waker::from(again));
    }
}

/// Takes the right from a token; answers whether it had any. Where nothing was stored by it, those who wait are told, unless others have joined.
pub(super) async fn give_back(
    backend: &dyn DynBackend,
    name: &Name,
    token: Token,
    has_failed: bool,
) -> Answer<bool> {
    let waits = Waits::Blocking;
    if has_failed && backend.join(name, token, failure(), FAILURE, waits).await? {
        return Ok(true);
    }
    backend.release(name, token, waits).await
}

/// Tries again when its time has come.
struct Again(Mutex<Option<Returned>>);

impl Wake for Again {
    fn wake(self: Arc<Self>) {
        let lease = lock(&self.0).take();
        lease.into_iter().for_each(Returned::soon);
    }
}

/// One of those that are on their way back.
struct Place;

static TAKEN: AtomicUsize = AtomicUsize::new(0);

impl Place {
    fn take() -> Self {
        TAKEN.fetch_add(1, Ordering::Relaxed);
        Self
    }

    fn are_taken() -> bool {
        TAKEN.load(Ordering::Relaxed) > MOST
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        TAKEN.fetch_sub(1, Ordering::Relaxed);
    }
}
