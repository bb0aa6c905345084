//! Where a server listens.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

/// Where a server listens.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Address {
    /// At a port.
    Tcp {
        /// A name, or an address without brackets.
        host: Arc<str>,
        /// The port.
        port: u16,
    },
    /// At a Unix socket.
    Unix(PathBuf),
}

impl Address {
    /// A port of a host.
    pub fn tcp(host: &str, port: u16) -> Self {
        let host = host.into();
        Self::Tcp { host, port }
    }
}

/// `host:port`, `[address]:port`, or the path.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp { host, port } if host.contains(':') => write!(f, "[{host}]:{port}"),
            Self::Tcp { host, port } => write!(f, "{host}:{port}"),
            Self::Unix(path) => write!(f, "{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_shown_as_it_is_written() {
        assert_eq!(Address::tcp("cache", 6379).to_string(), "cache:6379");
        assert_eq!(Address::tcp("::1", 6379).to_string(), "[::1]:6379");
        assert_eq!(Address::Unix("/run/s".into()).to_string(), "/run/s");
    }
}
