//! Invalidations that a server did not hear of.

use std::thread;
use std::time::{Duration, Instant};

use memo::backend::Fault;
use memo::with_cache;
use memo_testkit::servers::Break;

use crate::calls;
use crate::rig::{Rig, Way, everywhere};

/// A value that is in the store and was invalidated in vain; answers its argument.
fn invalidated_in_vain(rig: &Rig, how: Break) -> u64 {
    let n = rig.stored();
    rig.proxy.set(how);
    assert!(invalidate(rig, n).is_err());
    assert_eq!(rig.cache.stats().owed, 1);
    n
}

pub(crate) fn invalidate(rig: &Rig, n: u64) -> Result<bool, Fault> {
    match rig.way {
        Way::Blocking => with_cache(&rig.cache, || {
            calls::short::entry(rig.test, n).try_invalidate()
        }),
        _ => rig.wait_for(async {
            let entry = calls::short_async::entry(rig.test, n);
            entry.try_invalidate().await
        }),
    }
}

#[test]
fn a_server_that_comes_back_serves_nothing_that_was_invalidated_meanwhile() {
    everywhere(|rig| {
        for how in [Break::Reset, Break::BlackHole] {
            let n = invalidated_in_vain(rig, how);
            rig.endures();
            rig.proxy.set(Break::Nothing);
            rig.heals();
            rig.call(n);
            assert_eq!(rig.runs(n), 2, "the body ran again");
            assert_eq!(rig.cache.stats().owed, 0);
        }
    });
}

#[test]
fn other_processes_are_served_nothing_of_that_either_though_nobody_calls() {
    everywhere(|rig| {
        let n = invalidated_in_vain(rig, Break::Reset);
        rig.proxy.set(Break::Nothing);
        let (other, begin) = (rig.anew(), Instant::now());
        while rig.runs(n) == 1 {
            assert!(begin.elapsed() < Duration::from_secs(60), "it is there");
            thread::sleep(Duration::from_millis(20));
            other.call(n);
        }
    });
}
