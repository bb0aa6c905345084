//! Where a server is, and what is said to it first.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use memo_core::backend::{Answer, Fault, FaultKind};
use memo_net::{Address, Tls};
use redis::{Cmd, Pipeline, Value, cmd};

use super::sentinel::Sentinels;
use crate::error;

/// A server, and how it is talked to.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) place: Place,
    pub(crate) login: Login,
    pub(crate) tls: Option<Tls>,
    /// How long connecting may take, within the deadline.
    pub(crate) patience: Option<Duration>,
}

/// Where a server is.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    At(Address),
    /// Where the sentinels say, which is asked anew for each connection.
    Watched(Arc<Sentinels>),
}

/// Who we are, and in which database.
#[derive(Clone, Default)]
pub(crate) struct Login {
    pub(crate) user: Option<String>,
    pub(crate) password: Option<String>,
    pub(crate) db: u32,
}

impl Target {
    /// By when a connection has to stand.
    pub(super) fn connected_by(&self, until: Instant) -> Instant {
        let soon = self
            .patience
            .and_then(|patience| Instant::now().checked_add(patience));
        soon.map_or(until, |soon| soon.min(until))
    }

    /// Where the server is now. Blocks where sentinels are asked.
    pub(super) fn locate(&self, until: Instant) -> Answer<Address> {
        match &self.place {
            Place::At(address) => Ok(address.clone()),
            Place::Watched(sentinels) => sentinels.master(until),
        }
    }

    pub(super) fn is_watched(&self) -> bool {
        matches!(self.place, Place::Watched(_))
    }

    /// What is said first; a watched server has to say that it is the master.
    pub(super) fn greeting(&self) -> Pipeline {
        let mut greeting = self.login.greeting();
        if self.is_watched() {
            greeting.add_command(cmd("ROLE"));
        }
        greeting
    }

    /// Whether the answers to the greeting let us in.
    pub(super) fn accepts(&self, answers: &[Value]) -> Answer<()> {
        for answer in answers {
            if let Value::ServerError(error) = answer {
                return Err(self.at_the_door(&error::of_server(error)));
            }
        }
        match answers.last() {
            Some(Value::Array(role)) if self.is_watched() && !is_master(role) => Err(Fault::new(
                FaultKind::Connect,
                format!("{}: what the sentinels call the master is none", self.place),
            )),
            _ => Ok(()),
        }
    }

    fn at_the_door(&self, fault: &Fault) -> Fault {
        let said = fault.to_string();
        let message = said.split_once(": ").map_or("", |(_, message)| message);
        Fault::new(fault.kind(), format!("{}: {message}", self.place))
    }
}

fn is_master(role: &[Value]) -> bool {
    matches!(role.first(), Some(Value::BulkString(role)) if role == b"master")
}

impl Login {
    fn greeting(&self) -> Pipeline {
        let mut greeting = Pipeline::new();
        if let Some(password) = &self.password {
            greeting.add_command(authentication(self.user.as_deref(), password));
        }
        if self.db != 0 {
            greeting.cmd("SELECT").arg(self.db);
        }
        greeting
    }
}

fn authentication(user: Option<&str>, password: &str) -> Cmd {
    let mut authentication = cmd("AUTH");
    if let Some(user) = user {
        authentication.arg(user);
    }
    authentication.arg(password);
    authentication
}

/// The address that `host:port` or `unix:/path` is.
pub(super) fn parse(text: &str) -> Answer<Address> {
    if let Some(path) = text.strip_prefix("unix:") {
        return Ok(Address::Unix(path.into()));
    }
    let (host, port) = text.rsplit_once(':').ok_or_else(|| senseless(text))?;
    let port = port.parse().map_err(|_| senseless(text))?;
    let host = host.trim_start_matches('[').trim_end_matches(']');
    Ok(Address::tcp(host, port))
}

fn senseless(server: &str) -> Fault {
    let message = format!("{server:?} is no server: one is host:port or unix:/path");
    Fault::new(FaultKind::Other, message)
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::At(address) => address.fmt(f),
            Self::Watched(sentinels) => sentinels.fmt(f),
        }
    }
}

/// Nothing of it is shown.
impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Login(..)")
    }
}
