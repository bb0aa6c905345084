//! How to reach the servers, as plain data.

mod address;
mod url;

use memo_core::backend::Fault;
use serde::{Deserialize, Serialize};

pub(crate) use self::address::Address;
use crate::error;

/// How to reach Memcached. Plain data, in whatever format serde knows; what is not said has its default.
///
/// ```
/// use memo_memcached::MemcachedConfig;
///
/// let config = MemcachedConfig::from_url("memcached://cache1,cache2:11212?pool_size=4")?;
/// assert_eq!(config.servers, ["cache1:11211", "cache2:11212"]);
/// assert_eq!(config.pool_size, 4);
///
/// let config: MemcachedConfig = serde_json::from_str(r#"{ "servers": ["cache1", "cache2:11212"] }"#)?;
/// assert_eq!(config.pool_size, MemcachedConfig::default().pool_size);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MemcachedConfig {
    /// The servers: each a `host`, a `host:port`, or the absolute path of a Unix socket. Which server has which names follows from what is written
    /// here (their order does not matter), so it must be the same in all processes that share them. Default: `localhost:11211`.
    pub servers: Vec<String>,
    /// TLS to all servers; needs the feature `tls` (memo's feature `memcached-tls`). Default: none.
    pub tls: Option<MemcachedTls>,
    /// Connections to each server at most, for callers who block; those who await share two. Default: 16.
    pub pool_size: usize,
    /// The servers' largest item in bytes, as of their option `-I`. Default: a mebibyte, or less if a server says so when it is first asked
    /// what it takes.
    pub max_item_bytes: Option<usize>,
}

/// How to know a server by TLS.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MemcachedTls {
    /// The certificates, as PEM text, one of which must have signed the server's. Default: those of the system.
    pub root_ca: Option<String>,
}

impl MemcachedConfig {
    /// What a URL says: `memcached://host[:port],…`, `memcached+tls://host[:port],…` or `memcached+unix:///path`, and then perhaps
    /// `?pool_size=…&max_item_bytes=…`. The port is 11211 if there is none.
    ///
    /// # Errors
    ///
    /// If the URL makes no sense.
    pub fn from_url(url: &str) -> Result<Self, Fault> {
        url::parse(url)
    }

    /// The servers, understood and different from each other.
    pub(crate) fn addresses(&self) -> Result<Vec<Address>, Fault> {
        let addresses = self.servers.iter().map(|server| Address::parse(server));
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
            tls: None,
            pool_size: 16,
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
            tls: Some(MemcachedTls::default()),
            pool_size: 3,
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
