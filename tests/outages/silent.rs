//! Servers that answer nothing, or too late.

use memo_testkit::servers::Break;

use crate::rig::{DEADLINE, everywhere};

#[test]
fn a_server_that_hangs_costs_no_call_more_than_a_deadline() {
    everywhere(|rig| {
        rig.stored();
        rig.server.pause();
        rig.endures();
        rig.server.resume();
        rig.heals();
        rig.tells_of_an_outage();
    });
}

#[test]
fn a_black_hole_costs_no_call_more_than_a_deadline() {
    everywhere(|rig| {
        rig.stored();
        rig.proxy.set(Break::BlackHole);
        rig.endures();
        rig.proxy.set(Break::Nothing);
        rig.heals();
        rig.tells_of_an_outage();
    });
}

#[test]
fn a_black_hole_at_the_first_call_costs_no_more() {
    everywhere(|rig| {
        rig.proxy.set(Break::BlackHole);
        rig.endures();
        rig.proxy.set(Break::Nothing);
        rig.heals();
    });
}

#[test]
fn answers_that_come_too_late_are_nobodys_answers() {
    everywhere(|rig| {
        let stored: Vec<u64> = (0..5).map(|_| rig.stored()).collect();
        rig.proxy.set(Break::Delay(DEADLINE + DEADLINE / 4));
        rig.endures();
        rig.proxy.set(Break::Nothing);
        rig.heals();
        // Each call checks its value: no late answer to another question is taken for it.
        for n in stored {
            rig.call(n);
            assert_eq!(rig.runs(n), 1, "it was in the store all the time");
        }
    });
}

#[test]
fn answers_that_come_late_but_in_time_are_answers() {
    everywhere(|rig| {
        let n = rig.stored();
        rig.proxy.set(Break::Delay(DEADLINE / 10));
        for _ in 0..3 {
            rig.call(n);
        }
        assert_eq!((rig.runs(n), rig.faults()), (1, 0));
    });
}

#[test]
fn a_short_pause_is_over_without_a_trace() {
    everywhere(|rig| {
        let n = rig.stored();
        rig.server.pause();
        let unused = rig.unused();
        rig.call(unused);
        rig.server.resume();
        rig.call(n);
        assert_eq!((rig.runs(unused), rig.runs(n)), (1, 1));
        assert!(rig.faults() > 0, "the pause was told");
    });
}
