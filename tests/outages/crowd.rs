//! Many callers at once, while a server is in trouble.

use memo_testkit::servers::Break;

use memo::with_cache_async;

use crate::calls;
use crate::rig::{DEADLINE, Rig, TOO_LONG, Way, everywhere};

const CALLERS: u64 = 64;

#[test]
fn many_callers_of_a_server_that_hangs_wait_side_by_side() {
    everywhere(|rig| {
        rig.stored();
        rig.server.pause();
        wait_side_by_side(rig);
        rig.server.resume();
        rig.heals();
    });
}

#[test]
fn many_callers_of_a_black_hole_wait_side_by_side() {
    everywhere(|rig| {
        rig.proxy.set(Break::BlackHole);
        wait_side_by_side(rig);
        rig.proxy.set(Break::Nothing);
        rig.heals();
    });
}

#[test]
fn many_callers_of_a_dead_server_do_not_wait() {
    everywhere(|rig| {
        rig.stored();
        rig.server.kill();
        wait_side_by_side(rig);
        rig.server.restart();
        rig.heals();
    });
}

#[test]
fn many_callers_that_come_when_a_server_has_restarted_all_store() {
    everywhere(|rig| {
        // Before it restarts there are as many connections as there may be.
        rig.crowd();
        rig.server.restart();
        let (first, _) = rig.crowd();
        rig.call_at_once(first..first + CALLERS);
        for n in first..first + CALLERS {
            assert_eq!(rig.runs(n), 1, "{n} was stored: {:?}", rig.told().last());
        }
    });
}

#[test]
fn callers_that_give_up_leave_no_answers_for_others() {
    everywhere(|rig| {
        if rig.way == Way::Blocking {
            return;
        }
        let stored: Vec<u64> = (0..20).map(|_| rig.stored()).collect();
        rig.proxy.set(Break::Delay(DEADLINE / 10));
        for (&n, polls) in stored.iter().zip((1..4).cycle()) {
            let mut call = Box::pin(with_cache_async(
                &rig.cache,
                calls::short_async(rig.test, n),
            ));
            rig.wait_for(async {
                for _ in 0..polls {
                    if futures::poll!(&mut call).is_ready() {
                        break;
                    }
                    std::thread::sleep(DEADLINE / 50);
                }
            });
        }
        rig.proxy.set(Break::Nothing);
        // Each call checks its value.
        for n in stored {
            rig.call(n);
            assert_eq!(rig.runs(n), 1, "it was in the store all the time");
        }
        assert_eq!(rig.outages(), 0, "who gives up says nothing of the server");
    });
}

fn wait_side_by_side(rig: &Rig) {
    let (first, took) = rig.crowd();
    assert!(took < TOO_LONG, "all together took {took:?}");
    for n in first..first + CALLERS {
        assert_eq!(rig.runs(n), 1);
    }
}

impl Rig {
    /// Has as many call at once; answers the first of their arguments, and how long all took.
    fn crowd(&self) -> (u64, std::time::Duration) {
        let arguments: Vec<u64> = (0..CALLERS).map(|_| self.unused()).collect();
        let first = arguments[0];
        (first, self.call_at_once(first..first + CALLERS))
    }
}
