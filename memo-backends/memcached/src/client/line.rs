//! A connection that many who await share.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::Instant;

use memo_core::backend::{Answer, Fault};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use super::driver;
use super::origin::Origin;
use super::server::Broken;
use crate::error;
use crate::protocol::{Outbox, Reply, Request};

/// The connections of one runtime to one server. A small value does not wait behind chunks of a large one: those have a connection of
/// their own.
#[derive(Debug)]
pub(super) struct Lines {
    runtime: Handle,
    origin: Arc<Origin>,
    short: Mutex<Option<Arc<Line>>>,
    long: Mutex<Option<Arc<Line>>>,
}

/// A connection, or one that is being made: what is asked meanwhile waits in its queue, so that one reconnects for all.
#[derive(Debug)]
pub(super) struct Line(Arc<Shared>);

/// A request that was handed to a line.
#[derive(Debug)]
pub(super) struct Pending {
    line: Arc<Line>,
    answer: oneshot::Receiver<Answer<Vec<Reply>>>,
    /// What the line had heard when it was handed over.
    heard: u64,
}

/// What a line's users and its driver share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) server: Arc<str>,
    /// How often something came from the server.
    pub(super) heard: AtomicU64,
    queue: Mutex<Queue>,
}

/// What the driver has to take over.
#[derive(Debug, Default)]
pub(super) struct Queue {
    pub(super) outbox: Outbox,
    pub(super) waiting: Vec<Waiting>,
    /// The driver's, while it has nothing to do.
    pub(super) waker: Option<Waker>,
    /// Why it is over.
    pub(super) end: Option<Fault>,
}

/// Who waits for so many answers. He may be gone: then they are read and dropped.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) count: usize,
    pub(super) replies: Vec<Reply>,
    pub(super) tell: oneshot::Sender<Answer<Vec<Reply>>>,
}

impl Lines {
    pub(super) fn new(runtime: Handle, origin: Arc<Origin>) -> Self {
        Self {
            runtime,
            origin,
            short: Mutex::default(),
            long: Mutex::default(),
        }
    }

    /// The connection for what is short or long; a new one if there is none, or it is over. Connecting has to be done by `until`.
    pub(super) fn line(&self, is_long: bool, until: Instant) -> Arc<Line> {
        let place = match is_long {
            true => &self.long,
            false => &self.short,
        };
        let mut place = place.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(line) = &*place
            && line.0.lock().end.is_none()
        {
            return line.clone();
        }
        let shared = Arc::new(Shared::new(self.origin.label.clone()));
        let driving = driver::run(self.origin.clone(), shared.clone(), until);
        self.runtime.spawn(driving);
        let line = Arc::new(Line(shared));
        *place = Some(line.clone());
        line
    }
}

impl Line {
    /// Hands a request over.
    pub(super) fn submit(self: &Arc<Self>, request: &Request) -> Pending {
        let (tell, answer) = oneshot::channel();
        let heard = self.0.heard.load(Relaxed);
        let mut queue = self.0.lock();
        if queue.end.is_none() {
            queue.outbox.push(request);
            queue.waiting.push(Waiting {
                count: request.replies(),
                replies: Vec::with_capacity(request.replies()),
                tell,
            });
        }
        let waker = queue.waker.take();
        drop(queue);
        if let Some(waker) = waker {
            waker.wake();
        }
        Pending {
            line: self.clone(),
            answer,
            heard,
        }
    }
}

/// Nobody is left who could ask.
impl Drop for Line {
    fn drop(&mut self) {
        self.0.end(error::given_up(&self.0.server));
    }
}

impl Pending {
    pub(super) async fn replies(self) -> Result<Vec<Reply>, Broken> {
        match self.answer.await {
            Ok(answer) => answer.map_err(|fault| Broken {
                fault,
                is_new: true,
            }),
            Err(_) => Err(self.line.0.broken()),
        }
    }

    /// For one whose time is up: gives the connection up if nothing at all came since he asked.
    pub(super) fn give_up(line: &Line, heard: u64) {
        if line.0.heard.load(Relaxed) == heard {
            line.0.end(error::given_up(&line.0.server));
        }
    }

    pub(super) fn line(&self) -> (Arc<Line>, u64) {
        (self.line.clone(), self.heard)
    }
}

impl Shared {
    fn new(server: Arc<str>) -> Self {
        Self {
            server,
            heard: AtomicU64::new(0),
            queue: Mutex::default(),
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the line, if it has not ended: nothing is taken any more, and who waits learns why.
    pub(super) fn end(&self, fault: Fault) {
        let (waiting, waker) = {
            let mut queue = self.lock();
            if queue.end.is_none() {
                queue.end = Some(fault);
            }
            (std::mem::take(&mut queue.waiting), queue.waker.take())
        };
        drop(waiting);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn broken(&self) -> Broken {
        let end = self.lock().end.clone();
        Broken {
            fault: end.unwrap_or_else(|| error::cut(&self.server)),
            is_new: self.heard.load(Relaxed) == 0,
        }
    }
}
