//! The laws of backends, however the server is reached.

use std::thread;
use std::time::Duration;

use memo_core::Waits;
use memo_core::backend::{Backend, Terms};
use memo_redis::{Redis, RedisConfig};
use memo_testkit::conformance;
use memo_testkit::conformance::{Subject, check, laws};
use memo_testkit::servers::{RedisCluster, RedisSentinel, RedisServer};

use crate::support;

conformance!(on_a_server, || {
    let url = RedisServer::shared().url();
    let config = url.parse().expect("the URL makes sense");
    subject(config, Duration::from_millis(300))
});

#[test]
fn a_unix_socket_is_as_good() {
    let path = RedisServer::shared().socket_path();
    all_laws(&format!("redis+unix://{}?db=3", path.display()));
}

#[test]
fn a_user_in_a_database_of_his_own_is_as_good() {
    let server = RedisServer::start();
    let rules = ["reset", "on", ">p@ss:/?", "~*", "+@all"];
    server.ask(&[&["ACL", "SETUSER", "shop"], &rules[..]].concat());
    server.ask(&["ACL", "SETUSER", "default", "off"]);
    let address = server.address();
    all_laws(&format!("redis://shop:p%40ss%3A%2F%3F@{address}/2"));
}

#[test]
fn a_cluster_is_as_good() {
    let cluster = RedisCluster::start();
    let [first, ..] = cluster.addresses()[..] else {
        panic!("it has servers");
    };
    all_laws(&format!("redis+cluster://{first}"));
}

#[test]
fn a_master_that_a_sentinel_knows_is_as_good() {
    let watched = RedisSentinel::start();
    all_laws(&support::sentinel_url(&watched));
}

#[cfg(feature = "tls")]
#[test]
fn tls_is_as_good() {
    let server = support::tls_server();
    all_laws_on(support::tls_config(&server));
}

/// All laws at once: what they do most is to sleep.
fn all_laws(url: &str) {
    all_laws_on(url.parse().expect("the URL makes sense"));
}

fn all_laws_on(config: RedisConfig) {
    let subject = &subject(config, Duration::from_millis(600));
    thread::scope(|scope| {
        for law in laws() {
            for waits in [Waits::Blocking, Waits::Async] {
                let title = format!("{} ({waits:?})", law.name);
                let check = move || check(law.name, subject, waits);
                let thread = thread::Builder::new().name(title);
                thread
                    .spawn_scoped(scope, check)
                    .expect("there can be one more thread");
            }
        }
    });
    let kept = laws().iter().filter(|law| {
        let capability = subject.backend().capability();
        law.obstacle(&capability).is_none()
    });
    assert!(kept.count() > 40, "the laws were about this backend");
}

/// The machine may be busy, and then nothing is proved by a short deadline.
fn subject(config: RedisConfig, moment: Duration) -> Subject<Redis> {
    let mut redis = Redis::new(config).expect("the description makes sense");
    redis.accept(&Terms::within(Duration::from_secs(20)));
    Subject::in_real_time(redis, moment)
}
