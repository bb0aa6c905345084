//! What several tests do.

use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use memo_core::backend::{Answer, Backend, Bytes, Group, Item, Name, Terms};
use memo_core::{Expiration, Waits};
use memo_redis::Redis;
#[cfg(feature = "tls")]
use memo_redis::RedisConfig;
use memo_testkit::block_on;
use memo_testkit::servers::RedisSentinel;
#[cfg(feature = "tls")]
use memo_testkit::servers::RedisServer;

/// The URL of the master that this sentinel watches.
pub(crate) fn sentinel_url(watched: &RedisSentinel) -> String {
    format!(
        "redis+sentinel://{}/{}",
        watched.address(),
        RedisSentinel::MASTER
    )
}

/// A server that speaks TLS, as one that the authority of the tests vouches for.
#[cfg(feature = "tls")]
pub(crate) fn tls_server() -> RedisServer {
    let file = |name: &str| {
        format!(
            "{}/tests/it/certificates/{name}",
            env!("CARGO_MANIFEST_DIR")
        )
    };
    let [certificate, key, authority] = ["server.pem", "server.key", "authority.pem"].map(file);
    RedisServer::with_tls(&[
        "--tls-cert-file",
        &certificate,
        "--tls-key-file",
        &key,
        "--tls-ca-cert-file",
        &authority,
        "--tls-auth-clients",
        "no",
    ])
}

#[cfg(feature = "tls")]
pub(crate) fn tls_config(server: &RedisServer) -> RedisConfig {
    let url = format!("rediss://localhost:{}", server.tls_address().port());
    RedisConfig {
        tls_authorities: Some(include_str!("certificates/authority.pem").into()),
        ..url.parse().expect("the URL makes sense")
    }
}

/// Both ways to wait.
pub(crate) const BOTH: [Waits; 2] = [Waits::Blocking, Waits::Async];

/// Longer than anything takes, however busy the machine is.
pub(crate) const LIMIT: Duration = Duration::from_secs(30);

/// The backend at this URL, as patient as a busy machine asks for.
pub(crate) fn redis(url: &str) -> Redis {
    with_deadline(url, LIMIT)
}

/// The backend at this URL, which gives up after so long.
pub(crate) fn with_deadline(url: &str, deadline: Duration) -> Redis {
    let mut redis = Redis::connect(url).expect("the URL makes sense");
    redis.accept(&Terms::within(deadline));
    redis
}

/// A name that no other test has.
pub(crate) fn name(text: &str) -> Name {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    Name::new(format!("it:{number}:{text}"), Group(0))
}

pub(crate) fn get(redis: &Redis, name: &Name, waits: Waits) -> Answer<Option<Bytes>> {
    let names = std::slice::from_ref(name);
    let mut values = block_on(redis.get_many(names, waits))?;
    Ok(values.pop().flatten())
}

pub(crate) fn set(redis: &Redis, name: &Name, value: impl Into<Bytes>, waits: Waits) -> Answer<()> {
    block_on(redis.set_many(vec![item(name, value)], waits))
}

/// Something that never expires.
pub(crate) fn item(name: &Name, value: impl Into<Bytes>) -> Item {
    Item {
        name: name.clone(),
        value: value.into(),
        expiration: Expiration::never(),
    }
}

/// Waits until this holds, for half a minute at most.
#[track_caller]
pub(crate) fn eventually(what: &str, holds: impl Fn() -> bool) {
    let since = Instant::now();
    while !holds() {
        assert!(since.elapsed() < LIMIT, "never: {what}");
        thread::sleep(Duration::from_millis(20));
    }
}
