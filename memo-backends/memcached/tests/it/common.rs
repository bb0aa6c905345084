//! What tests do with memcached, in few words.

use std::thread;
use std::time::{Duration, Instant};

use memo_core::backend::{Answer, Backend, Bytes, FaultKind, Group, Item, Name, Terms};
use memo_core::{Expiration, Waits};
use memo_memcached::{Memcached, MemcachedConfig};
use memo_testkit::block_on;

pub(crate) const BOTH: [Waits; 2] = [Waits::Blocking, Waits::Async];

/// Longer than anything takes.
pub(crate) const LIMIT: Duration = Duration::from_secs(30);

pub(crate) fn with_deadline(servers: &[String], deadline: Duration) -> Memcached {
    let config = MemcachedConfig {
        servers: servers.to_vec(),
        ..MemcachedConfig::default()
    };
    let mut memcached = Memcached::new(config).expect("it makes sense");
    memcached.accept(&Terms::within(deadline));
    memcached
}

pub(crate) fn name(text: &str) -> Name {
    Name::new(text, Group(0))
}

pub(crate) fn get(memcached: &Memcached, text: &str, waits: Waits) -> Answer<Option<Bytes>> {
    let mut got = block_on(memcached.get_many(&[name(text)], waits))?;
    assert_eq!(got.len(), 1);
    Ok(got.pop().flatten())
}

pub(crate) fn set(memcached: &Memcached, text: &str, value: &str, waits: Waits) -> Answer<()> {
    let item = Item {
        name: name(text),
        value: Bytes::from(value.to_owned()),
        expiration: Expiration::never(),
    };
    block_on(memcached.set_many(vec![item], waits))
}

pub(crate) fn kind<T>(answer: Answer<T>) -> Option<FaultKind> {
    answer.err().map(|fault| fault.kind())
}

#[track_caller]
pub(crate) fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < LIMIT, "{what}: not within {LIMIT:?}");
        thread::sleep(Duration::from_millis(20));
    }
}
