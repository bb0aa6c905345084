//! What a server refuses, in memo's kinds; and what it is told about us.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use memo_core::Waits;
use memo_core::backend::{Answer, Availability, Backend, Fault, FaultKind, Lease, Name, Token};
use memo_redis::{Redis, RedisConfig, Topology};
use memo_testkit::block_on;
use memo_testkit::servers::{Break, Proxy, RedisServer};

use crate::support::{BOTH, eventually, get, name, redis, set};

#[test]
fn a_wrong_password_is_a_fault_of_its_kind_and_not_tried_again() {
    let server = RedisServer::with(&["--requirepass", "right-secret"]);
    for (waits, login) in BOTH.into_iter().zip([":wrong-secret@", ""]) {
        let redis = redis(&format!("redis://{login}{}", server.address()));
        let fault = fault(get(&redis, &name("a"), waits));
        assert_eq!(fault.kind(), FaultKind::Auth);
        assert!(!fault.to_string().contains("secret"), "{fault}");
        let stats = &redis.servers()[0];
        assert_eq!((stats.asked, stats.retried), (1, 0));
        assert_eq!(stats.availability, Availability::Down);
    }
    let redis = redis(&format!("redis://:right-secret@{}", server.address()));
    assert_eq!(get(&redis, &name("a"), Waits::Async), Ok(None));
}

#[test]
fn what_a_user_may_not_do_does_not_keep_him_from_what_he_may() {
    let server = RedisServer::start();
    let rules = ["reset", "on", ">pw", "~*", "+get", "+ping"];
    server.ask(&[&["ACL", "SETUSER", "reader"], &rules[..]].concat());
    let redis = redis(&format!("redis://reader:pw@{}", server.address()));
    for waits in BOTH {
        let name = name("private");
        let fault = fault(set(&redis, &name, "value", waits));
        assert_eq!(fault.kind(), FaultKind::Auth);
        assert!(!fault.to_string().contains("private"), "{fault}");
        assert_eq!(get(&redis, &name, waits), Ok(None));
    }
    assert_eq!(redis.servers()[0].availability, Availability::Up);
}

#[test]
fn a_server_without_room_is_full_and_still_read() {
    let server = RedisServer::start();
    let redis = redis(&server.url());
    let there = name("there");
    set(&redis, &there, "value", Waits::Blocking).expect("there is room");
    server.ask(&["CONFIG", "SET", "maxmemory-policy", "noeviction"]);
    server.ask(&["CONFIG", "SET", "maxmemory", "1mb"]);
    for waits in BOTH {
        let fault = fault(set(&redis, &name("b"), vec![0; 1 << 20], waits));
        assert_eq!(fault.kind(), FaultKind::Full);
        assert_eq!(get(&redis, &there, waits), Ok(Some("value".into())));
    }
    assert_eq!(redis.servers()[0].availability, Availability::Up);
}

#[test]
fn what_answers_garbage_is_no_redis() {
    let server = RedisServer::start();
    for garbage in [
        "HTTP/1.1 400 Bad Request\r\n\r\n",
        "$many\r\n",
        "*9999999999\r\n:x\r\n",
    ] {
        for waits in BOTH {
            let proxy = Proxy::before(server.address());
            proxy.set(Break::Garbage(garbage.into()));
            let redis = redis(&format!("redis://{}", proxy.address()));
            let fault = fault(get(&redis, &name("a"), waits));
            assert_eq!(
                fault.kind(),
                FaultKind::Protocol,
                "{garbage:?} {waits:?} {fault}"
            );
        }
    }
}

#[test]
fn one_who_answers_other_questions_is_no_redis_and_is_left_alone() {
    let server = RedisServer::start();
    for waits in BOTH {
        let proxy = Proxy::before(server.address());
        proxy.set(Break::Garbage(":1\r\n".into()));
        let redis = redis(&format!("redis://{}", proxy.address()));
        for _ in 0..3 {
            let fault = fault(get(&redis, &name("a"), waits));
            assert_eq!(fault.kind(), FaultKind::Protocol, "{waits:?} {fault}");
        }
        assert_eq!(redis.servers()[0].availability, Availability::Down);
    }
}

#[test]
fn nobody_there_is_a_fault_of_connecting_at_once() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = listener.local_addr().expect("it has an address");
    drop(listener);
    for url in [
        format!("redis://{address}"),
        format!("redis://localhost:{}", address.port()),
        "redis+unix:///nowhere/redis.sock".into(),
    ] {
        for waits in BOTH {
            let redis = redis(&url);
            let fault = fault(get(&redis, &name("a"), waits));
            assert_eq!(fault.kind(), FaultKind::Connect, "{fault}");
        }
    }
}

