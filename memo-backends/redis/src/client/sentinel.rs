//! Sentinels, which know who the master is (redis.io, "Guidelines for Redis clients with support for Redis Sentinel").

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use memo_core::backend::{Answer, Fault, FaultKind};
use memo_net::Address;
use memo_net::deadline::later;
use redis::{Cmd, Value, cmd};

use super::question::Question;
use super::target::{Login, Place, Target};
use super::wire::Wire;
use crate::config::RedisConfig;
use crate::error;

#[derive(Debug)]
pub(crate) struct Sentinels {
    service: String,
    each: Vec<Target>,
    /// Which one answered last: it is asked first.
    answered: AtomicUsize,
}

impl Sentinels {
    /// They are reached as the servers are, but with a login of their own.
    pub(super) fn new(
        addresses: Vec<Address>,
        service: &str,
        servers: &Target,
        config: &RedisConfig,
    ) -> Self {
        let login = Login {
            user: config.sentinel_user.clone(),
            password: config.sentinel_password.clone(),
            db: 0,
        };
        let sentinel = |address| Target {
            place: Place::At(address),
            login: login.clone(),
            ..servers.clone()
        };
        Self {
            service: service.to_owned(),
            each: addresses.into_iter().map(sentinel).collect(),
            answered: AtomicUsize::new(0),
        }
    }

    /// Where the master is, as the first sentinel says that answers. Each has its share of the time.
    pub(super) fn master(&self, until: Instant) -> Answer<Address> {
        let first = self.answered.load(Ordering::Relaxed);
        let mut fault = error::late();
        for turn in 0..self.each.len() {
            let place = (first + turn) % self.each.len();
            let Some(sentinel) = self.each.get(place) else {
                continue;
            };
            match self.ask(sentinel, share(until, self.each.len() - turn)) {
                Ok(address) => {
                    self.answered.store(place, Ordering::Relaxed);
                    return Ok(address);
                }
                Err(other) => fault = other,
            }
        }
        Err(fault)
    }

    fn ask(&self, sentinel: &Target, until: Instant) -> Answer<Address> {
        let mut question = cmd("SENTINEL");
        question.arg("get-master-addr-by-name").arg(&self.service);
        let reply = Wire::connect(sentinel, until)?.ask(&question, until)?;
        if let Some(error) = Cmd::errors(&reply).next() {
            return Err(error::of_server(error));
        }
        self.read(&reply)
    }

    fn read(&self, reply: &Value) -> Answer<Address> {
        let unknown = || {
            let message = format!("{self}: the sentinels do not know this master");
            Fault::new(FaultKind::Connect, message)
        };
        match reply {
            Value::Nil => Err(unknown()),
            Value::Array(parts) => match parts.as_slice() {
                [Value::BulkString(host), Value::BulkString(port)] => address(host, port),
                _ => Err(error::senseless()),
            },
            _ => Err(error::senseless()),
        }
    }
}

fn address(host: &[u8], port: &[u8]) -> Answer<Address> {
    let text = |bytes| std::str::from_utf8(bytes).map_err(|_| error::senseless());
    let port = text(port)?.parse().map_err(|_| error::senseless())?;
    Ok(Address::tcp(text(host)?, port))
}

/// By when the first of so many has to answer.
pub(super) fn share(until: Instant, many: usize) -> Instant {
    let now = Instant::now();
    let left = until.saturating_duration_since(now);
    let share = left.checked_div(u32::try_from(many).unwrap_or(1));
    later(now, share.unwrap_or(Duration::ZERO))
}

impl fmt::Display for Sentinels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let each: Vec<String> = self
            .each
            .iter()
            .map(|target| target.place.to_string())
            .collect();
        write!(f, "{} at {}", self.service, each.join(","))
    }
}
