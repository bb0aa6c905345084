//! `near`: copies in this process of what lives outside of it.

use std::thread;
use std::time::Duration;

use memo::{Event, Policy, Verdict, memoize, refresh};
use memo_testkit::{Isolated, Operation, Trouble};

use crate::shelf::Shelf;
use crate::support::{Gate, Runs, until};

/// How often the store is asked for values.
fn asked(shelf: &Shelf, call: impl FnOnce() -> u64) -> (usize, u64) {
    let before = shelf.store.gets();
    let value = shelf.run(call);
    (shelf.store.gets() - before, value)
}

#[test]
fn a_value_is_served_from_its_copy_until_that_is_over() {
    #[memoize(key = "copied:{n}", near = "5s")]
    fn load(n: u64) -> u64 {
        n
    }
    let shelf = Shelf::new(4096);
    assert_eq!(asked(&shelf, || load(1)), (1, 1));
    assert_eq!(asked(&shelf, || load(1) + load(1)), (0, 2));
    shelf.advance(4);
    assert_eq!(asked(&shelf, || load(1)), (0, 1));
    shelf.advance(1);
    assert_eq!(asked(&shelf, || load(1)), (1, 1));
    assert_eq!(asked(&shelf, || load(1)), (0, 1));
    let stats = load::site().stats();
    assert_eq!((stats.calls, stats.hits, stats.computed), (6, 5, 1));
}

#[test]
fn what_another_process_has_stored_is_copied_as_well() {
    #[memoize(key = "fetched:{n}", near = "5s")]
    fn load(n: u64) -> u64 {
        n
    }
    let one = Shelf::new(4096);
    let other = one.beside(|cache| cache);
    one.run(|| load(1));
    assert_eq!(other.computed(|| load(1)), (0, 1));
    assert_eq!(asked(&other, || load(1)), (0, 1));
}

#[test]
fn without_near_every_call_asks_the_store() {
    #[memoize(key = "not-copied:{n}")]
    fn load(n: u64) -> u64 {
        n
    }
    let shelf = Shelf::new(4096);
    shelf.run(|| load(1));
    assert_eq!(asked(&shelf, || load(1) + load(1)), (2, 2));
}

#[test]
fn a_copy_lives_no_longer_than_its_entry() {
    #[memoize(key = "short:{n}", expiration = "10s", near = "1h")]
    fn load(n: u64) -> u64 {
        n
    }
    let one = Shelf::new(4096);
    let other = one.beside(|cache| cache);
    one.run(|| load(1));
    one.advance(5);
    assert_eq!(other.computed(|| load(1)), (0, 1));
    one.advance(2);
    assert_eq!(asked(&one, || load(1)), (0, 1));
    assert_eq!(asked(&other, || load(1)), (0, 1));
    one.advance(3);
    assert_eq!(one.computed(|| load(1)), (1, 1));
    assert_eq!(asked(&other, || load(1)), (1, 1));
}

#[test]
fn a_copy_of_what_another_process_has_stored_lives_not_even_a_moment_longer() {
    #[memoize(key = "momentary:{n}", expiration = "2s", near = "1h")]
    fn load(n: u64) -> u64 {
        n
    }
    let one = Shelf::new(4096);
    let other = one.beside(|cache| cache);
    one.run(|| load(1));
    one.advance_by(Duration::from_millis(900));
    assert_eq!(other.computed(|| load(1)), (0, 1));
    one.advance_by(Duration::from_millis(1600));
    assert_eq!(other.computed(|| load(1)), (1, 1));
}

#[test]
fn an_invalidation_here_reaches_the_copy_at_once_and_one_elsewhere_does_not() {
    static VALUE: Runs = Runs::new();
    #[memoize(key = "invalidated:{n}", near = "5s")]
    fn load(n: u64) -> u64 {
        n + VALUE.add()
    }
    let one = Shelf::new(4096);
    let other = one.beside(|cache| cache);
    assert_eq!((one.run(|| load(0)), other.run(|| load(0))), (1, 1));
    assert!(one.run(|| load::entry(0).invalidate()));
    assert_eq!(one.run(|| load(0)), 2);
    assert_eq!(other.run(|| load(0)), 1);
    one.advance(5);
    assert_eq!(other.run(|| load(0)), 2);
}

