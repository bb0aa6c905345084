//! Servers that are not there.

use std::time::{Duration, Instant};

use crate::rig::{Plan, Store, TOO_LONG, everywhere, planned};

const BOTH: &[Store] = &[Store::Redis, Store::Memcached];

#[test]
fn a_server_that_is_absent_at_start_is_used_once_it_is_there() {
    let absent = Plan {
        is_absent: true,
        ..Plan::USUAL
    };
    planned(BOTH, &absent, |rig| {
        rig.endures();
        assert!(rig.faults() > 0);
        rig.server.restart();
        rig.heals();
        rig.tells_of_an_outage();
    });
}

#[test]
fn a_server_that_dies_is_missed_by_nobody_and_used_again() {
    everywhere(|rig| {
        let n = rig.stored();
        rig.server.kill();
        rig.call(n);
        assert_eq!(rig.runs(n), 2, "its value is gone, and computed again");
        rig.endures();
        rig.server.restart();
        rig.heals();
        rig.tells_of_an_outage();
    });
}

#[test]
fn a_restart_between_two_calls_costs_no_more_than_the_values() {
    everywhere(|rig| {
        let lost = rig.stored();
        rig.server.restart();
        assert!(rig.call(lost) < TOO_LONG);
        assert_eq!(rig.runs(lost), 2, "the server began anew");
        rig.call(lost);
        assert_eq!(rig.runs(lost), 2, "the first call has stored its value");
        assert_eq!(rig.faults(), 0, "{:?}", rig.recorder.events().last());
    });
}

#[test]
fn a_server_that_comes_and_goes_is_used_whenever_it_is_there() {
    everywhere(|rig| {
        for _ in 0..3 {
            rig.stored();
            rig.server.kill();
            rig.endures();
            rig.server.restart();
            rig.heals();
        }
    });
}

#[test]
fn nobody_knocks_at_a_closed_door_all_the_time() {
    everywhere(|rig| {
        rig.stored();
        // The proxy lets everybody in, and shows him out.
        rig.server.kill();
        let before = rig.proxy.connections();
        let begin = Instant::now();
        let mut calls = 0;
        while begin.elapsed() < Duration::from_secs(2) {
            rig.call(rig.unused());
            calls += 1;
        }
        let knocks = rig.proxy.connections() - before;
        assert!(knocks <= 20, "{knocks} connections in {calls} calls");
        rig.server.restart();
        rig.heals();
    });
}