#[test]
fn descriptions_that_make_no_sense_are_refused_when_they_are_given() {
    let configs = [
        RedisConfig {
            servers: Vec::new(),
            ..RedisConfig::default()
        },
        RedisConfig {
            servers: vec!["no-port".into()],
            ..RedisConfig::default()
        },
        RedisConfig {
            servers: vec!["a:1".into(), "b:1".into()],
            ..RedisConfig::default()
        },
        RedisConfig {
            topology: Topology::Cluster,
            db: 1,
            ..RedisConfig::default()
        },
    ];
    for config in configs {
        assert!(Redis::new(config.clone()).is_err(), "{config:?}");
    }
}

#[cfg(not(feature = "tls"))]
#[test]
fn without_its_feature_tls_is_refused_and_the_feature_named() {
    let refused = Redis::connect("rediss://localhost").expect_err("there is no TLS");
    assert_eq!(refused.kind(), FaultKind::Unsupported);
    assert!(refused.to_string().contains("redis-tls"));
}

#[cfg(feature = "tls")]
#[test]
fn a_server_that_nobody_vouches_for_is_not_talked_to() {
    let server = crate::support::tls_server();
    let mut config = crate::support::tls_config(&server);
    config.tls_authorities = Some(STRANGER.into());
    let redis = Redis::new(config).expect("the description makes sense");
    for waits in BOTH {
        assert!(get(&redis, &name("a"), waits).is_err(), "{waits:?}");
    }
}

#[cfg(feature = "tls")]
const STRANGER: &str = include_str!("certificates/server.pem");

#[track_caller]
fn fault<T: std::fmt::Debug>(answer: Answer<T>) -> Fault {
    answer.expect_err("it fails")
}

/// Has a server refuse what changes something, or some of it: what was there is there still.
#[track_caller]
fn refuses_to_delete(server: &RedisServer, redis: &Redis, refuse: &[&str], kind: FaultKind) {
    for waits in BOTH {
        let (value, lease, nothing) = (name("value"), name("lease"), name("nothing"));
        set(redis, &value, "A", waits).expect("it is stored");
        let time = Duration::from_secs(60);
        let granted = block_on(redis.lease(&lease, Token(1), time, waits));
        assert_eq!(granted, Ok(Lease::Granted));
        server.ask(refuse);
        for name in [&value, &lease, &nothing] {
            let names = std::slice::from_ref(name);
            let fault = fault(block_on(redis.delete_many(names, waits)));
            assert_eq!(fault.kind(), kind, "{name:?} {waits:?}: {fault}");
        }
        let both = [nothing, lease.clone()];
        assert!(block_on(redis.delete_many(&both, waits)).is_err());
        let undo: Vec<&str> = refuse[..3].iter().copied().chain(["0"]).collect();
        server.ask(&undo);
        server.ask(&["REPLICAOF", "NO", "ONE"]);
        assert_eq!(get(redis, &value, waits), Ok(Some("A".into())));
        let held = block_on(redis.lease(&lease, Token(2), time, waits));
        assert_eq!(held, Ok(Lease::Held(Token(1))), "{waits:?}");
    }
    assert_eq!(redis.servers()[0].availability, Availability::Up);
}

#[test]
fn a_deletion_is_refused_while_there_are_too_few_replicas() {
    let server = RedisServer::start();
    let redis = redis(&server.url());
    let too_few = ["CONFIG", "SET", "min-replicas-to-write", "1"];
    refuses_to_delete(&server, &redis, &too_few, FaultKind::Other);
}

#[test]
fn a_deletion_is_refused_by_a_replica() {
    let server = RedisServer::start();
    // Nobody is there, so that the replica keeps what it has.
    let redis = redis(&server.url());
    let demoted = ["REPLICAOF", "127.0.0.1", "1"];
    refuses_to_delete(&server, &redis, &demoted, FaultKind::Other);
}

#[test]
fn a_deletion_is_refused_while_the_server_cannot_save() {
    let server = RedisServer::with(&["--dir", "/proc"]);
    // Nothing can be written there, not even by root.
    server.ask(&["CONFIG", "SET", "save", "3600 1"]);
    let redis = redis(&server.url());
    for waits in BOTH {
        let value = name("value");
        server.ask(&["CONFIG", "SET", "stop-writes-on-bgsave-error", "no"]);
        set(&redis, &value, "A", waits).expect("it is stored");
        server.ask(&["BGSAVE"]);
        eventually("a background save fails", || {
            let said = server.ask(&["INFO", "persistence"]);
            said.contains("rdb_last_bgsave_status:err")
        });
        server.ask(&["CONFIG", "SET", "stop-writes-on-bgsave-error", "yes"]);
        for name in [&value, &name("nothing")] {
            let names = std::slice::from_ref(name);
            let fault = fault(block_on(redis.delete_many(names, waits)));
            assert_eq!(fault.kind(), FaultKind::Full, "{waits:?}: {fault}");
        }
        assert_eq!(get(&redis, &value, waits), Ok(Some("A".into())));
    }
}

