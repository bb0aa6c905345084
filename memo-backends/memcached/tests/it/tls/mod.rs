//! TLS to a server behind one that ends it.
//!
//! The certificates were made for these tests alone, with `openssl req -x509` and `openssl x509 -req`; they are good for a hundred years.

mod terminator;

use std::time::Duration;

use memo_core::Waits;
use memo_core::backend::{Backend, FaultKind, Terms};
use memo_memcached::{Memcached, MemcachedConfig};
use memo_testkit::servers::MemcachedServer;

use self::terminator::Terminator;
use crate::common::{BOTH, get, kind, set};
use crate::laws;

const AUTHORITY: &str = include_str!("ca.pem");
const STRANGER: &str = include_str!("stranger.pem");

fn at(server: String, authority: &str) -> Memcached {
    let config = MemcachedConfig {
        servers: vec![server],
        tls: true,
        tls_authorities: Some(authority.into()),
        ..MemcachedConfig::default()
    };
    let mut memcached = Memcached::new(config).expect("it makes sense");
    memcached.accept(&Terms::within(Duration::from_secs(5)));
    memcached
}

#[test]
fn a_server_behind_tls_keeps_the_laws() {
    let terminator = Terminator::before(MemcachedServer::shared().address());
    let subject = || at(terminator.address().to_string(), AUTHORITY);
    laws::keep(subject, Waits::Blocking);
    laws::keep(subject, Waits::Async);
}

#[test]
fn a_host_is_known_by_its_name() {
    let terminator = Terminator::before(MemcachedServer::shared().address());
    let memcached = at(
        format!("localhost:{}", terminator.address().port()),
        AUTHORITY,
    );
    for waits in BOTH {
        set(&memcached, "tls", "A", waits).expect("it is stored");
        assert_eq!(get(&memcached, "tls", waits), Ok(Some("A".into())));
    }
}

#[test]
fn a_server_that_nobody_vouches_for_is_not_spoken_to() {
    let terminator = Terminator::before(MemcachedServer::shared().address());
    for waits in BOTH {
        let memcached = at(terminator.address().to_string(), STRANGER);
        assert_eq!(kind(get(&memcached, "a", waits)), Some(FaultKind::Connect));
    }
}

#[test]
fn a_server_without_tls_is_not_spoken_to() {
    let address = MemcachedServer::shared().address().to_string();
    for waits in BOTH {
        let memcached = at(address.clone(), AUTHORITY);
        let fault = kind(set(&memcached, "a", "A", waits));
        assert!(matches!(
            fault,
            Some(FaultKind::Connect | FaultKind::Timeout)
        ));
    }
}

#[test]
fn a_unix_socket_is_not_under_tls() {
    let config = MemcachedConfig {
        servers: vec!["/run/memcached.sock".into()],
        tls: true,
        tls_authorities: Some(AUTHORITY.into()),
        ..MemcachedConfig::default()
    };
    assert!(Memcached::new(config).is_err());
}
