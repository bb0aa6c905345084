//! Servers that go, hang, and come back.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use memo_core::Waits;
use memo_core::backend::{Availability, Backend, FaultKind};
use memo_testkit::servers::{Break, Proxy, RedisSentinel, RedisServer};

use crate::support::{BOTH, LIMIT, eventually, get, name, redis, sentinel_url, set, with_deadline};

/// The deadline of those who are going to meet it.
const SHORT: Duration = Duration::from_millis(300);

#[test]
fn a_server_that_restarts_between_two_calls_is_used_again_at_once() {
    for waits in BOTH {
        let server = RedisServer::start();
        let redis = redis(&server.url());
        let name = name("a");
        set(&redis, &name, "before", waits).expect("it is there");
        server.kill();
        server.restart();
        assert_eq!(get(&redis, &name, waits), Ok(None), "{waits:?}");
        // A change is not tried twice, and goes over a connection of its own where it is awaited: its driver may be late to notice.
        match waits {
            Waits::Blocking => set(&redis, &name, "behind", waits).expect("it is there"),
            Waits::Async => eventually("it is stored", || {
                set(&redis, &name, "behind", waits).is_ok()
            }),
        }
        assert_eq!(get(&redis, &name, waits), Ok(Some("behind".into())));
        assert_eq!(redis.servers()[0].outages, 0);
    }
}

#[test]
fn a_server_that_is_absent_at_first_is_used_when_it_comes() {
    for waits in BOTH {
        let server = RedisServer::start();
        server.kill();
        let redis = redis(&server.url());
        let name = name("a");
        eventually("it is taken to be down", || {
            let answer = get(&redis, &name, waits);
            assert_eq!(answer.expect_err("it is absent").kind(), FaultKind::Connect);
            redis.servers()[0].availability != Availability::Up
        });
        server.restart();
        eventually("it is found", || get(&redis, &name, waits).is_ok());
    }
}

#[test]
fn a_server_that_hangs_costs_a_deadline_and_then_nothing() {
    for waits in BOTH {
        let server = RedisServer::start();
        let redis = with_deadline(&server.url(), SHORT);
        let name = name("a");
        eventually("it answers in time", || {
            set(&redis, &name, "A", waits).is_ok()
        });
        server.pause();
        eventually("it is left alone", || {
            let since = Instant::now();
            let answer = get(&redis, &name, waits);
            assert!(since.elapsed() < LIMIT, "{:?}", since.elapsed());
            assert!(answer.is_err());
            redis.servers()[0].availability != Availability::Up
        });
        let asked = redis.servers()[0].asked;
        for _ in 0..100 {
            assert!(get(&redis, &name, waits).is_err());
        }
        assert_eq!(redis.servers()[0].asked, asked, "nobody waits for it");
        server.resume();
        eventually("it is used again", || {
            get(&redis, &name, waits) == Ok(Some("A".into()))
        });
    }
}

#[test]
fn a_server_that_speaks_too_slowly_costs_no_more_than_the_deadline() {
    let server = RedisServer::start();
    let name = name("a");
    set(
        &redis(&server.url()),
        &name,
        vec![7; 8 << 20],
        Waits::Blocking,
    )
    .expect("it fits");
    for waits in BOTH {
        let proxy = Proxy::before(server.address());
        proxy.set(Break::Delay(Duration::from_secs(3)));
        let redis = with_deadline(&format!("redis://{}", proxy.address()), SHORT);
        let since = Instant::now();
        let fault = get(&redis, &name, waits).expect_err("it is too slow");
        assert_eq!(fault.kind(), FaultKind::Timeout);
        assert!(since.elapsed() < LIMIT, "{:?}", since.elapsed());
    }
}

