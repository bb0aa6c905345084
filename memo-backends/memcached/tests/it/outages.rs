//! Servers that fail, hang, lie and come back.

use std::time::{Duration, Instant};

use memo_core::backend::{Availability, Backend, FaultKind, Item, Lease, Token};
use memo_core::{Expiration, Waits};
use memo_memcached::Memcached;
use memo_testkit::block_on;
use memo_testkit::servers::{Break, MemcachedServer, Proxy};

use crate::common::{BOTH, LIMIT, eventually, get, kind, name, set, with_deadline};

/// The deadline of those who are going to meet it.
const SHORT: Duration = Duration::from_millis(500);

/// Of a server that answers, or refuses at once: there a deadline has nothing to do but to end the test.
fn at(address: impl ToString) -> Memcached {
    with_deadline(&[address.to_string()], LIMIT)
}

/// Of a server that is going to hang, and has `a` before that.
fn hasty(address: impl ToString, waits: Waits) -> Memcached {
    let memcached = with_deadline(&[address.to_string()], SHORT);
    eventually("it is stored", || set(&memcached, "a", "A", waits).is_ok());
    memcached
}

/// Opens the breaker, if it is not open.
fn until_left_alone(memcached: &Memcached, waits: Waits) {
    eventually("the server is left alone", || {
        let _ = get(memcached, "a", waits);
        memcached.servers()[0].availability != Availability::Up
    });
}

#[test]
fn a_server_that_restarts_is_used_again_without_a_fault() {
    for waits in BOTH {
        let server = MemcachedServer::start();
        let memcached = at(server.address());
        set(&memcached, "a", "A", waits).expect("it is stored");
        server.restart();
        assert_eq!(get(&memcached, "a", waits), Ok(None), "{waits:?}");
        // Who awaits has a driver that notices, and need not try twice.
        let stats = &memcached.servers()[0];
        assert!(stats.retried == 1 || waits == Waits::Async);
        assert_eq!((stats.failed, stats.outages), (0, 0));
        // A change is not tried twice, and goes over a connection of its own where it is awaited: its driver may be late to notice.
        match waits {
            Waits::Blocking => set(&memcached, "a", "B", waits).expect("it is stored"),
            Waits::Async => eventually("it is stored", || set(&memcached, "a", "B", waits).is_ok()),
        }
        assert_eq!(get(&memcached, "a", waits), Ok(Some("B".into())));
        assert_eq!(memcached.servers()[0].outages, 0);
    }
}

#[test]
fn what_would_be_done_twice_is_not_tried_again() {
    for waits in BOTH {
        let server = MemcachedServer::start();
        let memcached = at(server.address());
        set(&memcached, "a", "A", waits).expect("it is stored");
        server.restart();
        // An asynchronous connection may have noticed, and then the first try is on a new one.
        let minute = Expiration::seconds(60);
        let fault = block_on(memcached.add(&name("b"), 1, minute, waits));
        if let Err(fault) = fault {
            assert_eq!(fault.kind(), FaultKind::Connect);
        }
        assert_eq!(memcached.servers()[0].retried, 0);
        let sum = block_on(memcached.add(&name("c"), 1, minute, waits));
        assert_eq!(sum, Ok(1));
    }
}

#[test]
fn a_server_that_is_gone_is_left_alone_and_used_when_it_is_back() {
    for waits in BOTH {
        let server = MemcachedServer::start();
        let memcached = at(server.address());
        set(&memcached, "a", "A", waits).expect("it is stored");
        server.kill();
        assert_eq!(kind(get(&memcached, "a", waits)), Some(FaultKind::Connect));
        until_left_alone(&memcached, waits);
        let asked = memcached.servers()[0].asked;
        for _ in 0..1000 {
            assert!(get(&memcached, "a", waits).is_err());
        }
        assert_eq!(memcached.servers()[0].asked, asked);
        server.restart();
        eventually("it is used again", || {
            get(&memcached, "a", waits) == Ok(None)
        });
        assert_eq!(memcached.servers()[0].outages, 1);
    }
}

