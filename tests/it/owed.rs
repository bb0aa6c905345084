//! What was invalidated while the store did not answer: it is not served afterwards, though the store still has it.

use std::sync::Arc;
use std::time::Duration;

use memo::{Cache, with_cache, with_cache_async};
use memo_testkit::block_on;

use crate::outdated::{functions, isolated, read, read_async, read_items};
use crate::support::{Act, Gate, Runs, Scripted, Step, eventually, poll};

fn owed(cache: &Cache) -> usize {
    cache.stats().owed
}

#[test]
fn what_was_invalidated_during_an_outage_is_not_served_after_it() {
    for function in functions() {
        let (store, source) = (Scripted::new(), Runs::new());
        let test = isolated(&store);
        let call = || test.run(|| (function.call)(&source));
        assert_eq!([call(), call()], [0, 0]);
        source.add();
        store.script(|_| Act::Fail);
        assert!(
            !test.run(|| (function.invalidate)(&source)),
            "nobody acknowledges it"
        );
        assert_eq!(owed(test.cache()), 1);
        assert_eq!(call(), 1);
        store.behave();
        assert_eq!(call(), 1, "the store has the old value still");
        assert_eq!(owed(test.cache()), 0);
        eventually("it is stored again", || {
            test.run(|| function.is_stored(&source))
        });
    }
}

#[test]
fn while_it_cannot_be_deleted_the_old_value_is_never_served() {
    for function in functions() {
        let (store, source) = (Scripted::new(), Runs::new());
        let test = isolated(&store);
        let call = || test.run(|| (function.call)(&source));
        assert_eq!(call(), 0);
        store.script(|step| match step {
            Step::BeforeDelete => Act::Fail,
            _ => Act::Go,
        });
        source.add();
        assert!(!test.run(|| (function.invalidate)(&source)));
        assert_eq!([call(), call(), call()], [1, 1, 1]);
        assert_eq!(owed(test.cache()), 1);
    }
}

#[test]
fn other_processes_are_not_served_it_either_once_it_could_be_deleted() {
    let (store, source) = (Scripted::new(), Runs::new());
    let (test, other) = (isolated(&store), isolated(&store));
    assert_eq!(test.run(|| read(1, &source)), 0);
    source.add();
    store.script(|_| Act::Fail);
    test.run(|| read::entry(1, &source).invalidate());
    store.behave();
    // Nobody calls here.
    eventually("it is deleted", || other.run(|| read(1, &source)) == 1);
    eventually("all is paid", || owed(test.cache()) == 0);
}

#[test]
fn the_first_debt_that_is_paid_has_the_others_paid() {
    let (store, source) = (Scripted::new(), Runs::new());
    let test = isolated(&store);
    store.script(|_| Act::Fail);
    for n in 0..200 {
        test.run(|| read::entry(n, &source).invalidate());
    }
    assert_eq!(owed(test.cache()), 200);
    store.behave();
    test.run(|| read(7, &source));
    assert!(owed(test.cache()) < 200, "at once");
    eventually("all is paid", || owed(test.cache()) == 0);
}

#[test]
fn a_value_that_is_put_there_makes_up_for_it() {
    let (store, source) = (Scripted::new(), Runs::new());
    let test = isolated(&store);
    assert_eq!(test.run(|| read(1, &source)), 0);
    store.script(|_| Act::Fail);
    test.run(|| read::entry(1, &source).invalidate());
    store.script(|step| match step {
        Step::BeforeDelete => Act::Fail,
        _ => Act::Go,
    });
    test.run(|| read::entry(1, &source).put(7));
    assert_eq!(owed(test.cache()), 0);
    assert_eq!(test.run(|| read(1, &source)), 7);
}

#[test]
fn a_value_that_could_not_be_put_there_takes_the_older_one_with_it() {
    let replacements: [fn(&Runs); 2] = [
        |source| read::entry(1, source).put(7),
        |source| assert_eq!(memo::refresh(|| read(1, source)), 1),
    ];
    for replace in replacements {
        let (store, source) = (Scripted::new(), Runs::new());
        let test = isolated(&store);
        assert_eq!(test.run(|| read(1, &source)), 0);
        source.add();
        store.script(|_| Act::Fail);
        test.run(|| replace(&source));
        store.behave();
        assert_eq!(test.run(|| read(1, &source)), 1);
    }
}

#[test]
fn a_sequence_that_could_not_be_refreshed_is_not_served() {
    let (store, source) = (Scripted::new(), Runs::new());
    let test = isolated(&store);
    let call = || read_items(1, &source).sum::<u64>();
    assert_eq!(test.run(call), 0);
    source.add();
    store.script(|_| Act::Fail);
    assert_eq!(test.run(|| memo::refresh(call)), 1);
    store.behave();
    assert_eq!(test.run(call), 1);
}

#[test]
fn an_invalidation_that_is_given_up_is_owed() {
    let (store, source) = (Scripted::new(), Runs::new());
    let cache = isolated(&store).cache().clone();
    let call = || block_on(with_cache_async(&cache, read_async(1, &source)));
    assert_eq!(call(), 0);
    source.add();
    store.script(|_| Act::Hang);
    let entry = with_cache(&cache, || read_async::entry(1, &source));
    let mut invalidation = Box::pin(entry.invalidate());
    assert!(poll(&mut invalidation).is_pending());
    drop(invalidation);
    store.behave();
    assert_eq!(call(), 1);
}

#[test]
fn a_late_write_whose_deletion_fails_is_not_served() {
    let (store, gate) = (Scripted::new(), Arc::new(Gate::new()));
    store.script({
        let gate = gate.clone();
        move |step| match step {
            Step::BeforeSet if !gate.is_open() => Act::Hang,
            Step::BeforeDelete if gate.is_open() => Act::Fail,
            _ => Act::Go,
        }
    });
    let (test, source) = (isolated(&store), Runs::new());
    let call = || Box::pin(with_cache_async(test.cache(), read_async(1, &source)));
    let mut late = call();
    assert!(poll(&mut late).is_pending());
    source.add();
    let entry = test.run(|| read_async::entry(1, &source));
    assert!(block_on(entry.try_invalidate()).is_ok());
    gate.open();
    assert_eq!(block_on(late), 0);
    assert_eq!(owed(test.cache()), 1);
    store.behave();
    assert_eq!(block_on(call()), 1);
}

#[test]
fn more_than_are_remembered_are_not_served_either() {
    const MANY: u32 = 4096 + 10;
    let (store, source) = (Scripted::new(), Runs::new());
    let test = isolated(&store);
    let last = || test.run(|| read(MANY - 1, &source));
    assert_eq!(last(), 0);
    source.add();
    store.script(|_| Act::Fail);
    for n in 0..MANY {
        test.run(|| read::entry(n, &source).invalidate());
    }
    assert_eq!(owed(test.cache()), 4096, "so many are known by name");
    store.behave();
    assert_eq!(last(), 1);
    test.clock().advance(Duration::from_secs(120));
    last();
    source.add();
    assert_eq!(last(), 1, "it is stored and served as always");
}
