//! One server, and everything that is known of it.

use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use memo_core::Waits;
use memo_core::backend::{Answer, Fault, FaultKind, ServerStats};
use memo_net::retry::is_due;
use memo_net::runtime::{PerRuntime, within};
use memo_net::{Admission, Deadline, Health, Listeners, Pool, Pooled, Unlent};

use super::How;
use super::line::{Lines, Pending};
use super::origin::Origin;
use super::wire::Wire;
use crate::error;
use crate::protocol::{Reply, Request};

/// One server.
#[derive(Debug)]
pub(super) struct Server {
    origin: Arc<Origin>,
    health: Health,
    /// For those who block.
    pool: Pool<Box<Wire>>,
    /// For those who await.
    lines: PerRuntime<Arc<Lines>>,
}

/// A server that was asked, and did not answer yet.
pub(super) struct Asked<'a> {
    server: &'a Server,
    requests: &'a [Request],
    admission: Admission<'a>,
    how: How<'a>,
    begun: Begun<'a>,
}

enum Begun<'a> {
    /// There was no connection.
    Unlent(Unlent),
    /// The first request was sent, or could not be.
    Blocking(Lent<'a>, Result<(), Broken>),
    /// All were handed over.
    Async(Answer<Vec<Pending>>),
}

type Lent<'p> = Pooled<'p, Box<Wire>>;

/// What went wrong on a connection, and whether nothing was done with it before.
#[derive(Debug)]
pub(super) struct Broken {
    pub(super) fault: Fault,
    pub(super) is_new: bool,
}

impl Server {
    pub(super) fn new(origin: Origin, connections: usize, listeners: Listeners) -> Self {
        let origin = Arc::new(origin);
        let (probed, patience) = (origin.clone(), listeners.clone());
        let probe = move || probe(&probed, patience.patience());
        let connected = origin.clone();
        Self {
            health: Health::new(origin.label.clone(), listeners, probe),
            pool: Pool::new(connections, move |until| {
                Ok(Box::new(Wire::connect(&connected, until)?))
            }),
            lines: PerRuntime::new(),
            origin,
        }
    }

    pub(super) fn label(&self) -> &str {
        &self.origin.label
    }

    pub(super) fn stats(&self) -> ServerStats {
        self.health.stats()
    }

    pub(super) fn admit(&self) -> Answer<Admission<'_>> {
        self.health.admit()
    }

    /// The size of the largest item that the server takes.
    pub(super) fn largest_item(&self, deadline: &Deadline) -> Answer<u64> {
        let mut lent = match self.pool.take(deadline) {
            Ok(lent) => lent,
            Err(Unlent::Shortage(fault) | Unlent::Failed(fault)) => return Err(fault),
        };
        let largest = lent.largest_item(deadline.end());
        if largest.is_err() {
            lent.close();
        }
        largest
    }

    /// Asks, and does not wait for the answers.
    pub(super) fn begin<'a>(
        &'a self,
        requests: &'a [Request],
        admission: Admission<'a>,
        how: How<'a>,
    ) -> Asked<'a> {
        let begun = match how.waits {
            Waits::Blocking => self.lend(requests, how.deadline),
            Waits::Async => Begun::Async(self.submit(requests, how.deadline.end())),
        };
        Asked {
            server: self,
            requests,
            admission,
            how,
            begun,
        }
    }

    fn lend(&self, requests: &[Request], deadline: &Deadline) -> Begun<'_> {
        match self.pool.take(deadline) {
            Ok(mut lent) => {
                let sent = send(&mut lent, requests, deadline.end());
                Begun::Blocking(lent, sent)
            }
            Err(unlent) => Begun::Unlent(unlent),
        }
    }

    fn submit(&self, requests: &[Request], until: Instant) -> Answer<Vec<Pending>> {
        let lines = |runtime: &tokio::runtime::Handle| {
            Arc::new(Lines::new(runtime.clone(), self.origin.clone()))
        };
        let lines = self.lines.get_or(lines)?;
        let line = lines.line(requests.iter().all(Request::is_look), until);
        Ok(requests
            .iter()
            .map(|request| line.submit(request))
            .collect())
    }

    /// The answers to what was sent; a second try is made on the place of the first.
    fn over_wire(
        &self,
        mut lent: Lent<'_>,
        sent: Result<(), Broken>,
        requests: &[Request],
        how: How<'_>,
    ) -> Answer<Vec<Reply>> {
        let end = how.deadline.end();
        let first = sent.and_then(|()| receive(&mut lent, requests, end));
        let broken = match first {
            Ok(replies) => return Ok(replies),
            Err(broken) => broken,
        };
        if !is_due(&broken.fault, how.twice, broken.is_new) {
            return Err(broken.fault);
        }
        self.health.retried();
        // The others were connected to the same server that is gone.
        self.pool.clear();
        let mut lent = lent.replaced(how.deadline)?;
        let again = send(&mut lent, requests, end);
        let again = again.and_then(|()| receive(&mut lent, requests, end));
        again.map_err(|broken| broken.fault)
    }

    async fn over_line(
        &self,
        pending: Answer<Vec<Pending>>,
        requests: &[Request],
        how: How<'_>,
    ) -> Answer<Vec<Reply>> {
        let end = how.deadline.end();
        let broken = match self.wait(pending?, end).await {
            Ok(replies) => return Ok(replies),
            Err(broken) => broken,
        };
        if !is_due(&broken.fault, how.twice, broken.is_new) {
            return Err(broken.fault);
        }
        self.health.retried();
        let again = self.wait(self.submit(requests, end)?, end).await;
        again.map_err(|broken| broken.fault)
    }

    async fn wait(&self, pending: Vec<Pending>, until: Instant) -> Result<Vec<Reply>, Broken> {
        let line = pending.last().map(Pending::line);
        let all = async {
            let mut all = Vec::new();
            for pending in pending {
                match pending.replies().await {
                    Ok(replies) if all.is_empty() => all = replies,
                    Ok(replies) => all.extend(replies),
                    Err(broken) => return Ok(Err(broken)),
                }
            }
            Ok(Ok(all))
        };
        within(until, pin!(all)).await.unwrap_or_else(|fault| {
            if let Some((line, heard)) = line
                && fault.kind() == FaultKind::Timeout
            {
                Pending::give_up(&line, heard);
                return Err(Broken::at_once(error::late(self.label())));
            }
            Err(Broken::at_once(fault))
        })
    }
}

