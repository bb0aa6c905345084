//! A client of memcached servers, for callers who block and for those who await. It knows nothing of the trait.

mod driver;
mod line;
mod origin;
mod plan;
mod server;
mod wire;

use std::thread;
use std::time::Duration;

use memo_core::Waits;
use memo_core::backend::{Answer, Fault, ServerStats, Terms};
use memo_net::retry::Twice;
use memo_net::{Deadline, Listeners, Listening, Tls};

use self::origin::Origin;
pub(crate) use self::plan::{Plan, Replies};
use self::server::{Asked, Server};
use crate::config::MemcachedConfig;
use crate::protocol::{Reply, Request};
use crate::ring::Ring;

/// The servers, and which of them has which name.
///
/// A server that is not there is not replaced by another: its names have no values until it is back. If others took its names over, it
/// would come back with values from before invalidations that it did not see, and so would they when it fails again.
#[derive(Debug)]
pub(crate) struct Client {
    servers: Vec<Server>,
    ring: Ring,
    listeners: Listeners,
}

/// How servers are asked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct How<'d> {
    pub(crate) waits: Waits,
    /// When the answer has to be there.
    pub(crate) deadline: &'d Deadline,
    /// What asking a second time would do.
    pub(crate) twice: Twice,
    /// Whether the others are asked although one is known not to be there.
    pub(crate) whoever_is_there: bool,
}

impl Client {
    /// The servers of a configuration. Nothing is connected.
    pub(crate) fn new(config: &MemcachedConfig) -> Result<Self, Fault> {
        let addresses = config.addresses()?;
        let tls = Tls::wanted(config.tls, config.tls_authorities.as_deref(), &addresses)?;
        let labels: Vec<String> = addresses
            .iter()
            .map(|address| address.to_string())
            .collect();
        let listeners = Listeners::default();
        let server = |address| {
            let origin = Origin::new(address, tls.clone(), config.max_item_bytes);
            Server::new(origin, config.connections, listeners.clone())
        };
        Ok(Self {
            servers: addresses.into_iter().map(server).collect(),
            listeners,
            ring: Ring::of(labels.iter().map(String::as_str)),
        })
    }

    /// An empty plan for these servers.
    pub(crate) fn plan(&self) -> Plan {
        Plan::of(self.servers.len())
    }

    /// The place of the server that has this name.
    pub(crate) fn place(&self, name: &str) -> usize {
        self.ring.place(name)
    }

    /// What people call the server that has this name.
    pub(crate) fn label(&self, name: &str) -> &str {
        self.servers
            .get(self.place(name))
            .map_or("", |server| server.label())
    }

    /// What the server of this name answers.
    pub(crate) async fn ask(
        &self,
        name: &str,
        request: &Request,
        how: How<'_>,
    ) -> Answer<Vec<Reply>> {
        let Some(server) = self.servers.get(self.place(name)) else {
            return Ok(Vec::new());
        };
        let requests = std::slice::from_ref(request);
        let admission = server.admit()?;
        server.begin(requests, admission, how).finish().await
    }

    /// What all servers of a plan answer, asked at the same time.
    ///
    /// One server's fault is the answer. That some names have no value would be another answer than that nobody knows; it would have the
    /// caller store what he cannot read, hide the outage from the counters, and let one call pay two deadlines. Nor is half of what was to
    /// be stored together worth anything: chunks are all needed.
    pub(crate) async fn ask_all(&self, plan: &Plan, how: How<'_>) -> Answer<Replies> {
        let mut fault = None;
        let mut admitted = Vec::new();
        for (place, requests) in plan.requests() {
            let Some(server) = self.servers.get(place) else {
                continue;
            };
            match server.admit() {
                Ok(admission) => admitted.push((place, server, requests, admission)),
                Err(refused) if how.whoever_is_there => fault = Some(refused),
                Err(refused) => return Err(refused),
            }
        }
        // Everybody is asked before anybody's answer is waited for.
        let asked: Vec<(usize, Asked<'_>)> = admitted
            .into_iter()
            .map(|(place, server, requests, admission)| {
                (place, server.begin(requests, admission, how))
            })
            .collect();
        let mut replies = plan.replies();
        for (place, asked) in asked {
            match asked.finish().await {
                Ok(answers) => replies.put(place, answers),
                Err(failed) => fault = fault.or(Some(failed)),
            }
        }
        fault.map_or(Ok(replies), Err)
    }

    /// The smallest of the servers' largest items, of those who say so in time.
    pub(crate) fn largest_item(&self, time: Duration) -> Option<u64> {
        let deadline = Deadline::after(time);
        thread::scope(|scope| {
            let deadline = &deadline;
            let ask = |server| scope.spawn(move || Server::largest_item(server, deadline).ok());
            let asked: Vec<_> = self.servers.iter().map(ask).collect();
            let sizes = asked.into_iter().filter_map(|asked| asked.join().ok()?);
            sizes.min()
        })
    }

    /// Tells one more how the servers are, for as long as it listens.
    pub(crate) fn tell(&self, terms: &Terms) -> Listening {
        self.listeners.add(terms)
    }

    /// How the servers are.
    pub(crate) fn stats(&self) -> Vec<ServerStats> {
        self.servers.iter().map(Server::stats).collect()
    }
}
