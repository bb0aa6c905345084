//! What a server refuses, in memo's kinds; and what it is told about us.

use std::net::TcpListener;

use memo_core::Waits;
use memo_core::backend::{Answer, Availability, Backend, Fault, FaultKind};
use memo_redis::{Redis, RedisConfig, Topology};
use memo_testkit::servers::{Break, Proxy, RedisServer};

use crate::support::{BOTH, get, name, redis, set};

#[test]
fn a_wrong_password_is_a_fault_of_its_kind_and_not_tried_again() {
    let server = RedisServer::with(&["--requirepass", "right-secret"]);
    for (waits, login) in BOTH.into_iter().zip([":wrong-secret@", ""]) {
        let redis = redis(&format!("redis://{login}{}", server.address()), 5000);
        let fault = fault(get(&redis, &name("a"), waits));
        assert_eq!(fault.kind(), FaultKind::Auth);
        assert!(!fault.to_string().contains("secret"), "{fault}");
        let stats = &redis.servers()[0];
        assert_eq!((stats.asked, stats.retried), (1, 0));
        assert_eq!(stats.availability, Availability::Down);
    }
    let redis = redis(&format!("redis://:right-secret@{}", server.address()), 5000);
    assert_eq!(get(&redis, &name("a"), Waits::Async), Ok(None));
}

#[test]
fn what_a_user_may_not_do_does_not_keep_him_from_what_he_may() {
    let server = RedisServer::start();
    let rules = ["reset", "on", ">pw", "~*", "+get", "+ping"];
    server.ask(&[&["ACL", "SETUSER", "reader"], &rules[..]].concat());
    let redis = redis(&format!("redis://reader:pw@{}", server.address()), 5000);
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
    let redis = redis(&server.url(), 5000);
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
            let redis = redis(&format!("redis://{}", proxy.address()), 5000);
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
        let redis = redis(&format!("redis://{}", proxy.address()), 5000);
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
            let redis = redis(&url, 20_000);
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
