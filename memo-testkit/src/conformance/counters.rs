//! Laws about counters.

use std::thread;

use memo_core::backend::Backend;

use super::bench::{Bench, FOREVER};

pub(super) fn a_counter_sums_from_zero<B: Backend>(bench: &Bench<'_, B>) {
    let (a, b) = (bench.name("a"), bench.name("b"));
    assert_eq!(bench.add(&a, 5), 5);
    assert_eq!(bench.add(&b, 1), 1);
    assert_eq!(bench.add(&a, 0), 5);
    assert_eq!(bench.add(&a, 1 << 40), (1 << 40) + 5);
    assert_eq!(bench.add(&b, 1), 2);
}

pub(super) fn no_addition_is_lost<B: Backend>(bench: &Bench<'_, B>) {
    const THREADS: u64 = 4;
    const ADDITIONS: u64 = 100;
    let name = bench.name("a");
    let sums = thread::scope(|scope| {
        let add = || (0..ADDITIONS).map(|_| bench.add(&name, 1)).collect();
        let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(add)).collect();
        let sums = threads.into_iter().map(|thread| thread.join());
        sums.collect::<Result<Vec<Vec<u64>>, _>>()
    });
    let mut sums = sums.expect("no thread panicked").concat();
    sums.sort_unstable();
    assert!(sums.into_iter().eq(1..=THREADS * ADDITIONS));
}

pub(super) fn a_counter_expires_as_its_first_addition_said<B: Backend>(bench: &Bench<'_, B>) {
    let name = bench.name("a");
    bench.add_for(&name, 1, bench.moments(4));
    bench.advance(2);
    assert_eq!(bench.add_for(&name, 1, FOREVER), 2);
    bench.advance(3);
    assert_eq!(bench.add_for(&name, 1, FOREVER), 1);
}

pub(super) fn a_deleted_counter_begins_again<B: Backend>(bench: &Bench<'_, B>) {
    let name = bench.name("a");
    bench.add(&name, 41);
    assert_eq!(bench.delete(&name), 1);
    assert_eq!(bench.add(&name, 1), 1);
}
