//! The server behind the service.

use memo_testkit::servers::{MemcachedServer, RedisServer};

/// Which kind.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Store {
    Redis,
    Memcached,
}

/// One that runs, and can be broken.
pub(super) enum Server {
    Redis(RedisServer),
    Memcached(MemcachedServer),
}

impl Store {
    pub(super) fn start(self) -> Server {
        match self {
            Self::Redis => Server::Redis(RedisServer::start()),
            Self::Memcached => Server::Memcached(MemcachedServer::start()),
        }
    }
}

impl Server {
    pub(super) fn url(&self) -> String {
        match self {
            Self::Redis(server) => server.url(),
            Self::Memcached(server) => server.url(),
        }
    }

    pub(super) fn kill(&self) {
        match self {
            Self::Redis(server) => server.kill(),
            Self::Memcached(server) => server.kill(),
        }
    }

    pub(super) fn restart(&self) {
        match self {
            Self::Redis(server) => server.restart(),
            Self::Memcached(server) => server.restart(),
        }
    }

    pub(super) fn pause(&self) {
        match self {
            Self::Redis(server) => server.pause(),
            Self::Memcached(server) => server.pause(),
        }
    }

    pub(super) fn resume(&self) {
        match self {
            Self::Redis(server) => server.resume(),
            Self::Memcached(server) => server.resume(),
        }
    }
}
