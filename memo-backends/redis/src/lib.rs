#![doc = include_str!("../README.md")]

mod backend;
mod client;
mod config;
mod error;
mod scripts;

pub use self::backend::Redis;
pub use self::config::{RedisConfig, Topology};