#[test]
fn every_change_here_reaches_the_copy() {
    static VALUE: Runs = Runs::new();
    #[memoize(key = "changes:{n}", near = "1h")]
    fn load(n: u64) -> u64 {
        n + VALUE.add()
    }
    let mut capability = crate::shelf::outside(4096);
    capability.groups = true;
    let shelf = Shelf::with(capability, |cache| cache);
    shelf.run(|| {
        assert_eq!((load(0), load(0)), (1, 1));
        load::entry(0).put(50);
        assert_eq!((load(0), load(0)), (50, 50));
        assert_eq!((refresh(|| load(0)), load(0)), (2, 2));
        assert_eq!(load::site().invalidate_all(), 1);
        assert_eq!((load(0), load(0)), (3, 3));
    });
    shelf.cache.clear();
    shelf.run(|| assert_eq!((load(0), load(0)), (4, 4)));
}

#[test]
fn a_value_that_is_fetched_while_another_is_put_is_not_copied_for_longer() {
    #[memoize(key = "put-beside:{n}", near = "1h")]
    fn load(n: u64) -> u64 {
        n
    }
    let shelf = Shelf::new(4096);
    assert_eq!(shelf.run(|| load(1)), 1);
    shelf.store.next(Operation::Set, Trouble::Delay);
    thread::scope(|scope| {
        let put = scope.spawn(|| shelf.run(|| load::entry(1).put(50)));
        shelf.store.wait_until_held(1);
        assert_eq!(asked(&shelf, || load(1)), (1, 1));
        assert_eq!(asked(&shelf, || load(1)), (0, 1));
        shelf.store.release();
        put.join().expect("no panic");
    });
    assert_eq!(shelf.run(|| load(1)), 50);
}

#[test]
fn what_the_filter_turns_away_leaves_no_copy() {
    static VALUE: Runs = Runs::new();
    #[memoize(key = "filtered:{n}", near = "1h", cache_if = |value| value % 2 == 1)]
    fn load(n: u64) -> u64 {
        n + VALUE.add()
    }
    let shelf = Shelf::new(4096);
    shelf.run(|| {
        assert_eq!((load(0), load(0)), (1, 1));
        assert_eq!(refresh(|| load(0)), 2);
        assert_eq!((load(0), load(0)), (3, 3));
    });
}

#[test]
fn a_value_that_is_computed_during_an_invalidation_is_not_copied() {
    static VALUE: Runs = Runs::new();
    static STARTED: Gate = Gate::new();
    static GO: Gate = Gate::new();
    #[memoize(key = "during:{n}", near = "1h")]
    fn load(n: u64) -> u64 {
        let value = n + VALUE.add();
        STARTED.open();
        GO.pass();
        value
    }
    let shelf = Shelf::new(4096);
    thread::scope(|scope| {
        let older = scope.spawn(|| shelf.run(|| load(0)));
        STARTED.pass();
        shelf.run(|| load::entry(0).invalidate());
        GO.open();
        assert_eq!(older.join().expect("no panic"), 1);
    });
    shelf.run(|| assert_eq!((load(0), load(0)), (2, 2)));
}

#[test]
fn a_value_that_is_fetched_during_an_invalidation_is_not_copied() {
    static VALUE: Runs = Runs::new();
    #[memoize(key = "fetching:{n}", near = "1h")]
    fn load(n: u64) -> u64 {
        n + VALUE.add()
    }
    let one = Shelf::new(4096);
    one.run(|| load(0));
    let other = one.beside(|cache| cache);
    one.store.next(Operation::Get, Trouble::DelayReply);
    thread::scope(|scope| {
        let older = scope.spawn(|| other.run(|| load(0)));
        other.store.wait_until_held(1);
        other.run(|| load::entry(0).invalidate());
        other.store.release();
        assert_eq!(older.join().expect("no panic"), 1);
    });
    other.run(|| assert_eq!((load(0), load(0)), (2, 2)));
}

#[test]
fn a_value_that_a_failing_store_did_not_take_is_copied() {
    #[memoize(key = "untaken:{n}", near = "5s")]
    fn load(n: u64) -> u64 {
        n
    }
    let shelf = Shelf::new(4096);
    shelf.store.next(Operation::Set, Trouble::FailBefore);
    assert_eq!(shelf.computed(|| load(1)), (1, 1));
    assert_eq!(shelf.computed(|| load(1)), (0, 1));
    shelf.advance(5);
    assert_eq!(shelf.computed(|| load(1)), (1, 1));
}

