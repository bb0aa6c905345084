//! Connections that many who await share.

use std::task::{Context, Waker};
use std::time::Duration;

use bytes::Bytes;
use futures::future::join_all;
use memo_core::backend::{Backend, Group, Item, Name};
use memo_core::{Expiration, Waits};
use memo_memcached::Memcached;
use memo_testkit::servers::{Break, MemcachedServer, Proxy};
use tokio::runtime::{Builder, Runtime};

use crate::common::{LIMIT, get, name, set, with_deadline};

fn at(address: impl ToString) -> Memcached {
    with_deadline(&[address.to_string()], LIMIT)
}

fn runtime() -> Runtime {
    let runtime = Builder::new_current_thread().enable_all().build();
    runtime.expect("there are threads and files")
}

async fn awaited(memcached: &Memcached, text: &str) -> Option<Bytes> {
    let got = memcached.get_many(&[name(text)], Waits::Async).await;
    got.expect("it answers").pop().flatten()
}

fn item(name: Name, value: impl Into<Bytes>) -> Item {
    Item {
        name,
        value: value.into(),
        expiration: Expiration::never(),
    }
}

#[test]
fn runtimes_that_come_and_go_each_have_their_own() {
    let server = MemcachedServer::start();
    let memcached = at(server.address());
    set(&memcached, "a", "A", Waits::Blocking).expect("it is stored");
    for _ in 0..3 {
        let got = runtime().block_on(awaited(&memcached, "a"));
        assert_eq!(got, Some("A".into()));
        let threads = Builder::new_multi_thread().enable_all().build();
        let threads = threads.expect("there are threads");
        let shared = memcached.clone();
        let task = threads.spawn(async move { awaited(&shared, "a").await });
        let got = threads.block_on(task).expect("it ends well");
        assert_eq!(got, Some("A".into()));
        let outside = futures::executor::block_on(awaited(&memcached, "a"));
        assert_eq!(outside, Some("A".into()));
    }
    assert_eq!(memcached.servers()[0].failed, 0);
}

#[test]
fn many_at_once_share_a_connection_and_get_their_own_answers() {
    let server = MemcachedServer::start();
    let proxy = Proxy::before(server.address());
    let memcached = at(proxy.address());
    runtime().block_on(async {
        let all = (0..64).map(|number: usize| {
            let memcached = &memcached;
            async move {
                let text = number.to_string();
                for round in 0..20 {
                    let value = format!("{number}:{round}");
                    let items = vec![item(name(&text), value.clone())];
                    let stored = memcached.set_many(items, Waits::Async).await;
                    stored.expect("it is stored");
                    assert_eq!(awaited(memcached, &text).await, Some(value.into()));
                }
            }
        });
        join_all(all).await;
    });
    assert_eq!(proxy.connections(), 1);
}

#[test]
fn who_gives_up_waiting_does_not_disturb_the_others() {
    let server = MemcachedServer::start();
    let proxy = Proxy::before(server.address());
    let memcached = at(proxy.address());
    for number in 0..64 {
        let text = number.to_string();
        set(&memcached, &text, &text, Waits::Async).expect("it is stored");
    }
    let before = proxy.connections();
    runtime().block_on(async {
        let all = (0..64).map(|number: usize| {
            let memcached = &memcached;
            async move {
                let text = number.to_string();
                if number.is_multiple_of(3) {
                    let mut given_up = Box::pin(awaited(memcached, &text));
                    let mut context = Context::from_waker(Waker::noop());
                    assert!(given_up.as_mut().poll(&mut context).is_pending());
                    drop(given_up);
                    return;
                }
                assert_eq!(awaited(memcached, &text).await, Some(text.into()));
            }
        });
        join_all(all).await;
        assert_eq!(awaited(&memcached, "0").await, Some("0".into()));
    });
    assert_eq!(proxy.connections(), before + 1, "the one of this runtime");
    assert_eq!(memcached.servers()[0].failed, 0);
}

