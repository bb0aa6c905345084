//! What drives a shared connection: it writes what is asked, in one go, and gives the answers to those who asked, in order.

use std::collections::VecDeque;
use std::io::IoSlice;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use memo_core::backend::Fault;
use memo_net::runtime::within;
use memo_net::stream::{Duplex, dial};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::line::{Shared, Waiting};
use super::origin::Origin;
use crate::error;
use crate::protocol::{Inbox, Malformed, Outbox, Reply, SLICES};

/// Connects, and drives the connection until it is over.
pub(super) async fn run(origin: Arc<Origin>, shared: Arc<Shared>, until: Instant) {
    // Dropped after the line was ended, so that who waits finds out why.
    let mut driver;
    let ended = Ended(shared.clone());
    let dialing = async {
        let dialed = dial(&origin.address, origin.tls.as_ref()).await;
        dialed.map_err(|failed| error::io(&origin.label, &failed))
    };
    let fault = match within(until, pin!(dialing)).await {
        Ok(stream) => {
            driver = Driver::new(shared, stream, origin.longest);
            (&mut driver).await
        }
        Err(fault) => fault,
    };
    ended.0.end(fault);
}

/// A runtime that ends drops its tasks wherever they are.
struct Ended(Arc<Shared>);

impl Drop for Ended {
    fn drop(&mut self) {
        self.0.end(error::given_up(&self.0.server));
    }
}

struct Driver {
    shared: Arc<Shared>,
    stream: Box<dyn Duplex>,
    outbox: Outbox,
    /// Something was written that TLS may still hold.
    is_unflushed: bool,
    inbox: Inbox,
    waiting: VecDeque<Waiting>,
}

impl Driver {
    fn new(shared: Arc<Shared>, stream: Box<dyn Duplex>, longest: usize) -> Self {
        Self {
            shared,
            stream,
            outbox: Outbox::default(),
            is_unflushed: false,
            inbox: Inbox::up_to(longest),
            waiting: VecDeque::new(),
        }
    }

    /// Takes over what was asked since, and has itself woken by what is asked from now on.
    fn take_over(&mut self, context: &Context<'_>) -> Result<(), Fault> {
        let mut queue = self.shared.lock();
        if let Some(end) = &queue.end {
            return Err(end.clone());
        }
        if self.outbox.is_empty() {
            queue.take(&mut self.outbox, &mut self.waiting);
        }
        match &mut queue.waker {
            Some(waker) => waker.clone_from(context.waker()),
            none => *none = Some(context.waker().clone()),
        }
        Ok(())
    }

    /// Pending if there is nothing to write, or no room for it.
    fn write(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Fault>> {
        if self.outbox.is_empty() {
            return self.flush(context);
        }
        let mut slices = [IoSlice::new(&[]); SLICES];
        let count = self.outbox.slices(&mut slices);
        let slices = slices.get(..count).unwrap_or_default();
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        Poll::Ready(match ready!(written) {
            Ok(0) => Err(error::cut(&self.shared.server)),
            Ok(bytes) => {
                self.outbox.advance(bytes);
                self.is_unflushed = true;
                Ok(())
            }
            Err(failed) => Err(error::io(&self.shared.server, &failed)),
        })
    }

    fn flush(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Fault>> {
        if !self.is_unflushed {
            return Poll::Pending;
        }
        let flushed = ready!(Pin::new(&mut self.stream).poll_flush(context));
        self.is_unflushed = false;
        Poll::Ready(flushed.map_err(|failed| error::io(&self.shared.server, &failed)))
    }

    /// Pending if nothing came.
    fn read(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Fault>> {
        let mut space = ReadBuf::new(self.inbox.space());
        let read = ready!(Pin::new(&mut self.stream).poll_read(context, &mut space));
        let bytes = space.filled().len();
        Poll::Ready(match read {
            Ok(()) if bytes == 0 => Err(error::cut(&self.shared.server)),
            Ok(()) => {
                self.inbox.filled(bytes);
                self.shared.heard.fetch_add(1, Relaxed);
                self.deliver()
            }
            Err(failed) => Err(error::io(&self.shared.server, &failed)),
        })
    }

    fn deliver(&mut self) -> Result<(), Fault> {
        loop {
            match self.inbox.next() {
                Ok(Some(reply)) => self.give(reply)?,
                Ok(None) => return Ok(()),
                Err(malformed) => {
                    let fault = error::malformed(&self.shared.server, malformed);
                    return Err(match malformed {
                        Malformed::TOO_LONG => self.refuse(fault),
                        _ => fault,
                    });
                }
            }
        }
    }

    /// Tells the one who has waited longest what happened; the others learn that they have to ask again.
    fn refuse(&mut self, fault: Fault) -> Fault {
        if let Some(first) = self.waiting.pop_front() {
            let _ = first.tell.send(Err(fault));
        }
        error::given_up(&self.shared.server)
    }

    /// Gives an answer to the one who has waited longest.
    fn give(&mut self, reply: Reply) -> Result<(), Fault> {
        let server = &self.shared.server;
        let Some(first) = self.waiting.front_mut() else {
            return Err(error::unexpected(server));
        };
        if let Reply::Refused(refusal) = reply
            && !refusal.leaves_order()
        {
            let fault = error::refused(server, refusal);
            return Err(self.refuse(fault));
        }
        first.replies.push(reply);
        if first.replies.len() == first.count
            && let Some(first) = self.waiting.pop_front()
        {
            let _ = first.tell.send(Ok(first.replies));
        }
        Ok(())
    }
}

/// Ends with the reason why it does.
impl Future for Driver {
    type Output = Fault;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Fault> {
        loop {
            if let Err(end) = self.take_over(context) {
                return Poll::Ready(end);
            }
            let wrote = self.write(context);
            let read = self.read(context);
            for done in [&wrote, &read] {
                if let Poll::Ready(Err(fault)) = done {
                    return Poll::Ready(fault.clone());
                }
            }
            if wrote.is_pending() && read.is_pending() {
                return Poll::Pending;
            }
        }
    }
}
