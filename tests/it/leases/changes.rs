//! Values from before an invalidation, a `put` or a refresh are refused by the store.

use std::thread;

use futures::executor::block_on;
use memo::{Event, Unstored, memoize, refresh, refresh_async, with_cache};
use memo_testkit::{Operation, Trouble};

use super::{another, held, leased, overtaken, shelf, unstored};
use crate::shelf::noise;
use crate::support::{Gate, Runs, poll, until};

#[test]
fn a_value_from_before_an_invalidation_elsewhere_is_not_stored() {
    static GO: Gate = Gate::new();
    static SOURCE: Runs = Runs::new();
    static STARTED: Gate = Gate::new();
    #[memoize(key = "changed:{n}", lock)]
    fn read(n: u64) -> u64 {
        let value = SOURCE.get();
        STARTED.open();
        GO.pass();
        n + value
    }
    let one = shelf();
    let other = another(&one);
    thread::scope(|scope| {
        let older = scope.spawn(|| one.run(|| read(0)));
        STARTED.pass();
        SOURCE.add();
        other.run(|| read::entry(0).invalidate());
        let newer = scope.spawn(|| other.run(|| read(0)));
        until(|| leased(&other.recorder) == 1);
        GO.open();
        assert_eq!(older.join().expect("no panic"), 0);
        assert_eq!(newer.join().expect("no panic"), 1);
    });
    assert_eq!(unstored(&one.recorder, Unstored::Voided), 1);
    assert_eq!(one.computed(|| read(0)), (0, 1));
}

#[test]
fn a_put_that_arrives_after_an_invalidation_by_another_process_is_refused() {
    crate::store::at_once();
    #[memoize(key = "put-late:{n}", lock)]
    async fn read(n: u64) -> u64 {
        n
    }
    let one = shelf();
    let other = another(&one);
    for given_up in [false, true] {
        one.store.next(Operation::Fill, Trouble::Delay);
        let entry = with_cache(&one.cache, || read::entry(1));
        let mut put = Box::pin(entry.put(0));
        assert!(poll(&mut put).is_pending());
        let entry = with_cache(&other.cache, || read::entry(1));
        assert!(block_on(entry.try_invalidate()).is_ok());
        match given_up {
            true => drop(put),
            false => {
                one.store.release();
                block_on(put);
            }
        }
        assert_eq!(block_on(entry.peek()), None);
        assert_eq!(block_on(other.run_async(read(1))), 1);
    }
}

#[test]
fn a_put_makes_those_who_wait_for_a_lease_go_on() {
    static RUNS: Runs = Runs::new();
    static GO: Gate = Gate::new();
    #[memoize(key = "put-holder:{n}", lock)]
    fn slow(n: u64) -> u64 {
        RUNS.add();
        GO.pass();
        n
    }
    let one = shelf();
    let other = another(&one);
    thread::scope(|scope| {
        let holder = scope.spawn(|| one.run(|| slow(1)));
        until(|| leased(&one.recorder) == 1);
        let waits = scope.spawn(|| other.run(|| slow(1)));
        until(|| held(&other.recorder) == 1);
        another(&one).run(|| slow::entry(1).put(2));
        assert_eq!(waits.join().expect("no panic"), 2);
        GO.open();
        holder.join().expect("no panic");
    });
    assert_eq!(RUNS.get(), 1);
    assert_eq!(other.computed(|| slow(1)), (0, 2));
}

#[test]
fn what_is_put_elsewhere_is_not_replaced_by_what_was_computed_before() {
    static GO: Gate = Gate::new();
    #[memoize(key = "put:{n}", lock)]
    fn slow(n: u64) -> u64 {
        GO.pass();
        n
    }
    let one = shelf();
    let other = another(&one);
    let put = || other.run(|| slow::entry(1).put(99));
    assert_eq!(overtaken(&one, || slow(1), put, &GO), 1);
    assert_eq!(one.computed(|| slow(1)), (0, 99));
}

#[test]
fn the_chunks_of_a_voided_value_go() {
    static GO: Gate = Gate::new();
    #[memoize(key = "voided-chunks:{n}", lock, large_data)]
    fn slow(n: u32) -> String {
        GO.pass();
        noise(n, 300_000)
    }
    let one = shelf();
    let other = another(&one);
    let invalidate = || {
        other.run(|| slow::entry(1).invalidate());
    };
    let length = overtaken(&one, || slow(1).len(), invalidate, &GO);
    assert_eq!(length, 300_000);
    assert_eq!(one.names(), [""; 0]);
    assert!(
        one.store.sets() > 0,
        "the chunks were written before the head"
    );
    one.run(|| slow(1));
    assert!(one.chunks().len() > 3);
    assert_eq!(other.computed(|| slow(1).len()), (0, 300_000));
}