#[test]
fn those_who_wait_when_the_connection_breaks_share_the_next() {
    let server = MemcachedServer::start();
    let proxy = Proxy::before(server.address());
    let memcached = at(proxy.address());
    let runtime = runtime();
    runtime.block_on(async {
        let stored = memcached.set_many(vec![item(name("a"), "A")], Waits::Async);
        stored.await.expect("it is stored");
        proxy.set(Break::CutAfter(0));
        let cut = tokio::spawn({
            let memcached = memcached.clone();
            async move { memcached.get_many(&[name("a")], Waits::Async).await }
        });
        // Its second try is cut as well.
        assert!(cut.await.expect("it ends well").is_err());
        proxy.set(Break::Nothing);
        let before = proxy.connections();
        let got = join_all((0..64).map(|_| awaited(&memcached, "a"))).await;
        assert!(got.into_iter().all(|value| value == Some("A".into())));
        assert_eq!(proxy.connections(), before + 1);
    });
}

#[test]
fn a_small_value_does_not_wait_for_large_ones() {
    let server = MemcachedServer::start();
    let proxy = Proxy::before(server.address());
    let memcached = at(proxy.address());
    runtime().block_on(async {
        let large: Vec<Name> = (0..4).map(|number| name(&format!("l{number}"))).collect();
        let value = Bytes::from(vec![b'x'; 1_000_000]);
        let items = large.iter().map(|name| item(name.clone(), value.clone()));
        let stored = memcached.set_many(items.collect(), Waits::Async).await;
        stored.expect("they are stored");
        assert_eq!(awaited(&memcached, "small").await, None);
        assert_eq!(proxy.connections(), 2);
        let got = memcached.get_many(&large, Waits::Async).await;
        assert!(
            got.expect("it answers")
                .iter()
                .flatten()
                .all(|got| *got == value)
        );
        assert_eq!(proxy.connections(), 2);
    });
}

#[test]
fn a_deadline_gives_up_a_connection_that_is_silent_and_keeps_one_that_speaks() {
    let server = MemcachedServer::start();
    let proxy = Proxy::before(server.address());
    let memcached = with_deadline(&[proxy.address().to_string()], Duration::from_millis(300));
    let runtime = runtime();
    runtime.block_on(async {
        let stored = memcached.set_many(vec![item(name("a"), "A")], Waits::Async);
        stored.await.expect("it is stored");
        proxy.set(Break::BlackHole);
        let late = memcached.get_many(&[name("a")], Waits::Async).await;
        assert!(late.is_err());
        proxy.set(Break::Nothing);
        assert_eq!(awaited(&memcached, "a").await, Some("A".into()));
        assert_eq!(proxy.connections(), 2);
    });
}

#[test]
fn a_backend_that_is_dropped_closes_its_connections() {
    let server = MemcachedServer::start();
    for waits in crate::common::BOTH {
        let memcached = at(server.address());
        set(&memcached, "a", "A", waits).expect("it is stored");
        assert_eq!(get(&memcached, "a", waits), Ok(Some("A".into())));
        let with = connections(&server);
        drop(memcached);
        crate::common::eventually("it is closed", || connections(&server) < with);
    }
}

/// How many connections the server has, this one included.
fn connections(server: &MemcachedServer) -> usize {
    use std::io::{Read, Write};
    let mut stream = std::net::TcpStream::connect(server.address()).expect("it is there");
    stream.write_all(b"stats\r\nquit\r\n").expect("it listens");
    let mut text = String::new();
    stream.read_to_string(&mut text).expect("it answers");
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("STAT curr_connections "));
    line.and_then(|count| count.trim().parse().ok())
        .expect("it says so")
}

#[test]
fn a_name_is_never_a_command() {
    let server = MemcachedServer::start();
    let memcached = at(server.address());
    for waits in crate::common::BOTH {
        set(&memcached, "a", "A", waits).expect("it is stored");
        let evil = Name::new("b\r\nflush_all", Group(0));
        let names = std::slice::from_ref(&evil);
        let both = [name("a"), evil.clone()];
        assert!(memo_testkit::block_on(memcached.get_many(names, waits)).is_err());
        assert!(memo_testkit::block_on(memcached.get_many(&both, waits)).is_err());
        assert!(memo_testkit::block_on(memcached.delete_many(&both, waits)).is_err());
        let items = vec![item(evil, "B")];
        assert!(memo_testkit::block_on(memcached.set_many(items, waits)).is_err());
        assert_eq!(get(&memcached, "a", waits), Ok(Some("A".into())));
    }
}
