//! Locks that are in a store which is lost.

use std::thread;

use memo_testkit::servers::Break;

use crate::calls::BODY;
use crate::rig::{DEADLINE, Rig, TOO_LONG, everywhere};

#[test]
fn nobody_waits_for_a_lock_in_a_store_that_is_not_there() {
    everywhere(|rig| {
        is_stored(rig);
        rig.proxy.set(Break::BlackHole);
        let mut took = Vec::new();
        for _ in 0..6 {
            let n = rig.unused();
            took.push(rig.call_locked(n));
            assert_eq!(rig.runs(n), 1);
        }
        assert!(took.iter().all(|&took| took < TOO_LONG + BODY), "{took:?}");
        let at_last = took[5];
        assert!(
            at_last < DEADLINE,
            "it is left alone, and takes {at_last:?}"
        );
        rig.proxy.set(Break::Nothing);
        rig.heals();
        is_stored(rig);
    });
}

#[test]
fn a_value_that_is_computed_under_a_lock_outlives_the_lock() {
    everywhere(|rig| {
        let n = rig.unused();
        thread::scope(|scope| {
            scope.spawn(|| {
                thread::sleep(BODY / 2);
                rig.server.kill();
            });
            assert!(rig.call_locked(n) < TOO_LONG + BODY);
        });
        assert_eq!(rig.runs(n), 1);
        rig.server.restart();
        rig.heals();
        is_stored(rig);
    });
}

#[test]
fn a_lock_of_a_process_that_is_cut_off_is_given_to_another() {
    everywhere(|rig| {
        let n = rig.unused();
        thread::scope(|scope| {
            scope.spawn(|| {
                thread::sleep(BODY / 2);
                rig.proxy.set(Break::Reset);
            });
            rig.call_locked(n);
        });
        rig.proxy.set(Break::Nothing);
        // Whoever comes next waits for the lock's time at most, and computes the value.
        let other = rig.anew();
        other.call_locked(n);
        other.call_locked(n);
        assert!(rig.runs(n) <= 2, "one computes it, and it is stored");
    });
}

fn is_stored(rig: &Rig) {
    rig.stored_by(|n| {
        rig.call_locked(n);
    });
}