#[test]
fn a_value_that_was_cut_is_read_again() {
    for waits in BOTH {
        let server = RedisServer::start();
        let proxy = Proxy::before(server.address());
        let redis = redis(&format!("redis://{}", proxy.address()));
        let name = name("a");
        set(&redis, &name, vec![7; 100_000], waits).expect("it fits");
        assert!(get(&redis, &name, waits).is_ok());
        proxy.set(Break::CutAfter(50_000));
        assert!(get(&redis, &name, waits).is_err(), "both times it is cut");
        assert_eq!(redis.servers()[0].retried, 1);
        proxy.set(Break::Nothing);
        let whole = Some(vec![7; 100_000].into());
        assert_eq!(get(&redis, &name, waits), Ok(whole));
    }
}

#[test]
fn after_a_failover_the_new_master_is_used() {
    let watched = RedisSentinel::start();
    let redis = redis(&sentinel_url(&watched));
    for waits in BOTH {
        set(&redis, &name("a"), "A", waits).expect("the master takes it");
    }
    watched.fail_over();
    for waits in BOTH {
        let name = name("b");
        eventually("the new master takes it", || {
            set(&redis, &name, "B", waits).is_ok()
        });
        assert_eq!(get(&redis, &name, waits), Ok(Some("B".into())));
        let held = watched.master().ask(&["GET", name.as_str()]);
        assert_eq!(held.trim(), "B");
    }
}

#[test]
fn a_replica_that_a_sentinel_calls_the_master_is_not_used() {
    let [master, replica] = master_and_replica();
    let named = Arc::new(Mutex::new(replica.address()));
    let redis = redis(&url_of_sentinel_that_says(&named));
    for waits in BOTH {
        let fault = set(&redis, &name("a"), "A", waits).expect_err("it is a replica");
        assert_eq!(fault.kind(), FaultKind::Connect, "{waits:?}");
    }
    *named.lock().expect("no panic") = master.address();
    for waits in BOTH {
        let name = name("a");
        eventually("the master is used", || {
            set(&redis, &name, "A", waits).is_ok()
        });
    }
}

#[test]
fn a_change_that_a_demoted_master_refuses_goes_to_the_new_one() {
    let [old, new] = master_and_replica();
    let named = Arc::new(Mutex::new(old.address()));
    let redis = redis(&url_of_sentinel_that_says(&named));
    for waits in BOTH {
        set(&redis, &name("a"), "A", waits).expect("the master takes it");
    }
    new.ask(&["REPLICAOF", "NO", "ONE"]);
    old.ask(&["REPLICAOF", "127.0.0.1", &new.address().port().to_string()]);
    *named.lock().expect("no panic") = new.address();
    for waits in BOTH {
        let name = name("b");
        set(&redis, &name, "B", waits).expect("the new master takes it");
        assert_eq!(new.ask(&["GET", name.as_str()]).trim(), "B", "{waits:?}");
    }
}

fn master_and_replica() -> [RedisServer; 2] {
    let master = RedisServer::start();
    let port = master.address().port().to_string();
    let replica = RedisServer::with(&["--replicaof", "127.0.0.1", &port]);
    eventually("it is a replica", || {
        replica.ask(&["ROLE"]).starts_with("slave")
    });
    [master, replica]
}

/// A sentinel that says whatever the test wants it to, which is true of a real one for moments only.
fn url_of_sentinel_that_says(master: &Arc<Mutex<SocketAddr>>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = listener.local_addr().expect("it is bound");
    let master = Arc::clone(master);
    thread::spawn(move || {
        for client in listener.incoming().map_while(Result::ok) {
            let master = Arc::clone(&master);
            thread::spawn(move || tell(client, &master));
        }
    });
    format!("redis+sentinel://{address}/memo")
}

/// Tells a client where the master is, whatever it asks.
fn tell(mut client: TcpStream, master: &Mutex<SocketAddr>) {
    while matches!(client.read(&mut [0; 1024]), Ok(1..)) {
        let port = master.lock().expect("no panic").port().to_string();
        let reply = format!("*2\r\n$9\r\n127.0.0.1\r\n${}\r\n{port}\r\n", port.len());
        if client.write_all(reply.as_bytes()).is_err() {
            return;
        }
    }
}