#[test]
fn a_server_that_hangs_costs_one_deadline_and_is_used_when_it_goes_on() {
    for waits in BOTH {
        let server = MemcachedServer::start();
        let memcached = hasty(server.address(), waits);
        server.pause();
        let start = Instant::now();
        assert_eq!(kind(get(&memcached, "a", waits)), Some(FaultKind::Timeout));
        let took = start.elapsed();
        assert!(took >= SHORT * 9 / 10, "{took:?}");
        assert!(took < LIMIT, "{took:?}");
        until_left_alone(&memcached, waits);
        server.resume();
        eventually("it is used again", || {
            get(&memcached, "a", waits) == Ok(Some("A".into()))
        });
    }
}

#[test]
fn a_server_that_is_not_there_at_first_may_come_later() {
    for waits in BOTH {
        let server = MemcachedServer::start();
        server.kill();
        let memcached = at(server.address());
        assert!(memcached.capability().max_value_bytes > 1_000_000);
        assert_eq!(kind(get(&memcached, "a", waits)), Some(FaultKind::Connect));
        server.restart();
        eventually("it is used", || set(&memcached, "a", "A", waits).is_ok());
    }
}

#[test]
fn garbage_is_a_fault_and_never_a_value() {
    let garbage: [&[u8]; 6] = [
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"HD\r\n",
        b"MN\r\n",
        b"VA 18446744073709551615 f1\r\n",
        b"VA 1073741825 f1\r\n",
        b"\0\xff\n",
    ];
    for waits in BOTH {
        for garbage in garbage {
            let server = MemcachedServer::start();
            let proxy = Proxy::before(server.address());
            let memcached = at(proxy.address());
            set(&memcached, "a", "A", waits).expect("it is stored");
            proxy.set(Break::Garbage(garbage.to_vec()));
            let fault = kind(get(&memcached, "a", waits));
            assert_eq!(fault, Some(FaultKind::Protocol), "{garbage:?}");
            proxy.set(Break::Nothing);
            assert_eq!(get(&memcached, "a", waits), Ok(Some("A".into())));
        }
    }
}

#[test]
fn a_reply_that_is_cut_anywhere_is_a_fault_or_asked_again() {
    let server = MemcachedServer::start();
    for waits in BOTH {
        for value in ["hello".repeat(4), "x".repeat(100_000)] {
            let memcached = at(server.address());
            set(&memcached, "a", &value, waits).expect("it is stored");
            let whole = format!("VA {} f1\r\n{value}\r\n", value.len()).len();
            for end in [0, 1, 2, 5, 10, 12, whole - 3, whole - 2, whole - 1] {
                let proxy = Proxy::before(server.address());
                let memcached = at(proxy.address());
                proxy.set(Break::CutAfter(end));
                let fault = kind(get(&memcached, "a", waits));
                assert_eq!(fault, Some(FaultKind::Connect), "{waits:?}, after {end}");
                proxy.set(Break::Nothing);
                assert_eq!(get(&memcached, "a", waits), Ok(Some(value.clone().into())));
            }
        }
    }
}

#[test]
fn a_black_hole_costs_one_deadline() {
    for waits in BOTH {
        let server = MemcachedServer::start();
        let proxy = Proxy::before(server.address());
        let memcached = hasty(proxy.address(), waits);
        proxy.set(Break::BlackHole);
        let start = Instant::now();
        assert_eq!(kind(get(&memcached, "a", waits)), Some(FaultKind::Timeout));
        assert!(start.elapsed() < LIMIT);
        proxy.set(Break::Nothing);
        eventually("it is used again", || {
            get(&memcached, "a", waits) == Ok(Some("A".into()))
        });
    }
}

#[test]
fn a_slow_server_is_used_as_long_as_it_answers_in_time() {
    for waits in BOTH {
        let server = MemcachedServer::start();
        let proxy = Proxy::before(server.address());
        let memcached = with_deadline(&[proxy.address().to_string()], LIMIT);
        set(&memcached, "a", "A", waits).expect("it is stored");
        proxy.set(Break::Delay(Duration::from_millis(100)));
        let start = Instant::now();
        assert_eq!(get(&memcached, "a", waits), Ok(Some("A".into())));
        assert!(start.elapsed() >= Duration::from_millis(100));
    }
}

