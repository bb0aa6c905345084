#![doc = include_str!("../README.md")]

mod backend;
mod client;
mod config;
mod error;
mod expiry;
mod protocol;
mod ring;

pub use self::backend::Memcached;
pub use self::config::MemcachedConfig;
