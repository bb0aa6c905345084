//! How to reach the servers, as plain data.

mod address;
mod url;

use std::str::FromStr;

use memo_core::backend::Fault;
use memo_net::Address;
use serde::{Deserialize, Serialize};

use crate::error;

/// How to reach Memcached. Plain data, in whatever format serde knows; what is not said has its default.
///
/// ```
/// use memo_memcached::MemcachedConfig;
///
/// let config: MemcachedConfig = "memcached://cache1,cache2:11212?connections=4".parse()?;
/// assert_eq!(config.servers, ["cache1:11211", "cache2:11212"]);
/// assert_eq!(config.connections, 4);
///
/// let config: MemcachedConfig = serde_json::from_str(r#"{ "servers": ["cache1", "cache2:11212"] }"#)?;
/// assert_eq!(config.connections, MemcachedConfig::default().connections);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # URLs
///
/// | URL | what it means |
/// | --- | --- |
/// | `memcached://host:port,…` | these servers; the port is 11211 if there is none |
/// | `memcached+tls://host:port,…` | the same, over TLS |
/// | `memcached+unix:///path` | one server, by its Unix socket |
///
/// All take `?connections=8` ([`connections`](Self::connections)) and `?max_item_bytes=2097152` ([`max_item_bytes`](Self::max_item_bytes)).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MemcachedConfig {
    /// The servers: each a `host`, a `host:port`, or the absolute path of a Unix socket. Which server has which names follows from what is written
    /// here (their order does not matter), so it must be the same in all processes that share them. Default: `localhost:11211`.
    pub servers: Vec<String>,
    /// Whether to talk to the servers over TLS: needs memo's feature `memcached-tls`.
    pub tls: bool,
    /// The certificates of the authorities that are believed, as PEM; those of the system if there are none.
    pub tls_authorities: Option<String>,
    /// How many connections blocking callers have to each server, at most. Who finds none free waits its turn, for as long as others are served, and
    /// for forty deadlines at most; then its body runs ([`FaultKind::Busy`](memo_core::backend::FaultKind::Busy)). Asynchronous callers share two for each runtime: one for
    /// looking at something small, the other for all that changes something, and for what is large. Default: 16.
    pub connections: usize,
    /// The servers' largest item in bytes, as of their option `-I`. Default: a mebibyte, or less if a server says so when it is first asked
    /// what it takes.
    pub max_item_bytes: Option<usize>,
}

impl FromStr for MemcachedConfig {
    type Err = Fault;

    /// What a URL describes. The fault says what makes no sense, and shows nothing of it.
    fn from_str(url: &str) -> Result<Self, Fault> {
        url::read(url)
    }
}

impl MemcachedConfig {
    /// The servers, understood and different from each other.
    pub(crate) fn addresses(&self) -> Result<Vec<Address>, Fault> {
        let addresses = self.servers.iter().map(|server| address::parse(server));
        let addresses: Vec<Address> = addresses.collect::<Result<_, _>>()?;
        for (place, address) in addresses.iter().enumerate() {
            if addresses
                .iter()
                .skip(place + 1)
                .any(|other| other == address)
            {
                return Err(error::config("a server is listed twice"));
            }
        }
        match addresses.is_empty() {
            true => Err(error::config("no server is listed")),
            false => Ok(addresses),
        }
    }
}

impl Default for MemcachedConfig {
    fn default() -> Self {
        Self {
            servers: vec!["localhost:11211".into()],
            tls: false,
            tls_authorities: None,
            connections: 16,
            max_item_bytes: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_data_both_ways() {
        let config = MemcachedConfig {
            servers: vec!["a".into(), "/run/memcached.sock".into()],
            tls: true,
            tls_authorities: None,
            connections: 3,
            max_item_bytes: Some(1 << 21),
        };
        let text = serde_json::to_string(&config).expect("it is plain");
        let back: MemcachedConfig = serde_json::from_str(&text).expect("it is the same");
        assert_eq!(back, config);
    }

    #[test]
    fn what_is_not_said_has_its_default_and_what_is_unknown_is_refused() {
        let config: MemcachedConfig = serde_json::from_str("{}").expect("nothing is needed");
        assert_eq!(config, MemcachedConfig::default());
        assert!(serde_json::from_str::<MemcachedConfig>(r#"{ "server": [] }"#).is_err());
    }

    #[test]
    fn servers_are_listed_and_listed_once() {
        let of = |servers: &[&str]| {
            let servers = servers.iter().map(|&server| server.into()).collect();
            let config = MemcachedConfig {
                servers,
                ..MemcachedConfig::default()
            };
            config.addresses().map(|addresses| addresses.len())
        };
        assert_eq!(of(&["a", "b:1", "/s"]), Ok(3));
        assert!(of(&[]).is_err());
        assert!(of(&["a", "b", "a:11211"]).is_err());
        assert!(of(&["a", ""]).is_err());
    }
}
