//! A lease in our hands, kept alive until it is used or given back.

use std::process;
use std::sync::{Arc, Mutex, Weak};
use std::task::Wake;
use std::time::{Duration, Instant};

use super::give_back::{FAILURE, Returned};
use super::token::failure;
use crate::alarm::{self, Timer};
use crate::backend::{Answer, DynBackend, Item, Name, Token};
use crate::threads::lock;
use crate::waits::{Waits, at_once};
use crate::{background, context};

/// How long a lease is tried to be given back to a store that fails.
const PATIENCE: Duration = Duration::from_secs(2);

/// The right to fill one name. Dropped unused, it is given back: by this thread if it may block, else by a background thread.
///
/// Background threads extend it every third of its time, so that two questions may fail. A forked child has a copy and no right.
pub(crate) struct Lease(Arc<Desk>);

/// How a lease is kept.
pub(crate) struct Terms {
    pub(crate) time: Duration,
    /// How long it is kept at most. A body that hangs must not hold up the others for ever.
    pub(crate) longest: Duration,
    /// Told when that was long enough.
    pub(crate) on_end: Box<dyn Fn() + Send + Sync>,
}

/// What a lease and those who keep it alive share.
struct Desk {
    backend: Arc<dyn DynBackend>,
    name: Name,
    token: Token,
    terms: Terms,
    began: Instant,
    waits: Waits,
    process: u32,
    state: Mutex<State>,
}

/// No operation is done, and no timer dropped, under its lock.
struct State {
    /// What was computed under it cannot be stored by it any more, and there is nothing to give back.
    is_over: bool,
    /// Whether whoever waits is told that nothing was stored.
    has_failed: bool,
    /// Whether it is given back by a background thread, whoever holds it.
    is_hasty: bool,
    /// When to ask for more time.
    due: Instant,
    timer: Option<Timer>,
}

impl Lease {
    /// Keeps what was granted.
    pub(crate) fn keep(
        backend: &Arc<dyn DynBackend>,
        name: &Name,
        token: Token,
        terms: Terms,
        waits: Waits,
    ) -> Self {
        Self::of(process::id(), backend, name, token, terms, waits)
    }

    fn of(
        process: u32,
        backend: &Arc<dyn DynBackend>,
        name: &Name,
        token: Token,
        terms: Terms,
        waits: Waits,
    ) -> Self {
        let desk = Arc::new(Desk {
            backend: Arc::clone(backend),
            name: name.clone(),
            token,
            terms,
            began: Instant::now(),
            waits,
            process,
            state: Mutex::new(State {
                is_over: false,
                has_failed: false,
                is_hasty: false,
                due: Instant::now(),
                timer: None,
            }),
        });
        desk.remind();
        Self(desk)
    }

    /// Whether it is known to be over: what is computed under it cannot be stored.
    pub(crate) fn is_over(&self) -> bool {
        lock(&self.0.state).is_over
    }

    /// Stores by it; `false` where it is over.
    pub(crate) async fn fill(&self, item: Item) -> Answer<bool> {
        let desk = &*self.0;
        if !desk.is_here() || self.is_over() {
            return Ok(false);
        }
        let filled = desk.backend.fill(item, desk.token, desk.waits).await;
        match filled {
            Ok(_) => self.end(),
            // The caller has waited once, and need not wait for this as well.
            Err(_) => lock(&desk.state).is_hasty = true,
        }
        filled
    }

    /// Says that nothing is going to be stored by it: those who wait need not wait for the next one.
    pub(crate) fn fail(&self) {
        lock(&self.0.state).has_failed = true;
    }

    /// Gives it up and tells that nothing was stored; `false` where that is not known to hold, because it is over or others have joined.
    pub(crate) async fn withdraw(&self) -> Answer<bool> {
        let desk = &*self.0;
        if !desk.is_here() || self.is_over() {
            return Ok(false);
        }
        let (name, token) = (&desk.name, desk.token);
        let left = desk
            .backend
            .join(name, token, failure(), FAILURE, desk.waits)
            .await?;
        if left {
            self.end();
        }
        Ok(left)
    }

    /// Says that it is over, because its name was deleted, or filled.
    pub(crate) fn end(&self) {
        let timer = self.0.end();
        drop(timer);
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let desk = &self.0;
        let (was_over, has_failed, is_hasty) = {
            let state = lock(&desk.state);
            (state.is_over, state.has_failed, state.is_hasty)
        };
        drop(desk.end());
        if was_over || !desk.is_here() {
            return;
        }
        let returned = Returned::new(&desk.backend, &desk.name, desk.token, PATIENCE);
        let returned = returned.failed(has_failed);
        match desk.waits {
            Waits::Blocking if !is_hasty => context::on_living_thread(|| returned.now()),
            _ => returned.soon(),
        }
    }
}

impl Desk {
    /// Whether this is the process that the lease was granted to, and not a fork of it.
    fn is_here(&self) -> bool {
        self.process == process::id()
    }

    fn end(&self) -> Option<Timer> {
        let mut state = lock(&self.state);
        state.is_over = true;
        state.timer.take()
    }

    /// Asks for more time in a third of it, unless it was kept for long enough.
    fn remind(self: &Arc<Self>) {
        if self.began.elapsed() >= self.terms.longest {
            (self.terms.on_end)();
            return;
        }
        let pause = (self.terms.time / 3).max(Duration::from_millis(1));
        let now = Instant::now();
        // Before the timer is set: it must not ring before that.
        lock(&self.state).due = now.checked_add(pause).unwrap_or(now);
        let reminder = Arc::new(Reminder(Arc::downgrade(self)));
        let timer = alarm::timer(pause, reminder.into());
        let older = {
            let mut state = lock(&self.state);
            match state.is_over {
                true => Some(timer),
                false => state.timer.replace(timer),
            }
        };
        drop(older);
    }

    /// An alarm rings early where there is no thread for it.
    fn is_due(&self) -> bool {
        let state = lock(&self.state);
        !state.is_over && Instant::now() >= state.due
    }

    fn extend(self: &Arc<Self>) {
        if !self.is_here() || !self.is_due() {
            return;
        }
        let extension =
            self.backend
                .extend(&self.name, self.token, self.terms.time, Waits::Blocking);
        match at_once(extension) {
            Ok(false) => drop(self.end()),
            Ok(true) | Err(_) => self.remind(),
        }
    }
}

/// Rings at a desk, if somebody still sits there.
struct Reminder(Weak<Desk>);

impl Wake for Reminder {
    fn wake(self: Arc<Self>) {
        if let Some(desk) = self.0.upgrade() {
            let lane = background::lane_of(&desk.backend);
            background::run_in_lane(lane, Box::new(move || desk.extend()));
        }
    }
}

#[cfg(all(test, feature = "memory"))]
mod tests;
