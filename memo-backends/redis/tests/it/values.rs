//! What is stored, and what is only leased.

use std::time::Duration;

use memo_core::backend::{Backend, Bytes, FaultKind, Group, Item, Lease, Name, Terms, Token};
use memo_redis::Redis;
use memo_testkit::block_on;
use memo_testkit::servers::RedisServer;

use crate::support::{BOTH, get, item, name, redis, set};

#[test]
fn large_values_and_many_of_them_come_back_as_they_were() {
    let redis = redis(&RedisServer::shared().url());
    for waits in BOTH {
        let sizes = [0, 1, 16_383, 16_384, 1 << 20, (1 << 20) + 1, 8 << 20];
        let names = sizes.map(|size| name(&size.to_string()));
        let values = sizes.map(uneven);
        let items = names.iter().zip(&values);
        let items = items.map(|(name, value)| item(name, value.clone()));
        block_on(redis.set_many(items.collect(), waits)).expect("it fits");
        let stored = block_on(redis.get_many(&names, waits)).expect("it is there");
        assert!(stored == values.clone().map(Some), "other values");
        for (name, value) in names.iter().zip(values) {
            assert!(get(&redis, name, waits) == Ok(Some(value)), "another value");
        }
    }
}

#[test]
fn a_name_that_is_leased_has_no_value() {
    let redis = redis(&RedisServer::shared().url());
    for waits in BOTH {
        let (leased, there) = (name("leased"), name("there"));
        set(&redis, &there, "A", waits).expect("it fits");
        let lease = redis.lease(&leased, Token(1), Duration::from_secs(60), waits);
        assert_eq!(block_on(lease), Ok(Lease::Granted));
        let names = [leased, there];
        let values = block_on(redis.get_many(&names, waits));
        assert_eq!(values, Ok(vec![None, Some("A".into())]));
        assert_eq!(get(&redis, &names[0], waits), Ok(None));
        assert_eq!(
            block_on(redis.probe_many(&names, waits)),
            Ok(vec![false, true])
        );
        assert_eq!(block_on(redis.delete_many(&names, waits)), Ok(1));
    }
}

#[test]
fn a_lease_is_kept_by_its_holder_alone_and_given_back_once() {
    let server = RedisServer::shared();
    let redis = redis(&server.url());
    let [minute, hour] = [60, 3600].map(Duration::from_secs);
    for waits in BOTH {
        let (leased, token, other) = (name("leased"), Token(1), Token(2));
        let lease = |token, time| block_on(redis.lease(&leased, token, time, waits));
        let extend = |token| block_on(redis.extend(&leased, token, hour, waits));
        let release = || block_on(redis.release(&leased, token, waits));
        let lasts_longer_than_a_minute = || {
            let left = server.ask(&["TTL", leased.as_str()]);
            left.trim().parse::<u64>().expect("it is there") > 60
        };
        assert_eq!(lease(token, minute), Ok(Lease::Granted));
        assert!(!lasts_longer_than_a_minute());
        assert_eq!(extend(token), Ok(true));
        assert!(lasts_longer_than_a_minute());
        assert_eq!(lease(other, minute), Ok(Lease::Held(token)));
        assert_eq!(extend(other), Ok(false));
        assert_eq!((release(), release()), (Ok(true), Ok(false)));
        assert_eq!(extend(token), Ok(false));
    }
}

#[test]
fn a_counter_goes_to_the_end_of_its_numbers() {
    let redis = redis(&RedisServer::shared().url());
    for waits in BOTH {
        let name = name("counter");
        let never = memo_core::Expiration::never();
        let most = i64::MAX as u64;
        assert_eq!(
            block_on(redis.add(&name, most - 1, never, waits)),
            Ok(most - 1)
        );
        assert_eq!(block_on(redis.add(&name, 1, never, waits)), Ok(most));
        let over = block_on(redis.add(&name, 1, never, waits));
        assert_eq!(over.expect_err("there is no more").kind(), FaultKind::Other);
        assert!(block_on(redis.add(&name, u64::MAX, never, waits)).is_err());
    }
}

