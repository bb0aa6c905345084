//! Talks to the servers, in their words. It knows nothing of what is stored, nor of the trait of backends.

mod bounded;
mod cluster;
mod lane;
mod node;
mod question;
mod resp;
mod sentinel;
mod shape;
mod slots;
pub(crate) mod target;
mod wire;

use std::sync::Arc;
use std::time::Duration;

use memo_core::Waits;
use memo_core::backend::{Answer, Fault, FaultKind, ServerStats, Terms};
use memo_net::retry::Twice;
use memo_net::{Address, Deadline, Listeners, Listening, Tls};
use redis::{Cmd, Pipeline, Value};

use self::cluster::Cluster;
use self::node::Node;
use self::sentinel::Sentinels;
use self::target::{Login, Place, Target};
use crate::config::{RedisConfig, Topology};

/// The servers of one description.
#[derive(Debug)]
pub(crate) struct Client {
    shape: Shape,
    listeners: Listeners,
}

#[derive(Debug)]
enum Shape {
    One(Node),
    Many(Arc<Cluster>),
}

/// How something is asked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Manner<'d> {
    pub(crate) waits: Waits,
    pub(crate) deadline: &'d Deadline,
    pub(crate) twice: Twice,
    pub(crate) road: Road,
}

/// Which of the connections that those who await share. Whoever blocks has one for itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Road {
    /// For looking at something small, which waits for nothing else.
    Looks,
    /// For all that changes something, in the order in which it is asked: a deletion must not overtake the write that it is to undo, though nobody
    /// waits for that any more. Also for what is large.
    Changes,
}

/// A command, and the name that decides who is asked.
pub(crate) struct Keyed<'n> {
    pub(crate) name: &'n str,
    pub(crate) command: Cmd,
}

impl Client {
    pub(crate) fn new(config: &RedisConfig) -> Answer<Self> {
        let listeners = Listeners::default();
        let servers = addresses(config)?;
        let login = Login {
            user: config.user.clone(),
            password: config.password.clone(),
            db: config.db,
        };
        let template = Target {
            place: Place::At(first(&servers)?),
            login,
            tls: Tls::wanted(config.tls, config.tls_authorities.as_deref(), &servers)?,
            patience: config.connect_millis.map(Duration::from_millis),
        };
        let make = {
            let (listeners, connections) = (listeners.clone(), config.connections);
            move |target: Target| Node::new(target, connections, listeners.clone())
        };
        let shape = match &config.topology {
            Topology::Alone if config.servers.len() > 1 => return Err(several()),
            Topology::Alone => Shape::One(make(template)),
            Topology::Cluster if config.db != 0 => return Err(numbered()),
            Topology::Cluster => {
                Shape::Many(Arc::new(Cluster::new(servers, template, Box::new(make))))
            }
            Topology::Sentinel { service } => {
                let sentinels = Sentinels::new(servers, service, &template, config);
                let place = Place::Watched(Arc::new(sentinels));
                Shape::One(make(Target { place, ..template }))
            }
        };
        Ok(Self { shape, listeners })
    }

    /// Whether one command can be about several names.
    pub(crate) fn takes_many(&self) -> bool {
        matches!(self.shape, Shape::One(_))
    }

    /// Asks about one name. Errors that concern the question alone are values.
    pub(crate) async fn one(&self, keyed: Keyed<'_>, manner: Manner<'_>) -> Answer<Value> {
        match &self.shape {
            Shape::One(node) => node.ask(&keyed.command, manner).await,
            Shape::Many(cluster) => cluster.one(keyed, manner).await,
        }
    }

    /// Asks all of it at once; as many answers, in the same order.
    pub(crate) async fn each(
        &self,
        keyed: Vec<Keyed<'_>>,
        manner: Manner<'_>,
    ) -> Answer<Vec<Value>> {
        match &self.shape {
            Shape::One(_) if keyed.is_empty() => Ok(Vec::new()),
            Shape::One(node) => node.ask(&together(keyed), manner).await,
            Shape::Many(cluster) => cluster.each(keyed, manner).await,
        }
    }

    /// Tells one more how the servers are, for as long as it listens.
    pub(crate) fn tell(&self, terms: &Terms) -> Listening {
        self.listeners.add(terms)
    }

    pub(crate) fn servers(&self) -> Vec<ServerStats> {
        match &self.shape {
            Shape::One(node) => vec![node.health().stats()],
            Shape::Many(cluster) => cluster.stats(),
        }
    }
}

fn together(keyed: Vec<Keyed<'_>>) -> Pipeline {
    let mut pipeline = Pipeline::with_capacity(keyed.len());
    for keyed in keyed {
        pipeline.add_command(keyed.command);
    }
    pipeline
}

fn addresses(config: &RedisConfig) -> Answer<Vec<Address>> {
    config
        .servers
        .iter()
        .map(|text| target::parse(text))
        .collect()
}

fn first(servers: &[Address]) -> Answer<Address> {
    let nobody = || Fault::new(FaultKind::Other, "no server is named");
    servers.first().cloned().ok_or_else(nobody)
}

fn several() -> Fault {
    let message = "several servers are a cluster, or sentinels: `topology` says which";
    Fault::new(FaultKind::Other, message)
}

fn numbered() -> Fault {
    Fault::new(FaultKind::Other, "a cluster has no database but 0")
}
