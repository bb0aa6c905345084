//! Memcached keeps the laws of backends: at a port, at a Unix socket, and as three servers.

use memo_core::Waits;
use memo_memcached::{Memcached, MemcachedConfig};
use memo_testkit::servers::MemcachedServer;

use crate::laws;

fn one() -> Memcached {
    let server = MemcachedServer::shared();
    Memcached::connect(&server.url()).expect("it is a URL")
}

#[test]
fn a_server_keeps_the_laws_for_those_who_block() {
    laws::keep(one, Waits::Blocking);
}

#[test]
fn a_server_keeps_the_laws_for_those_who_await() {
    laws::keep(one, Waits::Async);
}

#[test]
fn a_unix_socket_keeps_the_laws() {
    let server = MemcachedServer::on_socket();
    let url = format!("memcached+unix://{}", server.socket_path().display());
    let subject = || Memcached::connect(&url).expect("it is a URL");
    laws::keep(subject, Waits::Blocking);
    laws::keep(subject, Waits::Async);
}

#[test]
fn three_servers_keep_the_laws() {
    let servers = [(); 3].map(|()| MemcachedServer::start());
    let subject = || {
        let servers = servers.iter().map(|server| server.address().to_string());
        let config = MemcachedConfig {
            servers: servers.collect(),
            ..MemcachedConfig::default()
        };
        Memcached::new(config).expect("it makes sense")
    };
    laws::keep(subject, Waits::Blocking);
    laws::keep(subject, Waits::Async);
}
