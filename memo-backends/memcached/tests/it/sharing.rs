//! Connections that many who await share.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::task::{Context, Waker};
use std::time::Duration;

use bytes::Bytes;
use futures::future::join_all;
use memo_core::backend::{Backend, FaultKind, Group, Item, Lease, Name, Terms, Token};
use memo_core::{Expiration, Waits};
use memo_memcached::Memcached;
use memo_testkit::servers::{Break, MemcachedServer, Proxy};
use tokio::runtime::{Builder, Runtime};

use crate::common::{BOTH, LIMIT, get, kind, name, set, with_deadline};

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
    assert_eq!(proxy.connections(), 2, "one for looks, one for changes");
}

#[test]
fn what_changes_a_name_goes_over_one_connection_whatever_its_length() {
    let server = MemcachedServer::start();
    let proxy = Proxy::before(server.address());
    let memcached = at(proxy.address());
    let name = name("a");
    runtime().block_on(async {
        for size in [1, 500_000, 1] {
            let items = vec![item(name.clone(), vec![7; size])];
            let stored = memcached.set_many(items, Waits::Async).await;
            stored.expect("it fits");
            let names = std::slice::from_ref(&name);
            let deleted = memcached.delete_many(names, Waits::Async).await;
            assert_eq!(deleted, Ok(1));
        }
        let token = Token(1);
        let leased = memcached.lease(&name, token, LIMIT, Waits::Async).await;
        assert_eq!(leased, Ok(Lease::Granted));
        let filled = memcached.fill(item(name, "A"), token, Waits::Async).await;
        assert_eq!(filled, Ok(true));
    });
    assert_eq!(proxy.connections(), 1);
}

/// A write that nobody waits for any more, and a deletion that was acknowledged after it: what was written is gone.
#[test]
fn a_deletion_does_not_overtake_a_write_that_was_given_up() {
    let server = MemcachedServer::start();
    let proxy = Proxy::before(server.address());
    let memcached = at(proxy.address());
    for round in 0..200_usize {
        let text = format!("overtaken:{round}");
        runtime().block_on(async {
            let size = if round.is_multiple_of(2) { 10 } else { 300_000 };
            let items = vec![item(name(&text), vec![7; size])];
            let mut write = Box::pin(memcached.set_many(items, Waits::Async));
            for _ in 0..round % 10 {
                if futures::poll!(&mut write).is_ready() {
                    break;
                }
                tokio::task::yield_now().await;
            }
            drop(write);
            let names = [name(&text)];
            let deleted = memcached.delete_many(&names, Waits::Async).await;
            deleted.expect("it is there");
            // What was given up has arrived when this is answered, which is as long.
            let last = vec![item(name("other"), vec![7; size])];
            memcached
                .set_many(last, Waits::Async)
                .await
                .expect("it fits");
        });
        assert_eq!(get(&memcached, &text, Waits::Blocking), Ok(None), "{round}");
    }
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
    let memcached = at(proxy.address());
    let mut hasty = memcached.clone();
    hasty.accept(&Terms::within(Duration::from_millis(300)));
    let runtime = runtime();
    runtime.block_on(async {
        let stored = memcached.set_many(vec![item(name("a"), "A")], Waits::Async);
        stored.await.expect("it is stored");
        assert_eq!(awaited(&memcached, "a").await, Some("A".into()));
        assert_eq!(proxy.connections(), 2, "one for looks, one for changes");
        proxy.set(Break::BlackHole);
        let late = hasty.get_many(&[name("a")], Waits::Async).await;
        assert!(late.is_err());
        proxy.set(Break::Nothing);
        assert_eq!(awaited(&memcached, "a").await, Some("A".into()));
        assert_eq!(proxy.connections(), 3);
    });
}

#[test]
fn a_backend_that_is_dropped_closes_its_connections() {
    let server = MemcachedServer::start();
    for waits in BOTH {
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
    let mut stream = TcpStream::connect(server.address()).expect("it is there");
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
    for waits in BOTH {
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

/// A server with items of any size, and one of them a stranger's.
#[test]
fn a_strangers_value_that_is_far_too_long_is_a_refusal_of_its_name_only() {
    let server = MemcachedServer::with(&["-I", "64m", "-m", "256"]);
    let memcached = with_deadline(&[server.address().to_string()], LIMIT);
    set(&memcached, "sound", "A", Waits::Blocking).expect("it is stored");
    let mut stranger = TcpStream::connect(server.address()).expect("it listens");
    let length = 32 << 20;
    let stored = stranger
        .write_all(format!("ms long {length} T0 F1\r\n").as_bytes())
        .and_then(|()| stranger.write_all(&vec![b'x'; length]))
        .and_then(|()| stranger.write_all(b"\r\n"))
        .and_then(|()| stranger.read_exact(&mut [0; 4]));
    stored.expect("it takes it");
    let runtime = Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.expect("there can be a runtime");
    for _ in 0..5 {
        let refused = get(&memcached, "long", Waits::Blocking);
        assert_eq!(kind(refused), Some(FaultKind::TooLarge));
        assert_eq!(
            get(&memcached, "sound", Waits::Blocking),
            Ok(Some("A".into()))
        );
        let ask = |text: &str| {
            let (memcached, names) = (memcached.clone(), [name(text)]);
            runtime.spawn(async move { memcached.get_many(&names, Waits::Async).await })
        };
        let asked = ["sound", "sound", "long", "sound", "sound"].map(ask);
        for (place, answer) in asked.into_iter().enumerate() {
            let answer = runtime.block_on(answer).expect("it ends well");
            match place {
                2 => assert_eq!(kind(answer), Some(FaultKind::TooLarge)),
                _ => assert_eq!(answer, Ok(vec![Some("A".into())])),
            }
        }
    }
    assert_eq!(memcached.servers()[0].outages, 0);
    for waits in BOTH {
        set(&memcached, "long", "B", waits).expect("it replaces what was there");
        assert_eq!(get(&memcached, "long", waits), Ok(Some("B".into())));
    }
}
