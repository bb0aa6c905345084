//! The loops between two readings of the clock.

use std::hint::black_box;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

/// The time from the first start to the last end of `threads` threads that make `calls` calls each.
///
/// The threads go through the same `keys` numbers in the same order, from places far apart.
pub(crate) fn time<V>(
    threads: usize,
    calls: u64,
    keys: usize,
    call: &(impl Fn(usize) -> V + Sync),
) -> Duration {
    if threads == 1 {
        let (start, end) = cycle(0, calls, keys, call);
        return end - start;
    }
    let gate = Barrier::new(threads);
    let spans: Vec<(Instant, Instant)> = thread::scope(|scope| {
        let worker = |thread: usize| {
            let gate = &gate;
            scope.spawn(move || {
                // Each thread's first call may set up what is its own; that is not part of a hit.
                black_box(call(0));
                gate.wait();
                cycle(thread * keys / threads, calls, keys, call)
            })
        };
        let workers: Vec<_> = (0..threads).map(worker).collect();
        workers
            .into_iter()
            .map(|worker| worker.join().expect("the contestant panicked"))
            .collect()
    });
    let start = spans.iter().map(|span| span.0).min();
    let end = spans.iter().map(|span| span.1).max();
    start
        .zip(end)
        .map_or(Duration::ZERO, |(start, end)| end - start)
}

fn cycle<V>(
    first: usize,
    calls: u64,
    keys: usize,
    call: &impl Fn(usize) -> V,
) -> (Instant, Instant) {
    let mut key = first;
    let start = Instant::now();
    for _ in 0..calls {
        black_box(call(black_box(key)));
        key = if key + 1 == keys { 0 } else { key + 1 };
    }
    (start, Instant::now())
}