#[test]
fn one_who_may_only_del_deletes_and_one_who_may_not_does_not() {
    let server = RedisServer::start();
    let all = ["reset", "on", ">pw", "~*", "+@all", "-unlink"];
    for (user, more, may) in [
        ("deleter", [].as_slice(), true),
        ("blind", &["-type"], true),
        ("keeper", &["-del"], false),
    ] {
        server.ask(&[&["ACL", "SETUSER", user], &all[..], more].concat());
        let redis = redis(&format!("redis://{user}:pw@{}", server.address()));
        for waits in BOTH {
            let (value, nothing) = (name("value"), name("nothing"));
            set(&redis, &value, "A", waits).expect("it is stored");
            let deleted = block_on(redis.delete_many(&[nothing, value.clone()], waits));
            assert_eq!(deleted.clone().ok(), may.then_some(1), "{user} {waits:?}");
            assert!(may || deleted.is_err_and(|fault| fault.kind() == FaultKind::Auth));
            let left = get(&redis, &value, waits).expect("it may be read");
            assert_eq!(left.is_none(), may, "{user} {waits:?}");
        }
        assert_eq!(redis.servers()[0].availability, Availability::Up);
    }
}

#[test]
fn a_server_without_unlink_is_told_to_del() {
    let server = RedisServer::with(&["--rename-command", "UNLINK", ""]);
    let redis = redis(&server.url());
    for waits in BOTH {
        let value = name("value");
        set(&redis, &value, "A", waits).expect("it is stored");
        let names = std::slice::from_ref(&value);
        assert_eq!(block_on(redis.delete_many(names, waits)), Ok(1));
        assert_eq!(get(&redis, &value, waits), Ok(None));
        assert_eq!(block_on(redis.delete_many(names, waits)), Ok(0));
    }
}

/// Others ask over the same connection, at the same time.
#[test]
fn a_strangers_value_that_is_far_too_long_is_a_refusal_of_its_name_only() {
    let server = RedisServer::start();
    let redis = redis(&server.url());
    let (long, sound) = (name("long"), name("sound"));
    set(&redis, &sound, "A", Waits::Blocking).expect("it is stored");
    server.ask(&["SETRANGE", long.as_str(), "134217728", "x"]);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    let runtime = runtime.expect("there can be a runtime");
    for _ in 0..5 {
        let fault = fault(get(&redis, &long, Waits::Blocking));
        assert_eq!(fault.kind(), FaultKind::TooLarge);
        assert_eq!(get(&redis, &sound, Waits::Blocking), Ok(Some("A".into())));
        let ask = |name: &Name| {
            let (redis, names) = (redis.clone(), [name.clone()]);
            runtime.spawn(async move { redis.get_many(&names, Waits::Async).await })
        };
        let asked = [&sound, &sound, &long, &sound, &sound].map(ask);
        for (place, answer) in asked.into_iter().enumerate() {
            let answer = runtime.block_on(answer).expect("it ends well");
            match place {
                2 => assert_eq!(answer.expect_err("too long").kind(), FaultKind::TooLarge),
                _ => assert_eq!(answer, Ok(vec![Some("A".into())])),
            }
        }
        let both = [sound.clone(), long.clone()];
        for waits in BOTH {
            let refused = block_on(redis.get_many(&both, waits));
            assert_eq!(refused.expect_err("too long").kind(), FaultKind::TooLarge);
        }
    }
    let stats = &redis.servers()[0];
    assert_eq!((stats.availability, stats.outages), (Availability::Up, 0));
    for waits in BOTH {
        set(&redis, &long, "B", waits).expect("it replaces what was there");
        assert_eq!(get(&redis, &long, waits), Ok(Some("B".into())));
    }
}

/// A server that says something more after its answers: late, and at once.
#[test]
fn what_a_server_says_unasked_is_no_answer_to_the_next_question() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = listener.local_addr().expect("it has an address");
    let (go_on, gone_on) = mpsc::channel();
    let (say, said) = mpsc::channel();
    let server = thread::spawn(move || {
        let asked = |words: &str| {
            let (mut client, _) = listener.accept().expect("it connects");
            let asked = client.read(&mut [0; 1000]).expect("it asks");
            assert!(asked > 0, "it asks over this connection");
            client.write_all(words.as_bytes()).expect("it is heard");
            client
        };
        let mut first = asked("$1\r\nA\r\n");
        gone_on.recv().expect("it has read the answer");
        first.write_all(b"$1\r\nB\r\n").expect("it is there");
        say.send(()).expect("it waits");
        let _second = asked("$1\r\nA\r\n$1\r\nB\r\n");
        let _third = asked("$1\r\nA\r\n");
    });
    let redis = redis(&format!("redis://{address}?connections=1"));
    let get = || get(&redis, &name("a"), Waits::Blocking);
    assert_eq!(get(), Ok(Some("A".into())));
    go_on.send(()).expect("it waits");
    said.recv().expect("it has said more");
    assert_eq!(fault(get()).kind(), FaultKind::Protocol);
    assert_eq!(get(), Ok(Some("A".into())));
    server.join().expect("it ends well");
}
