//! Who shares which connections.

use std::thread;
use std::time::Duration;

use futures_util::future::join_all;
use memo_core::Waits;
use memo_core::backend::{Backend, Lease, Token};
use memo_redis::Redis;
use memo_testkit::servers::{Proxy, RedisServer};

use crate::support::{get, item, name, redis, set};

#[test]
fn many_who_await_share_one_connection_for_looks_and_one_for_changes() {
    let server = RedisServer::start();
    let redis = redis(&server.url());
    let before = connections(&server);
    block_in_tokio(async {
        let calls = (0..64).map(|_| async {
            let name = name("a");
            redis.set_many(vec![item(&name, "A")], Waits::Async).await?;
            redis.get_many(&[name], Waits::Async).await
        });
        for answer in join_all(calls).await {
            assert_eq!(answer, Ok(vec![Some("A".into())]));
        }
        assert_eq!(connections(&server) - before, 2);
    });
}

#[test]
fn what_changes_a_name_goes_over_one_connection_whatever_its_length() {
    let server = RedisServer::start();
    let redis = redis(&server.url());
    let before = connections(&server);
    let name = name("a");
    block_in_tokio(async {
        for size in [1, 1 << 20, 1] {
            let items = vec![item(&name, vec![7; size])];
            let stored = redis.set_many(items, Waits::Async).await;
            stored.expect("it fits");
            let names = std::slice::from_ref(&name);
            let deleted = redis.delete_many(names, Waits::Async).await;
            assert_eq!(deleted, Ok(1));
        }
        let token = Token(1);
        let leased = redis.lease(&name, token, Duration::from_secs(60), Waits::Async);
        assert_eq!(leased.await, Ok(Lease::Granted));
        let filled = redis.fill(item(&name, "A"), token, Waits::Async).await;
        assert_eq!(filled, Ok(true));
        assert_eq!(connections(&server) - before, 1);
    });
}

/// A write that nobody waits for any more, and a deletion that was acknowledged after it: what was written is gone.
#[test]
fn a_deletion_does_not_overtake_a_write_that_was_given_up() {
    let server = RedisServer::start();
    let proxy = Proxy::before(server.address());
    let redis = redis(&format!("redis://{}", proxy.address()));
    for round in 0..200 {
        let (name, other) = (name("a"), name("b"));
        block_in_tokio(async {
            let size = if round % 2 == 0 { 10 } else { 300_000 };
            let items = vec![item(&name, vec![7; size])];
            let mut write = Box::pin(redis.set_many(items, Waits::Async));
            for _ in 0..round % 10 {
                if futures_util::poll!(&mut write).is_ready() {
                    break;
                }
                tokio::task::yield_now().await;
            }
            drop(write);
            let names = std::slice::from_ref(&name);
            let deleted = redis.delete_many(names, Waits::Async).await;
            deleted.expect("it is there");
            // What was given up has arrived when this is answered, which is as long.
            let last = vec![item(&other, vec![7; size])];
            redis.set_many(last, Waits::Async).await.expect("it fits");
        });
        assert_eq!(get(&redis, &name, Waits::Blocking), Ok(None), "{round}");
    }
}

#[test]
fn a_small_look_does_not_wait_behind_what_is_large() {
    let server = RedisServer::start();
    let redis = redis(&server.url());
    let before = connections(&server);
    block_in_tokio(async {
        let large = item(&name("large"), vec![7; 1 << 20]);
        redis
            .set_many(vec![large], Waits::Async)
            .await
            .expect("it fits");
        let small = [name("small")];
        let looked = redis.get_many(&small, Waits::Async).await;
        assert_eq!(looked, Ok(vec![None]));
        assert_eq!(connections(&server) - before, 2);
    });
}

#[test]
fn those_who_block_have_no_more_connections_than_they_were_given() {
    let server = RedisServer::start();
    let redis = redis(&format!("{}?connections=3", server.url()));
    let before = connections(&server);
    thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                for _ in 0..20 {
                    let name = name("a");
                    set(&redis, &name, "A", Waits::Blocking).expect("it waits for its turn");
                }
            });
        }
    });
    assert!(connections(&server) - before <= 3);
}

#[test]
fn runtimes_may_come_and_go() {
    let redis = redis(&RedisServer::shared().url());
    for _ in 0..5 {
        let name = name("a");
        block_in_tokio(round(&redis, &name));
    }
}

#[test]
fn no_runtime_is_needed() {
    let redis = redis(&RedisServer::shared().url());
    let name = name("a");
    futures_executor::block_on(round(&redis, &name));
    set(&redis, &name, "B", Waits::Blocking).expect("it is there");
    assert_eq!(get(&redis, &name, Waits::Blocking), Ok(Some("B".into())));
}

#[test]
fn a_call_that_is_given_up_leaves_the_connection_in_order() {
    let redis = redis(&RedisServer::shared().url());
    let (a, b) = (name("a"), name("b"));
    block_in_tokio(async {
        let both = vec![item(&a, "A"), item(&b, "B")];
        redis
            .set_many(both, Waits::Async)
            .await
            .expect("it is there");
        for _ in 0..100 {
            let names = [a.clone()];
            let given_up = redis.get_many(&names, Waits::Async);
            drop(futures_util::poll!(Box::pin(given_up)));
            let answer = redis.get_many(std::slice::from_ref(&b), Waits::Async).await;
            assert_eq!(answer, Ok(vec![Some("B".into())]));
        }
    });
}

async fn round(redis: &Redis, name: &memo_core::backend::Name) {
    let items = vec![item(name, "A")];
    redis
        .set_many(items, Waits::Async)
        .await
        .expect("it is there");
    let names = std::slice::from_ref(name);
    let answer = redis.get_many(names, Waits::Async).await;
    assert_eq!(answer, Ok(vec![Some("A".into())]));
}

fn block_in_tokio<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.expect("there can be a runtime").block_on(work)
}

/// How many connections the server has had, that of this question among them.
fn connections(server: &RedisServer) -> u64 {
    let stats = server.ask(&["INFO", "clients"]);
    let line = stats
        .lines()
        .find_map(|line| line.strip_prefix("connected_clients:"));
    line.and_then(|number| number.trim().parse().ok())
        .expect("the server counts them")
}
