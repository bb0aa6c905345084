//! One server, and everything that is known of it.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use memo_core::Waits;
use memo_core::backend::{Alerts, Answer, Fault, FaultKind, ServerStats, Terms};
use memo_net::retry::is_due;
use memo_net::runtime::{PerRuntime, within};
use memo_net::{Address, Admission, Health, Pool, Pooled, Tls};

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
    /// How long a probe waits, in nanoseconds.
    patience: Arc<AtomicU64>,
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
    how: How,
    begun: Begun<'a>,
}

enum Begun<'a> {
    /// The first request was sent.
    Blocking(Result<Pooled<'a, Box<Wire>>, Broken>),
    /// All were handed over.
    Async(Answer<Vec<Pending>>),
}

/// What went wrong on a connection, and whether nothing was done with it before.
#[derive(Debug)]
pub(super) struct Broken {
    pub(super) fault: Fault,
    pub(super) is_new: bool,
}

impl Server {
    pub(super) fn new(address: Address, tls: Option<Tls>, connections: usize) -> Self {
        let origin = Arc::new(Origin::new(address, tls));
        let patience = Arc::new(AtomicU64::new(nanos(Terms::default().deadline)));
        let (probed, patient) = (origin.clone(), patience.clone());
        let probe = move || probe(&probed, Duration::from_nanos(patient.load(Relaxed)));
        let connected = origin.clone();
        Self {
            health: Health::new(origin.label.clone(), probe),
            pool: Pool::new(connections, move |until| {
                Ok(Box::new(Wire::connect(&connected, until)?))
            }),
            lines: PerRuntime::new(),
            patience,
            origin,
        }
    }

    pub(super) fn label(&self) -> &str {
        &self.origin.label
    }

    pub(super) fn accept(&self, alerts: &Alerts, patience: Duration) {
        self.health.report_to(alerts);
        self.patience.store(nanos(patience), Relaxed);
    }

    pub(super) fn stats(&self) -> ServerStats {
        self.health.stats()
    }

    pub(super) fn admit(&self) -> Answer<Admission<'_>> {
        self.health.admit()
    }

    /// The size of the largest item that the server takes.
    pub(super) fn largest_item(&self, until: Instant) -> Answer<u64> {
        let mut lent = self.pool.take(until)?;
        let largest = lent.largest_item(until);
        if largest.is_err() {
            lent.discard();
        }
        largest
    }

    /// Asks, and does not wait for the answers.
    pub(super) fn begin<'a>(
        &'a self,
        requests: &'a [Request],
        admission: Admission<'a>,
        how: How,
    ) -> Asked<'a> {
        let begun = match how.waits {
            Waits::Blocking => Begun::Blocking(self.lend(requests, how.until)),
            Waits::Async => Begun::Async(self.submit(requests, how.until)),
        };
        Asked {
            server: self,
            requests,
            admission,
            how,
            begun,
        }
    }

    fn lend(&self, requests: &[Request], until: Instant) -> Result<Pooled<'_, Box<Wire>>, Broken> {
        let lent = self.pool.take(until).map_err(Broken::at_once)?;
        send(lent, requests, until)
    }

    fn submit(&self, requests: &[Request], until: Instant) -> Answer<Vec<Pending>> {
        let lines = |runtime: &tokio::runtime::Handle| {
            Arc::new(Lines::new(runtime.clone(), self.origin.clone()))
        };
        let lines = self.lines.get_or(lines)?;
        // Who asks for many values at once asks for chunks.
        let is_long = |request: &Request| request.is_long() || request.replies() > 1;
        let line = lines.line(requests.iter().any(is_long), until);
        Ok(requests
            .iter()
            .map(|request| line.submit(request))
            .collect())
    }

    /// A second try, on a new connection.
    async fn again(&self, requests: &[Request], how: How) -> Answer<Vec<Reply>> {
        self.health.retried();
        let answer = match how.waits {
            Waits::Blocking => {
                // The others were connected to the same server that is gone.
                self.pool.clear();
                let lent = self.pool.connect(how.until)?;
                send(lent, requests, how.until).and_then(|lent| receive(lent, requests, how.until))
            }
            Waits::Async => {
                let pending = self.submit(requests, how.until)?;
                self.wait(pending, how.until).await
            }
        };
        answer.map_err(|broken| broken.fault)
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
        let first = match begun {
            Begun::Blocking(lent) => lent.and_then(|lent| receive(lent, requests, how.until)),
            Begun::Async(Ok(pending)) => server.wait(pending, how.until).await,
            Begun::Async(Err(fault)) => Err(Broken::at_once(fault)),
        };
        let answer = match first {
            Ok(replies) => Ok(replies),
            Err(broken) if is_due(&broken.fault, how.twice, broken.is_new) => {
                server.again(requests, how).await
            }
            Err(broken) => Err(broken.fault),
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
fn send<'p>(
    mut lent: Pooled<'p, Box<Wire>>,
    requests: &[Request],
    until: Instant,
) -> Result<Pooled<'p, Box<Wire>>, Broken> {
    let sent = match requests.first() {
        Some(first) => lent.send(first, until),
        None => Ok(()),
    };
    match sent {
        Ok(()) => Ok(lent),
        Err(fault) => Err(discard(lent, fault)),
    }
}

/// Receives the answers to the first request, and then asks the others one by one: a request fills a socket's buffers.
fn receive(
    mut lent: Pooled<'_, Box<Wire>>,
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
            Err(fault) => return Err(discard(lent, fault)),
        }
    }
    Ok(all)
}

fn discard(lent: Pooled<'_, Box<Wire>>, fault: Fault) -> Broken {
    let is_new = lent.is_new();
    lent.discard();
    Broken { fault, is_new }
}

fn probe(origin: &Origin, patience: Duration) -> Answer<()> {
    let until = Instant::now() + patience;
    let answer = Wire::connect(origin, until)?.exchange(&Request::noop(), until)?;
    match answer.as_slice() {
        [Reply::Noop] => Ok(()),
        _ => Err(error::unexpected(&origin.label)),
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