#[test]
fn the_chunks_of_what_a_refresh_supersedes_go() {
    static RUNS: Runs = Runs::new();
    #[memoize(key = "superseded-chunks:{n}", lock, large_data)]
    fn read(n: u32) -> String {
        noise(n + RUNS.add() as u32, 300_000)
    }
    let one = shelf();
    one.run(|| read(1));
    let before = one.chunks();
    one.run(|| refresh(|| read(1)));
    let after = one.chunks();
    assert!(after.len() > 3 && before.len() > 3);
    assert!(after.iter().all(|chunk| !before.contains(chunk)));
}

#[test]
fn a_refresh_waits_for_nobody_and_ends_the_lease() {
    #[memoize(name = "refreshed", key = "{n}", lock)]
    fn slow(n: u64) -> u64 {
        n + 1
    }
    static GO: Gate = Gate::new();
    #[memoize(name = "refreshed", key = "{n}", lock)]
    fn slower(n: u64) -> u64 {
        GO.pass();
        n
    }
    let one = shelf();
    let other = another(&one);
    let refresh = || assert_eq!(one.computed(|| refresh(|| slow(1))), (1, 2));
    assert_eq!(overtaken(&other, || slower(1), refresh, &GO), 1);
    assert_eq!(unstored(&other.recorder, Unstored::Voided), 1);
    assert_eq!(other.computed(|| slow(1)), (0, 2));
    assert_eq!(leased(&one.recorder), 1);
}

/// By a scope, by an option, and awaited; what is there before, a value or nothing.
#[test]
fn a_new_value_from_before_an_invalidation_elsewhere_is_not_stored() {
    static SOURCE: Runs = Runs::new();
    #[memoize(key = "superseded:{n}", skip(go, begun, force), lock, force_overwrite = force)]
    fn read(n: u64, go: &Gate, begun: &Gate, force: bool) -> u64 {
        let value = SOURCE.get();
        begun.open();
        go.pass();
        value
    }
    #[memoize(key = "superseded-async:{n}", skip(go, begun), lock)]
    async fn read_async(n: u64, go: &Gate, begun: &Gate) -> u64 {
        let value = SOURCE.get();
        begun.open();
        go.pass();
        value
    }
    let one = shelf();
    let other = another(&one);
    let open = Gate::new();
    open.open();
    for n in 0..6 {
        let plain = || match n % 3 {
            2 => block_on(other.run_async(read_async(n, &open, &open))),
            _ => other.run(|| read(n, &open, &open, false)),
        };
        if n < 3 {
            plain();
        }
        let (go, begun) = (Gate::new(), Gate::new());
        let before = SOURCE.get();
        thread::scope(|scope| {
            let older = scope.spawn(|| match n % 3 {
                0 => one.run(|| refresh(|| read(n, &go, &begun, false))),
                1 => one.run(|| read(n, &go, &begun, true)),
                _ => block_on(one.run_async(refresh_async(read_async(n, &go, &begun)))),
            });
            begun.pass();
            SOURCE.add();
            match n % 3 {
                2 => block_on(other.run_async(async {
                    read_async::entry(n, &go, &begun).invalidate().await;
                })),
                _ => other.run(|| {
                    read::entry(n, &go, &begun, false).invalidate();
                }),
            }
            go.open();
            assert_eq!(older.join().expect("no panic"), before);
        });
        assert_eq!(plain(), before + 1, "{n}");
        assert_eq!(unstored(&one.recorder, Unstored::Voided), n as usize + 1);
    }
}

/// They have called after the invalidation, as far as the leader's process can know.
#[test]
fn followers_of_a_value_that_the_store_refuses_are_not_given_it() {
    static SOURCE: Runs = Runs::new();
    static GO: Gate = Gate::new();
    static BEGUN: Gate = Gate::new();
    #[memoize(key = "followed:{n}", lock)]
    fn read(n: u64) -> u64 {
        let value = SOURCE.get();
        BEGUN.open();
        GO.pass();
        n + value
    }
    let one = shelf();
    let other = another(&one);
    thread::scope(|scope| {
        let older = scope.spawn(|| one.run(|| read(0)));
        BEGUN.pass();
        SOURCE.add();
        other.run(|| read::entry(0).invalidate());
        let newer = scope.spawn(|| one.run(|| read(0)));
        let waiting = |event: &Event| matches!(event, Event::Waiting { .. });
        until(|| one.recorder.count(waiting) == 1);
        GO.open();
        assert_eq!(older.join().expect("no panic"), 0);
        assert_eq!(newer.join().expect("no panic"), 1);
    });
    assert_eq!(other.computed(|| read(0)), (0, 1));
}

