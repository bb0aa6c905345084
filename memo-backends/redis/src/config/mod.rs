//! How to reach the servers, as plain data.

mod url;

use std::fmt;
use std::str::FromStr;

use memo_core::backend::Fault;
use serde::{Deserialize, Serialize};

use crate::client::target;

/// How to reach Redis.
///
/// ```
/// use memo_redis::{RedisConfig, Topology};
///
/// let by_hand = RedisConfig {
///     servers: vec!["cache.example:6380".into()],
///     user: Some("shop".into()),
///     password: Some("secret".into()),
///     db: 2,
///     ..RedisConfig::default()
/// };
/// let by_url: RedisConfig = "redis://shop:secret@cache.example:6380/2".parse()?;
/// assert_eq!(by_url, by_hand);
/// assert!(!format!("{by_url:?}").contains("secret"));
///
/// let watched: RedisConfig = "redis+sentinel://a,b,c/main/2".parse()?;
/// assert_eq!(watched.servers, ["a:26379", "b:26379", "c:26379"]);
/// assert_eq!(watched.topology, Topology::Sentinel { service: "main".into() });
/// # Ok::<(), memo_core::backend::Fault>(())
/// ```
///
/// # URLs
///
/// | URL | what it means |
/// | --- | --- |
/// | `redis://user:password@host:port/db` | one server; all but the host may be left out. `redis://:password@host` has no user |
/// | `rediss://…` | the same, over TLS |
/// | `redis+unix:///path?db=1&user=…&password=…` | one server, by its Unix socket; also `unix:///path` |
/// | `redis+cluster://user:password@a:7000,b:7001` | a cluster; some of its servers are enough. `rediss+cluster` with TLS |
/// | `redis+sentinel://user:password@a,b,c/service/db` | the master that these sentinels know by this name. `rediss+sentinel` with TLS |
///
/// All take `?connections=8` ([`connections`](Self::connections)) and `?connect_millis=100` ([`connect_millis`](Self::connect_millis)); sentinels take
/// `sentinel_user` and `sentinel_password`. What is no letter or digit is written as `%40` and so on. `valkey` may be written for `redis`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RedisConfig {
    /// The servers: `host:port`, or `unix:/path`; for a cluster some of its servers, with sentinels the sentinels.
    pub servers: Vec<String>,
    /// What the servers are to each other.
    pub topology: Topology,
    /// The user of the access control list; the default one if there is none.
    pub user: Option<String>,
    /// The password.
    pub password: Option<String>,
    /// The user that the sentinels ask for.
    pub sentinel_user: Option<String>,
    /// The password that the sentinels ask for.
    pub sentinel_password: Option<String>,
    /// The number of the database. A cluster has no other than 0.
    pub db: u32,
    /// Whether to talk to the servers over TLS: needs memo's feature `redis-tls`.
    pub tls: bool,
    /// The certificates of the authorities that are believed, as PEM; those of the system if there are none.
    pub tls_authorities: Option<String>,
    /// How many connections blocking callers have to each server, at most. Who finds none free waits its turn, for as long as others are served, and
    /// for forty deadlines at most; then its body runs ([`FaultKind::Busy`](memo_core::backend::FaultKind::Busy)). Asynchronous callers share two for each runtime: one for
    /// looking at something small, the other for all that changes something, and for what is large.
    pub connections: usize,
    /// How many milliseconds connecting may take; a part of the deadline. The whole deadline if there is none.
    pub connect_millis: Option<u64>,
}

/// What several servers are to each other.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Topology {
    /// There is one.
    #[default]
    Alone,
    /// A cluster.
    Cluster,
    /// Sentinels, which know the master.
    Sentinel {
        /// What they call the master.
        service: String,
    },
}

impl Default for RedisConfig {
    /// A server on this machine, at the usual port.
    fn default() -> Self {
        Self {
            servers: vec!["localhost:6379".into()],
            topology: Topology::Alone,
            user: None,
            password: None,
            sentinel_user: None,
            sentinel_password: None,
            db: 0,
            tls: false,
            tls_authorities: None,
            connections: 16,
            connect_millis: None,
        }
    }
}

impl FromStr for RedisConfig {
    type Err = Fault;

    /// What a URL describes. The fault names the part that makes no sense, and shows nothing of it.
    fn from_str(url: &str) -> Result<Self, Fault> {
        url::read(url)
    }
}

impl RedisConfig {
    /// Whether the servers are hosts, and not sockets.
    fn has_hosts(&self) -> bool {
        !self
            .servers
            .iter()
            .any(|server| server.starts_with("unix:"))
    }
}

/// Passwords are not shown, nor what is no server: somebody may have put a URL there.
impl fmt::Debug for RedisConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |server: &String| match target::parse(server) {
            Ok(_) => server.clone(),
            Err(_) => "..".into(),
        };
        let servers: Vec<String> = self.servers.iter().map(shown).collect();
        let redacted = |secret: &Option<String>| secret.as_ref().map(|_| "..");
        f.debug_struct("RedisConfig")
            .field("servers", &servers)
            .field("topology", &self.topology)
            .field("user", &self.user)
            .field("password", &redacted(&self.password))
            .field("sentinel_user", &self.sentinel_user)
            .field("sentinel_password", &redacted(&self.sentinel_password))
            .field("db", &self.db)
            .field("tls", &self.tls)
            .field("tls_authorities", &redacted(&self.tls_authorities))
            .field("connections", &self.connections)
            .field("connect_millis", &self.connect_millis)
            .finish()
    }
}
