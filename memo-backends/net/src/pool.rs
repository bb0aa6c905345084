//! Connections for those who block.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Instant;

use memo_core::backend::{Answer, Fault, FaultKind};

/// A bounded pool of connections, made as they are needed. The one that was given back last is lent first.
pub struct Pool<C> {
    most: usize,
    connect: Box<Connect<C>>,
    state: Mutex<State<C>>,
    changed: Condvar,
}

type Connect<C> = dyn Fn(Instant) -> Answer<C> + Send + Sync;

/// No connection is made or closed under its lock.
struct State<C> {
    idle: Vec<C>,
    /// Idle, on loan, or being made.
    places: usize,
    /// Who waits for a place. Waking nobody would be a call to the system for each operation.
    waiting: usize,
    /// Connections of an earlier generation are closed when they come back.
    generation: u64,
    /// A child of a fork must not use its parent's connections: each would read the other's answers.
    process: u32,
}

/// A connection on loan; goes back when it is dropped, unless it was [discarded](Pooled::discard) or the thread panics.
pub struct Pooled<'p, C> {
    pool: &'p Pool<C>,
    /// None while it is being made, and when it was discarded: then only its place goes back.
    connection: Option<C>,
    is_new: bool,
    generation: u64,
}

/// A place in the pool, and the idle connection that was on it, if any.
struct Place<C> {
    idle: Option<C>,
    generation: u64,
}

impl<C: Send> Pool<C> {
    /// At most so many connections at a time, and at least one; `connect` makes one before the given instant.
    pub fn new(
        most: usize,
        connect: impl Fn(Instant) -> Answer<C> + Send + Sync + 'static,
    ) -> Self {
        Self {
            most: most.max(1),
            connect: Box::new(connect),
            state: Mutex::new(State {
                idle: Vec::new(),
                places: 0,
                waiting: 0,
                generation: 0,
                process: std::process::id(),
            }),
            changed: Condvar::new(),
        }
    }

    /// A connection: an idle one, or a new one, or one that somebody gives back before `until`.
    ///
    /// # Errors
    ///
    /// A timeout if there is none to be had by then, or what making one met.
    pub fn take(&self, until: Instant) -> Answer<Pooled<'_, C>> {
        let place = self.wait_for_place(until)?;
        let lent = self.lend(place.idle, place.generation);
        match lent.connection {
            Some(_) => Ok(lent),
            None => lent.connected(until),
        }
    }

    /// A new connection, whatever is idle: for a second try. Discard the first one before, which has a place as well.
    ///
    /// # Errors
    ///
    /// As of [`take`](Pool::take).
    pub fn connect(&self, until: Instant) -> Answer<Pooled<'_, C>> {
        let place = self.wait_for_place(until)?;
        drop(place.idle);
        self.lend(None, place.generation).connected(until)
    }

    /// Closes the idle ones, and those on loan when they come back: a server that came back knows none of them.
    pub fn clear(&self) {
        let closed = {
            let mut state = self.lock();
            state.generation += 1;
            state.places = state.places.saturating_sub(state.idle.len());
            std::mem::take(&mut state.idle)
        };
        drop(closed);
        self.changed.notify_all();
    }

    /// Waits no longer than `until`, so that those who come during an outage do not wait for each other's turns.
    fn wait_for_place(&self, until: Instant) -> Answer<Place<C>> {
        let mut state = self.lock();
        let inherited = state.disinherit();
        let place = loop {
            if let Some(place) = state.place(self.most) {
                break Ok(place);
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break Err(Fault::new(
                    FaultKind::Timeout,
                    "no connection was free in time",
                ));
            }
            state.waiting += 1;
            let woken = self.changed.wait_timeout(state, left);
            (state, _) = woken.unwrap_or_else(PoisonError::into_inner);
            state.waiting -= 1;
        };
        drop(state);
        drop(inherited);
        place
    }

    fn lend(&self, connection: Option<C>, generation: u64) -> Pooled<'_, C> {
        Pooled {
            pool: self,
            is_new: connection.is_none(),
            connection,
            generation,
        }
    }
}

impl<C> Pool<C> {
    fn lock(&self) -> MutexGuard<'_, State<C>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a connection back, or the place of one that is gone.
    fn give_back(&self, connection: Option<C>, generation: u64) {
        let (closed, is_awaited) = {
            let mut state = self.lock();
            let closed = match connection {
                Some(connection) if generation == state.generation => {
                    state.idle.push(connection);
                    None
                }
                gone => {
                    state.places = state.places.saturating_sub(1);
                    gone
                }
            };
            (closed, state.waiting > 0)
        };
        drop(closed);
        if is_awaited {
            self.changed.notify_one();
        }
    }
}

impl<C> State<C> {
    /// An idle connection's place, or a free one.
    fn place(&mut self, most: usize) -> Option<Place<C>> {
        let idle = self.idle.pop();
        if idle.is_none() {
            if self.places >= most {
                return None;
            }
            self.places += 1;
        }
        Some(Place {
            idle,
            generation: self.generation,
        })
    }

    /// In a child of a fork: forgets the parent's connections, and returns them to be closed.
    fn disinherit(&mut self) -> Vec<C> {
        let process = std::process::id();
        if self.process == process {
            return Vec::new();
        }
        self.process = process;
        self.generation += 1;
        self.places = 0;
        std::mem::take(&mut self.idle)
    }
}

impl<C> Pooled<'_, C> {
    /// Whether nothing was done with it before.
    pub fn is_new(&self) -> bool {
        self.is_new
    }

    /// Closes it: what comes out of it next may be the answer to somebody else's question.
    pub fn discard(mut self) {
        drop(self.connection.take());
    }

    /// Made, on its place; which goes back if that fails, or panics.
    fn connected(mut self, until: Instant) -> Answer<Self> {
        self.connection = Some((self.pool.connect)(until)?);
        Ok(self)
    }
}

impl<C> Drop for Pooled<'_, C> {
    fn drop(&mut self) {
        if thread::panicking() {
            // Nobody knows how far it got.
            drop(self.connection.take());
        }
        self.pool.give_back(self.connection.take(), self.generation);
    }
}

impl<C> Deref for Pooled<'_, C> {
    type Target = C;

    fn deref(&self) -> &C {
        let connection = self.connection.as_ref();
        connection.expect("it is there until it is given back")
    }
}

impl<C> DerefMut for Pooled<'_, C> {
    fn deref_mut(&mut self) -> &mut C {
        let connection = self.connection.as_mut();
        connection.expect("it is there until it is given back")
    }
}

impl<C> fmt::Debug for Pool<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.lock();
        f.debug_struct("Pool")
            .field("most", &self.most)
            .field("connections", &state.places)
            .field("idle", &state.idle.len())
            .finish()
    }
}

impl<C> fmt::Debug for Pooled<'_, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pooled")
            .field("is_new", &self.is_new)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
