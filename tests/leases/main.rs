//! `lock` between real processes, on real servers: this program starts itself again, many times over.

mod child;
mod jobs;
mod parent;

use std::time::{Duration, Instant};

use crate::child::Job;
use crate::jobs::Way;
use crate::parent::{Stage, Store};

/// What a busy machine may add to anything.
const SLACK: Duration = Duration::from_secs(20);

/// Two hundred callers in twenty-five processes.
fn one_of_a_crowd_computes(store: Store, way: Way) {
    let stage = Stage::new(store, way);
    let crowd = Vec::from_iter((0..25).map(|_| stage.start(Job::Crowd)));
    stage.wait_for("ready", crowd.len());
    stage.say("go");
    for child in crowd {
        child.ends_well();
    }
    assert_eq!(stage.said("computed"), 1);
    assert_eq!(stage.said("got 7"), 200);
}

fn a_killed_holder_costs_one_more_computation(store: Store, way: Way) {
    let stage = Stage::new(store, way);
    let holder = stage.start(Job::Hold);
    stage.wait_for("computed", 1);
    let waiting = Vec::from_iter((0..4).map(|_| stage.start(Job::Follow)));
    stage.wait_for("held up", waiting.len());
    assert_eq!(stage.said("computed"), 1);
    holder.kill();
    let killed = Instant::now();
    for child in waiting {
        child.ends_well();
    }
    assert!(killed.elapsed() < jobs::SHORT_LEASE + SLACK);
    assert_eq!(stage.said("computed"), 2);
    assert_eq!(stage.said("got 7"), 4);
}

fn a_stopped_holder_costs_one_more_computation(store: Store, way: Way) {
    let stage = Stage::new(store, way);
    let holder = stage.start(Job::Hold);
    stage.wait_for("computed", 1);
    let waiting = Vec::from_iter((0..4).map(|_| stage.start(Job::Follow)));
    stage.wait_for("held up", waiting.len());
    holder.stop();
    let stopped = Instant::now();
    for child in waiting {
        child.ends_well();
    }
    assert!(stopped.elapsed() < jobs::SHORT_LEASE + SLACK);
    assert_eq!(stage.said("computed"), 2);
    assert_eq!(stage.said("got 7"), 4);
    holder.kill();
}

/// Each of those who waited runs until all have begun, so they are at it side by side.
fn those_who_wait_for_a_holder_that_fails_do_not_wait_for_each_other(store: Store, way: Way) {
    let stage = Stage::new(store, way);
    let holder = stage.start(Job::FailFirst);
    stage.wait_for("computed", 1);
    let waiting = Vec::from_iter((1..jobs::FAILURES).map(|_| stage.start(Job::Fail)));
    stage.wait_for("held up", waiting.len());
    assert_eq!(stage.said("computed"), 1);
    stage.say("go");
    holder.ends_well();
    for child in waiting {
        child.ends_well();
    }
    assert_eq!(stage.said("computed"), jobs::FAILURES);
    assert_eq!(stage.said("got 0"), jobs::FAILURES);
}

fn a_refreshed_value_from_before_an_invalidation_is_not_stored(store: Store, way: Way) {
    is_not_stored_after_an_invalidation(Job::Refresh, store, way);
}

fn a_forced_value_from_before_an_invalidation_is_not_stored(store: Store, way: Way) {
    is_not_stored_after_an_invalidation(Job::ReadAnew, store, way);
}

fn is_not_stored_after_an_invalidation(older: Job, store: Store, way: Way) {
    let stage = Stage::new(store, way);
    stage.say("source 1");
    let older = stage.start(older);
    stage.wait_for("computed", 1);
    stage.say("source 2");
    stage.invalidate();
    stage.say("go");
    older.ends_well();
    assert_eq!(stage.said("got 1"), 1);
    stage.start(Job::Read).ends_well();
    stage.start(Job::Read).ends_well();
    assert_eq!((stage.said("got 1"), stage.said("got 2")), (1, 2));
    assert_eq!(stage.said("computed"), 2);
}

fn a_value_from_before_an_invalidation_is_never_served(store: Store, way: Way) {
    let stage = Stage::new(store, way);
    stage.say("source 1");
    let older = stage.start(Job::Read);
    stage.wait_for("computed", 1);
    stage.say("source 2");
    stage.invalidate();
    let newer = stage.start(Job::Read);
    stage.wait_for("computed", 2);
    stage.say("go");
    newer.ends_well();
    older.ends_well();
    assert_eq!((stage.said("got 1"), stage.said("got 2")), (1, 1));
    stage.start(Job::Read).ends_well();
    assert_eq!((stage.said("got 1"), stage.said("got 2")), (1, 2));
    assert_eq!(stage.said("computed"), 2);
}

fn a_long_computation_keeps_its_lease(store: Store, way: Way) {
    let stage = Stage::new(store, way);
    let began = Instant::now();
    let holder = stage.start(Job::Long);
    stage.wait_for("computed", 1);
    let waiting = stage.start(Job::Long);
    holder.ends_well();
    assert!(began.elapsed() > jobs::SHORT_LEASE, "it took long");
    waiting.ends_well();
    assert_eq!(stage.said("computed"), 1);
    assert_eq!(stage.said("got 7"), 2);
}

macro_rules! on_both_stores_in_both_ways {
    ($($test:ident)+) => {
        mod redis_blocking { $(#[test] fn $test() { super::$test(super::Store::Redis, super::Way::Blocking); })+ }
        mod redis_async { $(#[test] fn $test() { super::$test(super::Store::Redis, super::Way::Async); })+ }
        mod memcached_blocking { $(#[test] fn $test() { super::$test(super::Store::Memcached, super::Way::Blocking); })+ }
        mod memcached_async { $(#[test] fn $test() { super::$test(super::Store::Memcached, super::Way::Async); })+ }
    };
}

on_both_stores_in_both_ways! {
    one_of_a_crowd_computes
    a_killed_holder_costs_one_more_computation
    a_stopped_holder_costs_one_more_computation
    those_who_wait_for_a_holder_that_fails_do_not_wait_for_each_other
    a_refreshed_value_from_before_an_invalidation_is_not_stored
    a_forced_value_from_before_an_invalidation_is_not_stored
    a_value_from_before_an_invalidation_is_never_served
    a_long_computation_keeps_its_lease
}