/// A value is stored elsewhere after the call has looked, and an invalidation of it fails.
#[test]
fn what_is_owed_is_not_served_by_a_lease_either() {
    static SOURCE: Runs = Runs::new();
    #[memoize(key = "owed-lease:{n}", lock)]
    fn read(n: u64) -> u64 {
        n + SOURCE.get()
    }
    let one = shelf();
    let other = another(&one);
    one.store.next(Operation::Lease, Trouble::Delay);
    thread::scope(|scope| {
        let caller = scope.spawn(|| one.run(|| read(0)));
        one.store.wait_until_held(1);
        assert_eq!(other.run(|| read(0)), 0);
        SOURCE.add();
        one.store.next(Operation::Delete, Trouble::FailBefore);
        one.run(|| read::entry(0).invalidate());
        one.store.release();
        assert_eq!(caller.join().expect("no panic"), 1);
    });
}

/// A writer in this process that was revoked may have put it there.
#[test]
fn what_is_suspect_is_not_served_by_a_lease_either() {
    crate::store::at_once();
    static SOURCE: Runs = Runs::new();
    #[memoize(key = "suspect-lease:{n}", lock)]
    async fn read(n: u64) -> u64 {
        n + SOURCE.get()
    }
    let one = shelf();
    let other = another(&one);
    one.store.next(Operation::Fill, Trouble::Delay);
    let mut writes = Box::pin(one.run_async(read(0)));
    assert!(poll(&mut writes).is_pending());
    block_on(one.run_async(async {
        read::entry(0).invalidate().await;
    }));
    assert_eq!(block_on(other.run_async(read(0))), 0);
    SOURCE.add();
    let mut reads = Box::pin(one.run_async(read(0)));
    assert!(poll(&mut reads).is_pending());
    assert_eq!(held(&one.recorder), 1);
    one.store.release();
    assert_eq!(block_on(writes), 0);
    assert_eq!(block_on(reads), 1);
}

/// A write that was given up lands after the call has looked.
#[test]
fn a_late_write_is_not_served_by_a_lease_either() {
    static SOURCE: Runs = Runs::new();
    #[memoize(name = "late-lease", key = "{n}", lock)]
    fn read(n: u64) -> u64 {
        n + SOURCE.get()
    }
    #[memoize(name = "late-lease", key = "{n}")]
    fn without(n: u64) -> u64 {
        n + SOURCE.get()
    }
    let one = shelf();
    one.run(|| without(7));
    one.store.next(Operation::Set, Trouble::FailAfter);
    assert_eq!(one.run(|| without(0)), 0);
    let late = one.bytes(":late-lease:0");
    SOURCE.add();
    assert!(one.run(|| read::entry(0).try_invalidate()).is_ok());
    one.store.next(Operation::Lease, Trouble::Delay);
    thread::scope(|scope| {
        let caller = scope.spawn(|| one.run(|| read(0)));
        one.store.wait_until_held(1);
        one.plant(":late-lease:0", &late);
        one.store.release();
        assert_eq!(caller.join().expect("no panic"), 1);
    });
}

/// An invalidation fails before the call asks for the lease, and is made up for before it has the answer.
#[test]
fn what_was_owed_when_a_lease_was_asked_for_is_not_served_by_it() {
    static SOURCE: Runs = Runs::new();
    #[memoize(key = "was-owed:{n}", lock)]
    fn read(n: u64) -> u64 {
        n + SOURCE.get()
    }
    let one = shelf();
    let other = another(&one);
    one.store.next(Operation::Get, Trouble::DelayReply);
    thread::scope(|scope| {
        let caller = scope.spawn(|| one.run(|| read(0)));
        one.store.wait_until_held(1);
        assert_eq!(other.run(|| read(0)), 0);
        SOURCE.add();
        let invalidate = || one.run(|| read::entry(0).try_invalidate());
        one.store.next(Operation::Delete, Trouble::FailBefore);
        assert!(invalidate().is_err());
        one.store.next(Operation::Lease, Trouble::DelayReply);
        one.store.release();
        one.store.wait_until_held(1);
        assert!(invalidate().is_ok());
        one.store.release();
        assert_eq!(caller.join().expect("no panic"), 1);
    });
}
