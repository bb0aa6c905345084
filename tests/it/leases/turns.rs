//! Of several processes that miss one value, one computes it and the others wait.

use std::num::NonZeroU64;
use std::thread;
use std::time::Duration;

use futures::executor::block_on;
use memo::{Policy, Reject, memoize};
use memo_testkit::{Isolated, Operation, Trouble};

use super::{another, in_turn, leased, leasing, shelf};
use crate::shelf::Shelf;
use crate::support::{Gate, Runs, in_time};

#[test]
fn two_processes_compute_once() {
    static RUNS: Runs = Runs::new();
    static GO: Gate = Gate::new();
    #[memoize(key = "once:{n}", lock)]
    fn slow(n: u64) -> u64 {
        RUNS.add();
        GO.pass();
        n
    }
    let one = shelf();
    let other = another(&one);
    let call = |process: &Shelf| process.run(|| slow(1));
    assert_eq!(in_turn([&one, &other], &GO, call), [1, 1]);
    assert_eq!(RUNS.get(), 1);
    let stats = slow::site().stats();
    assert_eq!((stats.calls, stats.joined, stats.computed), (2, 1, 1));
    assert_eq!((stats.leased, stats.lease_waits), (1, 1));
    assert_eq!(other.computed(|| slow(1)), (0, 1));
}

#[test]
fn many_callers_of_many_processes_compute_once() {
    static RUNS: Runs = Runs::new();
    #[memoize(name = "crowd", key = "{n}", lock)]
    fn slow(n: u64) -> u64 {
        RUNS.add();
        thread::sleep(Duration::from_millis(50));
        n
    }
    #[memoize(name = "crowd", key = "{n}", lock)]
    async fn slow_async(n: u64) -> u64 {
        RUNS.add();
        thread::sleep(Duration::from_millis(50));
        n
    }
    let first = shelf();
    let processes: Vec<_> = (0..6).map(|_| another(&first)).collect();
    thread::scope(|scope| {
        for process in &processes {
            for caller in 0..4 {
                scope.spawn(move || {
                    let call = slow_async(7);
                    let value = match caller % 2 {
                        0 => process.run(|| slow(7)),
                        _ => block_on(process.run_async(call)),
                    };
                    assert_eq!(value, 7);
                });
            }
        }
    });
    assert_eq!(RUNS.get(), 1);
}

#[test]
fn asynchronous_callers_wait_without_a_runtime() {
    static RUNS: Runs = Runs::new();
    static GO: Gate = Gate::new();
    #[memoize(key = "waits:{n}", lock)]
    async fn slow(n: u64) -> u64 {
        RUNS.add();
        GO.pass();
        n
    }
    let one = shelf();
    let other = another(&one);
    let call = |process: &Shelf| block_on(process.run_async(slow(1)));
    assert_eq!(in_turn([&one, &other], &GO, call), [1, 1]);
    assert_eq!(RUNS.get(), 1);
}

#[test]
fn a_policy_takes_turns_as_well() {
    static GO: Gate = Gate::new();
    let policy = Policy::named("turns-of-a-policy").lock(Duration::from_secs(10));
    let one = shelf();
    let other = another(&one);
    let runs = Runs::new();
    let body = || {
        GO.pass();
        runs.add()
    };
    let call = |process: &Shelf| process.cache.get_or_compute(&1, &policy, body);
    assert_eq!(in_turn([&one, &other], &GO, call), [1, 1]);
}

#[cfg(feature = "encrypt")]
#[test]
fn sealed_values_are_leased_by_their_sealed_names() {
    use crate::shelf::ring;
    #[memoize(key = "sealed:{n}", lock, encrypt)]
    fn secret(n: u64) -> u64 {
        n
    }
    let one = Shelf::with(leasing(), |cache| cache.keyring(ring(1)));
    let other = one.beside(|cache| cache.keyring(ring(1)));
    assert_eq!(one.computed(|| secret(1)), (1, 1));
    assert_eq!(other.computed(|| secret(1)), (0, 1));
    assert_eq!(leased(&one.recorder), 1);
    let names = one.store.log().into_iter().flat_map(|entry| entry.names);
    assert!(names.into_iter().all(|name| !name.contains("sealed")));
}

#[test]
fn a_damaged_entry_makes_way_for_a_lease() {
    #[memoize(key = "damaged:{n}", lock)]
    fn slow(n: u64) -> u64 {
        n
    }
    let one = shelf();
    one.run(|| slow(1));
    one.plant(":damaged:1", b"not an entry");
    assert_eq!(one.computed(|| slow(1)), (1, 1));
    assert_eq!(leased(&one.recorder), 2);
    assert_eq!(another(&one).computed(|| slow(1)), (0, 1));
}

/// As far as its header tells it is one of these.
#[test]
fn an_entry_that_cannot_be_decoded_makes_way_for_a_lease() {
    #[memoize(name = "undecodable", key = "{n}", lock)]
    fn slow(n: u64) -> NonZeroU64 {
        NonZeroU64::MIN.saturating_add(n)
    }
    #[memoize(name = "undecodable", key = "{n}", lock)]
    fn zero(n: u64) -> u64 {
        u64::from(n == 0)
    }
    let one = shelf();
    assert_eq!(one.run(|| zero(1)), 0);
    assert_eq!(one.computed(|| slow(1).get()), (1, 2));
    assert_eq!(one.rejects(), [Reject::Decode]);
    assert_eq!(another(&one).computed(|| slow(1).get()), (0, 2));
}

/// Another one is there whenever it asks.
#[test]
fn damaged_entries_that_come_back_are_deleted_twice_and_seized() {
    #[memoize(key = "damaged-again:{n}", lock)]
    fn slow(n: u64) -> u64 {
        n
    }
    in_time(|| {
        let one = shelf();
        one.run(|| slow(7));
        one.store.script([(Operation::Lease, Trouble::Delay); 3]);
        thread::scope(|scope| {
            let caller = scope.spawn(|| one.computed(|| slow(1)));
            for _ in 0..3 {
                one.store.wait_until_held(1);
                one.plant(":damaged-again:1", b"not an entry");
                one.store.release();
            }
            assert_eq!(caller.join().expect("no panic"), (1, 1));
        });
        let count = |operation| one.store.count(operation);
        assert_eq!((count(Operation::Delete), count(Operation::Seize)), (2, 1));
        assert_eq!(another(&one).computed(|| slow(1)), (0, 1));
    });
}

#[test]
fn a_body_that_calls_itself_does_not_wait_for_itself() {
    #[memoize(key = "itself:{n}", skip(again), lock = "10m")]
    fn nested(n: u64, again: bool) -> u64 {
        if again { nested(n, false) + 1 } else { n }
    }
    let one = shelf();
    in_time(move || assert_eq!(one.run(|| nested(1, true)), 2));
}

#[test]
fn without_leases_it_is_as_if_it_was_not_written() {
    #[memoize(key = "unleased:{n}", lock)]
    fn slow(n: u64) -> u64 {
        n
    }
    let without = Shelf::new(4096);
    assert_eq!(without.computed(|| slow(1)), (1, 1));
    assert_eq!(without.computed(|| slow(1)), (0, 1));
    assert_eq!(without.store.count(Operation::Lease), 0);
    let in_process = Isolated::new();
    assert_eq!(in_process.run(|| slow(1) + slow(1)), 2);
    assert_eq!(in_process.cache().stats().computed, 1);
    assert_eq!(slow::site().stats().leased, 0);
}