impl Asked<'_> {
    /// Waits for the answers: as many as there are commands.
    pub(super) async fn finish(self) -> Answer<Vec<Reply>> {
        let Self {
            server,
            requests,
            admission,
            how,
            begun,
        } = self;
        let answer = match begun {
            // The server was not asked, and nothing is noted of it.
            Begun::Unlent(Unlent::Shortage(fault)) => return Err(fault),
            Begun::Unlent(Unlent::Failed(fault)) => Err(fault),
            Begun::Blocking(lent, sent) => server.over_wire(lent, sent, requests, how),
            Begun::Async(pending) => server.over_line(pending, requests, how).await,
        };
        admission.settle(answer)
    }
}

impl Broken {
    /// What has nothing to do with what was done on the connection before.
    fn at_once(fault: Fault) -> Self {
        Self {
            fault,
            is_new: true,
        }
    }
}

/// Sends the first request: an empty list has none.
fn send(lent: &mut Lent<'_>, requests: &[Request], until: Instant) -> Result<(), Broken> {
    let sent = match requests.first() {
        Some(first) => lent.send(first, until),
        None => Ok(()),
    };
    sent.map_err(|fault| closed(lent, fault))
}

/// Receives the answers to the first request, and then asks the others one by one: a request fills a socket's buffers.
fn receive(
    lent: &mut Lent<'_>,
    requests: &[Request],
    until: Instant,
) -> Result<Vec<Reply>, Broken> {
    let mut all = Vec::new();
    for (place, request) in requests.iter().enumerate() {
        let replies = match place {
            0 => lent.receive(request.replies(), until),
            _ => lent.exchange(request, until),
        };
        match replies {
            Ok(replies) if place == 0 => all = replies,
            Ok(replies) => all.extend(replies),
            Err(fault) => return Err(closed(lent, fault)),
        }
    }
    Ok(all)
}

/// After a fault a connection is of no use.
fn closed(lent: &mut Lent<'_>, fault: Fault) -> Broken {
    let is_new = lent.is_new();
    lent.close();
    Broken { fault, is_new }
}

fn probe(origin: &Origin, patience: Duration) -> Answer<()> {
    let until = Deadline::after(patience).end();
    let answer = Wire::connect(origin, until)?.exchange(&Request::noop(), until)?;
    match answer.as_slice() {
        [Reply::Noop] => Ok(()),
        _ => Err(error::unexpected(&origin.label)),
    }
}
