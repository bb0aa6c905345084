//! Random calls, drops, changes and bad networks against one promise: no read returns a value that is older than a change acknowledged before the read
//! began. In one cache always; across caches, which stand for processes, with `lock`.
//!
//! `MEMO_MODEL_SECONDS` says how long each combination runs, and `MEMO_MODEL_SEED` what is made up; `cargo xtask check-invalidation` sets both.

mod dice;
mod functions;
mod history;
mod tasks;
mod world;

use std::time::Duration;

use memo_testkit::servers::{Break, Shake};

use self::world::{Caches, Network, Store, World};

/// The longest time of an operation, where nothing else is said.
const USUAL: Duration = Duration::from_millis(250);

/// The latest that anything arrives: longer than an operation may take.
const LATEST: Duration = Duration::from_millis(600);

fn still(_: u64) -> Network {
    Network {
        breaks: Break::Nothing,
        deadline: USUAL,
    }
}

fn shaken(seed: u64) -> Network {
    Network {
        breaks: Break::Shake(Shake::seeded(seed).delaying(LATEST)),
        deadline: USUAL,
    }
}

fn cut(seed: u64) -> Network {
    let shake = Shake::seeded(seed).delaying(LATEST / 4);
    Network {
        breaks: Break::Shake(shake.cutting_one_in(150)),
        deadline: USUAL,
    }
}

/// A large value takes 150 ms, so that a few of them at a time are too much for a connection.
fn throttled(seed: u64) -> Network {
    Network {
        breaks: Break::Shake(Shake::seeded(seed).throttled_to(8 << 20)),
        deadline: USUAL * 4,
    }
}

fn one_cache(store: Store, network: fn(u64) -> Network) {
    World::with(store, network, Caches::Alone).keeps_its_promise();
}

/// Where nothing orders the caches, a write that is late is as bad as one that was dropped.
fn patient(seed: u64) -> Network {
    let deadline = Duration::from_secs(60);
    Network {
        deadline,
        ..still(seed)
    }
}

#[test]
fn nothing_old_is_read_from_memory() {
    one_cache(Store::Memory, still);
}

#[test]
fn nothing_old_is_read_from_redis() {
    one_cache(Store::Redis, still);
}

#[test]
fn nothing_old_is_read_from_redis_when_packets_are_late() {
    one_cache(Store::Redis, shaken);
}

#[test]
fn nothing_old_is_read_from_redis_when_connections_are_cut() {
    one_cache(Store::Redis, cut);
}

#[test]
fn nothing_old_is_read_from_redis_over_a_slow_network() {
    one_cache(Store::Redis, throttled);
}

#[test]
fn nothing_old_is_read_from_memcached() {
    one_cache(Store::Memcached, still);
}

#[test]
fn nothing_old_is_read_from_memcached_when_packets_are_late() {
    one_cache(Store::Memcached, shaken);
}

#[test]
fn nothing_old_is_read_from_memcached_when_connections_are_cut() {
    one_cache(Store::Memcached, cut);
}

#[test]
fn nothing_old_is_read_from_memcached_over_a_slow_network() {
    one_cache(Store::Memcached, throttled);
}

#[test]
fn with_a_lock_nothing_old_is_stored_in_redis_by_another_process() {
    World::with(Store::Redis, still, Caches::Ordered).keeps_its_promise();
}

#[test]
fn with_a_lock_nothing_old_is_stored_in_memcached_by_another_process() {
    World::with(Store::Memcached, still, Caches::Ordered).keeps_its_promise();
}

#[test]
fn with_a_lock_nothing_old_is_stored_in_redis_by_another_process_when_packets_are_late() {
    World::with(Store::Redis, shaken, Caches::Ordered).keeps_its_promise();
}

#[test]
fn with_a_lock_nothing_old_is_stored_in_memcached_by_another_process_when_packets_are_late() {
    World::with(Store::Memcached, shaken, Caches::Ordered).keeps_its_promise();
}

#[test]
fn without_a_lock_what_nobody_was_computing_is_not_stored_in_redis_by_another_process() {
    World::with(Store::Redis, patient, Caches::Unordered).keeps_its_promise();
}

#[test]
fn without_a_lock_what_nobody_was_computing_is_not_stored_in_memcached_by_another_process() {
    World::with(Store::Memcached, patient, Caches::Unordered).keeps_its_promise();
}
