//! More callers than connections, while the server is well.

use std::thread;
use std::time::{Duration, Instant};

use memo::backend::Availability;
use memo_testkit::servers::Break;

use crate::rig::{Rig, Way, everywhere};

/// How many threads call, how often each, and how late all is that the server says.
const CROWDS: [(u64, u64, Duration); 6] = [
    (64, 40, Duration::ZERO),
    (64, 40, Duration::from_millis(1)),
    (64, 20, Duration::from_millis(10)),
    (500, 10, Duration::ZERO),
    (500, 10, Duration::from_millis(1)),
    (500, 4, Duration::from_millis(10)),
];

#[test]
fn callers_that_wait_for_a_connection_are_all_served_by_a_server_that_is_well() {
    everywhere(|rig| {
        if rig.way != Way::Blocking {
            return;
        }
        let stored: Vec<u64> = (0..500).map(|_| rig.stored()).collect();
        for (threads, calls, late) in CROWDS {
            rig.proxy.set(match late {
                Duration::ZERO => Break::Nothing,
                late => Break::Delay(late),
            });
            let begin = Instant::now();
            let mut took = call_from_all(rig, &stored[..threads as usize], calls);
            let in_all = begin.elapsed();
            is_well(rig, &stored, threads, late);
            took.sort_unstable();
            let (median, slow) = (took[took.len() / 2], took[took.len() * 99 / 100]);
            eprintln!(
                "{:?}: {threads} threads, {late:?} late: {in_all:?}; a call: median {median:?}, 99th percentile {slow:?}, {:.1} times as long",
                rig.store,
                slow.as_secs_f64() / median.as_secs_f64()
            );
        }
    });
}

/// Has a thread call each of these so often; returns how long the calls took.
fn call_from_all(rig: &Rig, arguments: &[u64], calls: u64) -> Vec<Duration> {
    thread::scope(|scope| {
        let call = |&n| scope.spawn(move || (0..calls).map(|_| rig.call(n)).collect::<Vec<_>>());
        let threads = arguments.iter().map(call).collect::<Vec<_>>();
        let took = threads.into_iter().map(|thread| thread.join());
        took.flat_map(|took| took.expect("no call panics"))
            .collect()
    })
}

fn is_well(rig: &Rig, stored: &[u64], threads: u64, late: Duration) {
    let bodies: u64 = stored.iter().map(|&n| rig.runs(n) - 1).sum();
    assert_eq!(
        bodies,
        0,
        "{threads} threads, {late:?}: {:?}",
        rig.told().first()
    );
    assert_eq!((rig.outages(), rig.faults()), (0, 0));
    let servers = rig.cache.servers();
    let is_up = |server: &memo::backend::ServerStats| server.availability == Availability::Up;
    assert!(servers.iter().all(is_up), "{servers:?}");
}