#[test]
fn of_three_servers_one_that_is_gone_takes_only_its_names_with_it() {
    for waits in BOTH {
        let servers = [(); 3].map(|()| MemcachedServer::start());
        let addresses = servers
            .each_ref()
            .map(|server| server.address().to_string());
        let memcached = with_deadline(&addresses, LIMIT);
        let names: Vec<String> = (0..60).map(|number| format!("n:{number}")).collect();
        for text in &names {
            set(&memcached, text, text, waits).expect("it is stored");
        }
        servers[1].kill();
        eventually("its names are faults at once", || {
            for text in &names {
                let _ = get(&memcached, text, waits);
            }
            memcached.servers()[1].availability != Availability::Up
        });
        let faulty = names.iter().filter(|text| {
            let got = get(&memcached, text, waits);
            got.map(|value| assert_eq!(value.as_deref(), Some(text.as_bytes())))
                .is_err()
        });
        let faulty = faulty.count();
        assert!((5..40).contains(&faulty), "{faulty} of 60");
        assert_eq!(memcached.servers()[0].failed, 0);
        assert_eq!(memcached.servers()[2].failed, 0);

        let all: Vec<_> = names.iter().map(|text| name(text)).collect();
        let deleted = block_on(memcached.delete_many(&all, waits));
        assert!(
            deleted.is_err(),
            "nobody knows about the names of the one that is gone"
        );
        let left = names
            .iter()
            .filter(|text| matches!(get(&memcached, text, waits), Ok(Some(_))));
        assert_eq!(left.count(), 0, "the others were asked all the same");

        servers[1].restart();
        eventually("all are used", || {
            names
                .iter()
                .all(|text| set(&memcached, text, "again", waits).is_ok())
        });
    }
}

#[test]
fn a_server_without_cas_gives_no_leases_and_says_so() {
    let server = MemcachedServer::with(&["-C"]);
    let memcached = at(server.address());
    for (text, waits) in [("a", Waits::Blocking), ("b", Waits::Async)] {
        let name = name(text);
        let lease = memcached.lease(&name, Token(1), Duration::from_secs(9), waits);
        assert_eq!(kind(block_on(lease)), Some(FaultKind::Unsupported));
        assert_eq!(get(&memcached, text, waits), Ok(None));
        let released = block_on(memcached.release(&name, Token(0), waits));
        assert_eq!(released, Ok(false));
    }
}

/// Numbers of items begin anew, so that those of the two placeholders are the same.
#[test]
fn a_lease_from_before_a_restart_is_none_after_it() {
    let [old, new] = [Token(1), Token(2)];
    let time = Duration::from_secs(60);
    for waits in [Waits::Blocking, Waits::Async] {
        let server = MemcachedServer::start();
        let memcached = at(server.address());
        let lease = |token| block_on(memcached.lease(&name("a"), token, time, waits));
        let filled = |value: &'static str, token| {
            let item = Item {
                name: name("a"),
                value: value.into(),
                expiration: Expiration::seconds(60),
            };
            block_on(memcached.fill(item, token, waits))
        };
        assert_eq!(lease(old), Ok(Lease::Granted));
        server.restart();
        eventually("it is there again", || lease(new) == Ok(Lease::Granted));
        assert_eq!(filled("old", old), Ok(false));
        assert_eq!(filled("new", new), Ok(true));
        assert_eq!(get(&memcached, "a", waits), Ok(Some("new".into())));
    }
}

/// As a program would that stores numbers of its own under such flags.
#[test]
fn a_strangers_value_is_no_lease() {
    let server = MemcachedServer::start();
    let memcached = at(server.address());
    for (text, flags) in [("a", 0), ("b", 1), ("c", 2), ("d", 16)] {
        let mut stream = std::net::TcpStream::connect(server.address()).expect("it is there");
        let command = format!("set {text} {flags} 0 16\r\n0123456789abcdef\r\n");
        std::io::Write::write_all(&mut stream, command.as_bytes()).expect("it is sent");
        let mut said = [0; 8];
        std::io::Read::read_exact(&mut stream, &mut said).expect("it is answered");
        assert_eq!(&said, b"STORED\r\n");
        let name = name(text);
        let lease = memcached.lease(&name, Token(1), Duration::from_secs(9), Waits::Blocking);
        let found = Lease::Found("0123456789abcdef".into());
        assert_eq!(block_on(lease), Ok(found), "{flags}");
    }
}
