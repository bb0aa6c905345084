//! A connection that many who await share.

use std::collections::VecDeque;
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

/// The connections of one runtime to one server. Who looks at something small does not wait behind what is large. All that changes something goes
/// over one connection, in the order in which it is asked: a deletion must not overtake the write that it is to undo, though nobody waits for
/// that any more.
#[derive(Debug)]
pub(super) struct Lines {
    runtime: Handle,
    origin: Arc<Origin>,
    looks: Mutex<Option<Arc<Line>>>,
    changes: Mutex<Option<Arc<Line>>>,
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

/// How many bytes are taken over at a time: enough to be gathered, and little beside what can still be taken back.
const WINDOW: usize = 64 << 10;

/// What the driver has to take over.
#[derive(Debug, Default)]
pub(super) struct Queue {
    asked: VecDeque<(Request, Waiting)>,
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
            looks: Mutex::default(),
            changes: Mutex::default(),
        }
    }

    /// The connection for small looks, or for all else; a new one if there is none, or it is over. Connecting has to be done by `until`.
    pub(super) fn line(&self, is_look: bool, until: Instant) -> Arc<Line> {
        let place = match is_look {
            true => &self.looks,
            false => &self.changes,
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
            let waiting = Waiting {
                count: request.replies(),
                replies: Vec::with_capacity(request.replies()),
                tell,
            };
            queue.asked.push_back((request.clone(), waiting));
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

impl Queue {
    /// Moves what is to be written next. What nobody waits for any more is left out, unless it deletes something: a write that was given up must not
    /// arrive when nobody reckons with it.
    pub(super) fn take(&mut self, outbox: &mut Outbox, waiting: &mut VecDeque<Waiting>) {
        let mut bytes = 0;
        while bytes < WINDOW
            && let Some((request, asking)) = self.asked.pop_front()
        {
            if asking.tell.is_closed() && !request.deletes() {
                continue;
            }
            bytes += request.bytes();
            outbox.push(&request);
            waiting.push_back(asking);
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
        let (asked, waker) = {
            let mut queue = self.lock();
            if queue.end.is_none() {
                queue.end = Some(fault);
            }
            (std::mem::take(&mut queue.asked), queue.waker.take())
        };
        drop(asked);
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

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn asked(
        command: impl FnOnce(&mut Request),
    ) -> (Request, Waiting, oneshot::Receiver<Answer<Vec<Reply>>>) {
        let mut request = Request::default();
        command(&mut request);
        let (tell, answer) = oneshot::channel();
        let waiting = Waiting {
            count: request.replies(),
            replies: Vec::new(),
            tell,
        };
        (request, waiting, answer)
    }

    fn written(outbox: &mut Outbox) -> String {
        let mut text = Vec::new();
        while !outbox.is_empty() {
            let mut slices = [std::io::IoSlice::new(&[]); crate::protocol::SLICES];
            let count = outbox.slices(&mut slices);
            let now: Vec<u8> = slices[..count]
                .iter()
                .flat_map(|slice| slice.to_vec())
                .collect();
            outbox.advance(now.len());
            text.extend(now);
        }
        String::from_utf8(text).expect("it is text")
    }

    #[test]
    fn what_nobody_waits_for_is_not_written_unless_it_deletes() {
        let value = Bytes::from("VALUE");
        let mut queue = Queue::default();
        let mut kept = Vec::new();
        for is_awaited in [true, false] {
            let name = if is_awaited { "awaited" } else { "given-up" };
            for (request, waiting, answer) in [
                asked(|request| request.get(name)),
                asked(|request| request.set(name, &value, 0)),
                asked(|request| request.fill(name, &value, 0, 1)),
                asked(|request| request.delete(name)),
            ] {
                queue.asked.push_back((request, waiting));
                kept.extend(is_awaited.then_some(answer));
            }
        }
        let (mut outbox, mut waiting) = (Outbox::default(), VecDeque::new());
        queue.take(&mut outbox, &mut waiting);
        let text = written(&mut outbox);
        assert_eq!(text.matches("awaited").count(), 4, "{text}");
        assert_eq!(text.matches("given-up").count(), 1, "{text}");
        assert!(text.ends_with("md given-up\r\n"), "{text}");
        assert_eq!(waiting.len(), 5);
    }

    #[test]
    fn what_waits_for_its_turn_can_be_taken_back() {
        let value = Bytes::from(vec![b'x'; WINDOW]);
        let mut queue = Queue::default();
        let mut answers = Vec::new();
        for name in ["first", "second", "third"] {
            let (request, waiting, answer) = asked(|request| request.set(name, &value, 0));
            queue.asked.push_back((request, waiting));
            answers.push(answer);
        }
        let (mut outbox, mut waiting) = (Outbox::default(), VecDeque::new());
        queue.take(&mut outbox, &mut waiting);
        assert!(written(&mut outbox).contains("first"));
        answers.remove(1);
        queue.take(&mut outbox, &mut waiting);
        let text = written(&mut outbox);
        assert!(text.contains("third") && !text.contains("second"));
    }
}
