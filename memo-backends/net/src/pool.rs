//! Connections for those who block.

mod line;

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Instant;

use memo_core::backend::{Answer, Fault, FaultKind};

use self::line::{Line, Place, Seat};
use crate::Deadline;

/// A bounded pool of connections, made as they are needed. The one that was given back last is lent first.
///
/// Who finds none waits in a line: a connection that comes back is handed to the one who has waited longest. So long as connections come back
/// in order, waiting does not use up an operation's [`Deadline`], which begins anew when its turn has come. Who waits for a whole deadline
/// in which none came back, or for [`MOST_DEADLINES`] in all, gives up.
pub struct Pool<C> {
    most: usize,
    connect: Box<Connect<C>>,
    state: Mutex<State<C>>,
}

/// How many deadlines one waits for a connection while others are served.
pub const MOST_DEADLINES: u32 = 40;

/// What a pool has to know of its connections.
pub trait Connection: Send {
    /// Whether nothing came from the server that nobody asked for: it would be taken for the answer to the next question.
    fn is_quiet(&mut self) -> bool {
        true
    }

    /// Has what was not sent yet never arrive. It is closed after that.
    fn abort(&mut self) {}
}

impl<C: Connection> Connection for Box<C> {
    fn is_quiet(&mut self) -> bool {
        C::is_quiet(self)
    }

    fn abort(&mut self) {
        C::abort(self);
    }
}

/// Why no connection was lent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unlent {
    /// None was free. That says nothing of the server, which was not asked.
    Shortage(Fault),
    /// None could be made.
    Failed(Fault),
}

type Connect<C> = dyn Fn(Instant) -> Answer<C> + Send + Sync;

/// No connection is made or closed under its lock.
struct State<C> {
    idle: Vec<C>,
    /// Idle, on loan, or being made.
    places: usize,
    /// Who waits for a place. While anybody does, none is free.
    line: Line<C>,
    /// Connections of an earlier generation are closed when they come back.
    generation: u64,
    /// A child of a fork must not use its parent's connections: each would read the other's answers.
    process: u32,
}

/// A connection on loan; goes back when it is dropped, unless it was [discarded](Pooled::discard) or the thread panics.
pub struct Pooled<'p, C: Connection> {
    pool: &'p Pool<C>,
    /// None while it is being made, and when it was discarded: then only its place goes back.
    connection: Option<C>,
    is_new: bool,
    generation: u64,
}

impl<C: Connection> Pool<C> {
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
                line: Line::default(),
                generation: 0,
                process: std::process::id(),
            }),
        }
    }

    /// A connection: an idle one, or a new one, or one that somebody gives back.
    ///
    /// # Errors
    ///
    /// That there is none to be had, or what making one met.
    pub fn take(&self, deadline: &Deadline) -> Result<Pooled<'_, C>, Unlent> {
        let place = self.place(deadline).map_err(Unlent::Shortage)?;
        let mut lent = self.lend(place);
        match lent.connection.as_mut().is_some_and(C::is_quiet) {
            true => Ok(lent),
            false => lent.replaced(deadline).map_err(Unlent::Failed),
        }
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
    }

    /// A place that is free, or becomes so.
    fn place(&self, deadline: &Deadline) -> Answer<Place<C>> {
        let seat = {
            let mut state = self.lock();
            let inherited = state.disinherit();
            let place = state.place(self.most);
            let seat = place.ok_or_else(|| state.line.join());
            drop(state);
            drop(inherited);
            match seat {
                Ok(place) => return Ok(place),
                Err(seat) => seat,
            }
        };
        loop {
            if let Some(place) = seat.wait(deadline.end()) {
                return Ok(come(place, deadline));
            }
            if let Some(place) = self.leave(&seat, deadline)? {
                return Ok(come(place, deadline));
            }
        }
    }

    /// For one whose time is up: the place that came at the last moment; nothing if there is more time, because others were served.
    fn leave(&self, seat: &Seat<C>, deadline: &Deadline) -> Answer<Option<Place<C>>> {
        let mut state = self.lock();
        let now = Instant::now();
        if let Some(end) = state.line.patience(deadline).filter(|end| *end > now) {
            deadline.put_off(end);
            return Ok(None);
        }
        state.line.leave(seat);
        drop(state);
        match seat.taken() {
            Some(place) => Ok(Some(place)),
            None => Err(shortage(deadline, now)),
        }
    }

    fn lend(&self, place: Place<C>) -> Pooled<'_, C> {
        Pooled {
            pool: self,
            is_new: place.idle.is_none(),
            connection: place.idle,
            generation: place.generation,
        }
    }

    /// Takes a connection back, or the place of one that is gone.
    fn give_back(&self, connection: Option<C>, generation: u64) {
        let was_served = connection.is_some();
        let mut state = self.lock();
        let (idle, closed) = match generation == state.generation {
            true => (connection, None),
            false => (None, connection),
        };
        let place = Place {
            idle,
            generation: state.generation,
            was_served,
        };
        state.pass_on(place);
        drop(state);
        drop(closed);
    }
}

