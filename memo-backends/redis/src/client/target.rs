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

/// The address that `host:port` or `unix:/path` is. Nothing of what is neither is shown: it may be a URL, with a password.
pub(crate) fn parse(text: &str) -> Answer<Address> {
    if let Some(path) = text.strip_prefix("unix:") {
        return Ok(Address::Unix(path.into()));
    }
    let (host, port) = text.rsplit_once(':').ok_or_else(no_server)?;
    let port = port.parse().map_err(|_| no_server())?;
    if !is_host(host) {
        return Err(no_server());
    }
    let host = host.trim_start_matches('[').trim_end_matches(']');
    Ok(Address::tcp(host, port))
}

/// Whether this can be a name or an address: one of IPv6 is in brackets.
pub(crate) fn is_host(text: &str) -> bool {
    let bracketed = text.strip_prefix('[').map(|rest| rest.strip_suffix(']'));
    let (host, may_have_colons) = match bracketed {
        None => (text, false),
        Some(Some(address)) => (address, true),
        Some(None) => return false,
    };
    let is_unfit = |c: char| c.is_whitespace() || c.is_control() || "/?#@,[]\\".contains(c);
    !host.is_empty() && !host.contains(is_unfit) && (may_have_colons || !host.contains(':'))
}

fn no_server() -> Fault {
    let message = "one of the servers is none: a server is host:port or unix:/path";
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_are_understood_and_what_is_none_is_not_repeated() {
        assert_eq!(parse("a:1"), Ok(Address::tcp("a", 1)));
        assert_eq!(parse("[::1]:7"), Ok(Address::tcp("::1", 7)));
        assert_eq!(parse("unix:/s"), Ok(Address::Unix("/s".into())));
        for text in [
            "secret",
            "secret:x",
            "redis://secret:1",
            ":secret@host:1",
            "user:secret@host:1",
            "a:secret:1",
            "[secret:1",
            ":1",
        ] {
            let fault = parse(text).expect_err(text);
            assert!(!fault.to_string().contains("secret"), "{text}: {fault}");
        }
    }
}