#[test]
fn while_the_store_is_not_there_copies_are_all_there_is() {
    #[memoize(key = "store-out:{n}", near = "5s", cache_if = |value| *value > 0)]
    fn load(n: u64) -> u64 {
        n
    }
    let shelf = Shelf::new(4096);
    for n in [1, 0, 0] {
        shelf.store.next(Operation::Get, Trouble::FailBefore);
        assert_eq!(shelf.computed(|| load(n)), (1, n));
        assert_eq!(shelf.store.planned(), 0);
    }
    assert_eq!(asked(&shelf, || load(1)), (0, 1));
    assert_eq!(shelf.store.sets(), 0);
}

#[test]
fn a_copy_is_a_hit_to_those_who_ask_why() {
    #[memoize(key = "explained:{n}", near = "5s", weigh = |_| 1000)]
    fn load(n: u64) -> u64 {
        n
    }
    let shelf = Shelf::new(4096);
    shelf.run(|| load(1));
    let before = shelf.store.gets();
    let explanation = shelf.run(|| load::entry(1).explain());
    assert_eq!(shelf.store.gets(), before);
    let of_the_copy = |verdict: &Verdict| matches!(verdict, Verdict::Hit { weight: 1000, .. });
    assert!(of_the_copy(&explanation.verdict), "{explanation}");
    shelf.advance(5);
    assert!(shelf.run(|| load::entry(1).explain()).verdict.is_hit());
}

#[cfg(feature = "encrypt")]
#[test]
fn where_everything_is_sealed_nothing_is_copied() {
    use crate::shelf::{outside, ring};
    #[memoize(key = "sealed-copies:{n}", near = "1h")]
    fn load(n: u64) -> u64 {
        n
    }
    let shelf = Shelf::with(outside(4096), |cache| cache.keyring(ring(1)).encrypt_all());
    shelf.run(|| load(1));
    assert_eq!(asked(&shelf, || load(1) + load(1)), (2, 2));
    assert_eq!(shelf.cache.stats().entries, 0);
}

#[test]
fn without_a_store_outside_it_is_as_if_it_was_not_written() {
    #[memoize(key = "inside:{n}", near = "5s")]
    fn load(n: u64) -> u64 {
        n
    }
    let test = Isolated::new();
    test.run(|| load(1));
    test.clock().advance(Duration::from_secs(3600));
    test.run(|| load(1));
    assert_eq!(test.cache().stats().computed, 1);
}

#[test]
fn a_copy_is_made_by_whoever_takes_his_turn() {
    static GO: Gate = Gate::new();
    #[memoize(key = "turns-and-copies:{n}", near = "1h", lock)]
    fn load(n: u64) -> u64 {
        GO.pass();
        n
    }
    let mut capability = crate::shelf::outside(4096);
    capability.leases = true;
    let one = Shelf::with(capability, |cache| cache);
    let other = one.beside(|cache| cache);
    thread::scope(|scope| {
        let first = scope.spawn(|| one.run(|| load(1)));
        let leased = |event: &Event| matches!(event, Event::Leased { .. });
        until(|| one.recorder.count(leased) == 1);
        let second = scope.spawn(|| other.run(|| load(1)));
        let held = |event: &Event| matches!(event, Event::LeaseHeld { .. });
        until(|| other.recorder.count(held) == 1);
        GO.open();
        assert_eq!(first.join().expect("no panic"), 1);
        assert_eq!(second.join().expect("no panic"), 1);
    });
    assert_eq!(asked(&one, || load(1)), (0, 1));
    assert_eq!(asked(&other, || load(1)), (0, 1));
}

#[test]
fn a_policy_keeps_copies_as_well() {
    let policy = Policy::named("copies-of-a-policy").near(Duration::from_secs(5));
    let shelf = Shelf::new(4096);
    let call = || shelf.cache.get_or_compute(&1, &policy, || 7);
    assert_eq!((call(), call()), (7, 7));
    assert_eq!(shelf.store.gets(), 1);
    assert!(shelf.cache.invalidate::<i32>(&1, &policy));
    assert_eq!(shelf.cache.get_or_compute(&1, &policy, || 8), 8);
}
