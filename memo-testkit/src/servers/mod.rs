//! Real servers for tests, each on a free port of this machine, gone when the test is; and a proxy that breaks what passes through it.
//!
//! They need a shell (`sh`) and the servers themselves: on Debian, `apt-get install redis-server memcached`. The environment variables
//! `REDIS_SERVER` and `MEMCACHED` may name other programs, such as `valkey-server`.

mod cluster;
mod memcached;
mod ports;
mod process;
mod proxy;
mod redis;
mod resp;
mod sentinel;
mod server;
mod shake;

pub use self::cluster::RedisCluster;
pub use self::memcached::MemcachedServer;
pub use self::proxy::{Break, Proxy};
pub use self::redis::RedisServer;
pub use self::sentinel::RedisSentinel;
pub use self::shake::Shake;