#[test]
fn scripts_that_the_server_forgot_are_taught_again() {
    let server = RedisServer::start();
    let redis = redis(&server.url());
    for waits in BOTH {
        let names = [name("a"), name("b")];
        for name in &names {
            set(&redis, name, "A", waits).expect("it fits");
        }
        server.ask(&["SCRIPT", "FLUSH"]);
        let minute = memo_core::Expiration::seconds(60);
        assert_eq!(block_on(redis.expire_many(&names, minute, waits)), Ok(2));
        server.ask(&["SCRIPT", "FLUSH"]);
        let lease = redis.lease(&names[0], Token(1), Duration::from_secs(1), waits);
        assert_eq!(block_on(lease), Ok(Lease::Found("A".into())));
    }
}

#[test]
fn what_a_stranger_has_left_is_no_lease_and_makes_way_for_one() {
    let server = RedisServer::start();
    let redis = redis(&server.url());
    let left: [&[&[&str]]; 5] = [
        &[&["RPUSH", "stranger", "memo-lease:1"]],
        &[&["RPUSH", "stranger", "12"], &["EXPIRE", "stranger", "60"]],
        &[
            &["LPUSH", "stranger", "memo-lease:x"],
            &["EXPIRE", "stranger", "60"],
        ],
        &[&["HSET", "stranger", "field", "value"]],
        &[&["SADD", "stranger", "memo-lease:1"]],
    ];
    for (waits, commands) in BOTH
        .into_iter()
        .flat_map(|waits| left.map(|left| (waits, left)))
    {
        let stranger = Name::new("stranger", Group(0));
        server.ask(&["DEL", "stranger"]);
        for command in commands {
            server.ask(command);
        }
        let minute = Duration::from_secs(60);
        let lease = |token| block_on(redis.lease(&stranger, token, minute, waits));
        assert_eq!(lease(Token(7)), Ok(Lease::Granted), "{commands:?}");
        assert_eq!(lease(Token(8)), Ok(Lease::Held(Token(7))));
    }
}

/// Bytes that show when a part of them is missing or elsewhere.
fn uneven(length: usize) -> Bytes {
    let byte = |place: usize| (place ^ (place >> 8) ^ (place >> 16)) as u8;
    (0..length).map(byte).collect()
}

#[test]
fn what_has_no_time_to_live_is_not_stored_and_replaces_what_was_there() {
    let redis = redis(&RedisServer::shared().url());
    for waits in BOTH {
        let (there, leased) = (name("there"), name("leased"));
        set(&redis, &there, "A", waits).expect("it is stored");
        let nothing = |name: &Name| Item {
            expiration: Duration::ZERO.into(),
            ..item(name, "B")
        };
        let stored = block_on(redis.set_many(vec![nothing(&there)], waits));
        assert_eq!(stored, Ok(()));
        assert_eq!(get(&redis, &there, waits), Ok(None));
        let hour = Duration::from_secs(3600);
        let lease = |token| block_on(redis.lease(&leased, token, hour, waits));
        assert_eq!(lease(Token(1)), Ok(Lease::Granted));
        let filled = block_on(redis.fill(nothing(&leased), Token(1), waits));
        assert_eq!(filled, Ok(true));
        assert_eq!(get(&redis, &leased, waits), Ok(None));
        assert_eq!(lease(Token(2)), Ok(Lease::Granted));
    }
}

#[test]
fn times_beyond_all_reckoning_are_long() {
    let url = RedisServer::shared().url();
    let mut redis = Redis::connect(&url).expect("the URL makes sense");
    redis.accept(&Terms::within(Duration::MAX));
    for waits in BOTH {
        let name = name("a");
        let endless = Item {
            expiration: Duration::MAX.into(),
            ..item(&name, "A")
        };
        assert_eq!(block_on(redis.set_many(vec![endless], waits)), Ok(()));
        assert_eq!(get(&redis, &name, waits), Ok(Some("A".into())));
        let names = std::slice::from_ref(&name);
        let kept = block_on(redis.expire_many(names, Duration::MAX.into(), waits));
        assert_eq!(kept, Ok(1));
        assert_eq!(block_on(redis.delete_many(names, waits)), Ok(1));
        let lease = block_on(redis.lease(&name, Token(1), Duration::MAX, waits));
        assert_eq!(lease, Ok(Lease::Granted));
    }
}