/// One whose turn has come after others were served has all of its time; after a failure, what is left of it: an outage must not cost the sum.
fn come<C>(place: Place<C>, deadline: &Deadline) -> Place<C> {
    if place.was_served {
        deadline.renew();
    }
    place
}

fn shortage(deadline: &Deadline, now: Instant) -> Fault {
    match now >= Line::<()>::last(deadline) {
        true => Fault::new(
            FaultKind::Busy,
            "more callers than connections, and none was free in time",
        ),
        // Those who have the connections fare no better: the call had better not ask again.
        false => Fault::new(
            FaultKind::Timeout,
            "no connection came back from the server in time",
        ),
    }
}

impl<C> Pool<C> {
    fn lock(&self) -> MutexGuard<'_, State<C>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<C> State<C> {
    /// An idle connection's place, or a free one; nothing that others wait for.
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
            was_served: false,
        })
    }

    /// Gives a place to the first in the line, or keeps it.
    fn pass_on(&mut self, place: Place<C>) {
        match (self.line.call(place), &mut self.idle) {
            (None, _) => {}
            (
                Some(Place {
                    idle: Some(kept), ..
                }),
                idle,
            ) => idle.push(kept),
            (Some(_), _) => self.places = self.places.saturating_sub(1),
        }
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
        // The threads that wait in it are the parent's.
        self.line = Line::default();
        std::mem::take(&mut self.idle)
    }
}

impl<C: Connection> Pooled<'_, C> {
    /// Whether nothing was done with it before.
    pub fn is_new(&self) -> bool {
        self.is_new
    }

    /// Closes it: what comes out of it next may be the answer to somebody else's question. What was not sent yet never arrives.
    pub fn discard(mut self) {
        self.close();
    }

    /// [Discards](Self::discard) the connection and keeps its place. What is left can be [`replaced`](Self::replaced), and used for nothing else.
    pub fn close(&mut self) {
        if let Some(mut connection) = self.connection.take() {
            connection.abort();
        }
    }

    /// A new connection in place of this one, which is [discarded](Self::discard): for a second try.
    ///
    /// # Errors
    ///
    /// What making it met.
    pub fn replaced(mut self, deadline: &Deadline) -> Answer<Self> {
        self.close();
        self.generation = self.pool.lock().generation;
        self.is_new = true;
        // Its place goes back if that fails, or panics.
        self.connection = Some((self.pool.connect)(deadline.end())?);
        Ok(self)
    }
}

impl<C: Connection> Drop for Pooled<'_, C> {
    fn drop(&mut self) {
        if thread::panicking() {
            // Nobody knows how far it got.
            self.close();
        }
        self.pool.give_back(self.connection.take(), self.generation);
    }
}

impl<C: Connection> Deref for Pooled<'_, C> {
    type Target = C;

    fn deref(&self) -> &C {
        let connection = self.connection.as_ref();
        connection.expect("it is there until it is closed")
    }
}

impl<C: Connection> DerefMut for Pooled<'_, C> {
    fn deref_mut(&mut self) -> &mut C {
        let connection = self.connection.as_mut();
        connection.expect("it is there until it is closed")
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

impl<C: Connection> fmt::Debug for Pooled<'_, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pooled")
            .field("is_new", &self.is_new)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
