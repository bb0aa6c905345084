//! Callers who block: one thread, or many.

use std::hint::black_box;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use crate::record::Record;
use crate::report::{Medians, medians};
use crate::turns;

/// One who fetches values. No two threads ask for the same number at a time.
pub(crate) trait Client: Sync {
    fn get(&self, number: usize) -> Record;
}

/// The median time per call of memo and of its rivals, who take turns.
pub(crate) fn measure(
    memo: &dyn Client,
    rivals: &[(&'static str, &dyn Client)],
    in_flight: usize,
    calls: usize,
    rounds: usize,
) -> Medians {
    let clients = [&[("memo", memo)], rivals].concat();
    let mut times = vec![Vec::new(); clients.len()];
    for turn in turns(rounds, clients.len()) {
        let (_, client) = clients[turn];
        times[turn].push(round_of(client, in_flight, calls));
    }
    // The first turns warmed up.
    let times = times.into_iter().map(|times| times[1..].to_vec());
    medians(clients.iter().map(|(name, _)| *name).zip(times))
}

/// The time per call.
fn round_of(client: &dyn Client, in_flight: usize, calls: usize) -> Duration {
    let each = calls.div_ceil(in_flight);
    let together = Barrier::new(in_flight + 1);
    let started = thread::scope(|scope| {
        for number in 0..in_flight {
            let together = &together;
            scope.spawn(move || {
                together.wait();
                for _ in 0..each {
                    let record = client.get(number);
                    assert_eq!(record.number, number);
                    black_box(record);
                }
            });
        }
        together.wait();
        Instant::now()
    });
    started.elapsed() / u32::try_from(each * in_flight).unwrap_or(u32::MAX)
}
