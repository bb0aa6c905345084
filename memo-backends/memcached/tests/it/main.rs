//! Memcached as a backend, against real servers.

mod common;
mod conformance;
mod laws;
mod limits;
mod outages;
mod sharing;
mod time;
#[cfg(feature = "tls")]
mod tls;
