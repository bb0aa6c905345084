//! Writes that nobody waits for any more, and that arrive all the same: after an invalidation, on top of anything.

use std::pin::Pin;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use memo::{Cache, memoize, with_cache, with_cache_async};
use memo_testkit::block_on;

use crate::outdated::{self, Function, isolated, read, read_async};
use crate::support::{Act, Late, Runs, Scripted, Step, eventually, poll};

#[memoize(key = "unresolved-near:{n}", near = "1h", skip(source))]
fn read_near(n: u32, source: &Runs) -> u64 {
    source.get()
}

#[memoize(key = "unresolved-filtered:{n}", skip(source), cache_if = |value: &u64| *value != 1)]
fn read_filtered(n: u32, source: &Runs) -> u64 {
    source.get()
}

/// One of each kind, and one with copies in the process.
fn functions() -> Vec<Function> {
    let mut functions = outdated::functions();
    functions.push(Function {
        call: |source| read_near(1, source),
        invalidate: |source| read_near::entry(1, source).try_invalidate().is_ok(),
        peek: |source| read_near::entry(1, source).peek(),
    });
    functions
}

/// Has a call's write time out, to arrive when the test says so; the source is changed after it.
fn with_a_late_write(store: &Scripted, source: &Runs, call: impl FnOnce() -> u64) {
    store.delay_writes(Some(Late::TimesOut));
    assert_eq!(call(), 0);
    store.delay_writes(None);
    source.add();
}

#[test]
fn a_write_that_lands_after_an_invalidation_is_never_served_and_is_deleted() {
    for function in functions() {
        let (store, source) = (Scripted::new(), Runs::new());
        let test = isolated(&store);
        with_a_late_write(&store, &source, || test.run(|| (function.call)(&source)));
        assert!(test.run(|| (function.invalidate)(&source)));
        store.land();
        assert_eq!(test.run(|| (function.peek)(&source)), None);
        eventually("it is deleted", || store.len() == 0);
        assert_eq!(test.run(|| (function.call)(&source)), 1);
        eventually("it is stored", || test.run(|| function.is_stored(&source)));
    }
}

#[test]
fn a_call_computes_anew_where_such_a_write_has_landed() {
    for function in functions() {
        let (store, source) = (Scripted::new(), Runs::new());
        let test = isolated(&store);
        with_a_late_write(&store, &source, || test.run(|| (function.call)(&source)));
        assert!(test.run(|| (function.invalidate)(&source)));
        store.land();
        assert_eq!(test.run(|| (function.call)(&source)), 1);
        eventually("it is stored", || test.run(|| function.is_stored(&source)));
    }
}

#[test]
fn a_write_that_lands_on_a_newer_value_takes_it_along() {
    for function in functions() {
        let (store, source) = (Scripted::new(), Runs::new());
        let test = isolated(&store);
        with_a_late_write(&store, &source, || test.run(|| (function.call)(&source)));
        assert!(test.run(|| (function.invalidate)(&source)));
        assert_eq!(test.run(|| (function.peek)(&source)), None);
        assert_eq!(test.run(|| (function.call)(&source)), 1);
        store.land();
        let seen = test.run(|| (function.peek)(&source));
        assert_ne!(seen, Some(0));
        assert_eq!(test.run(|| (function.call)(&source)), 1);
    }
}

#[test]
fn a_late_write_of_the_very_bytes_that_were_seen_in_the_store_is_not_served_after_an_invalidation()
{
    let (store, source) = (Scripted::new(), Runs::new());
    let test = isolated(&store);
    store.delay_writes(Some(Late::TimesOut));
    assert_eq!(test.run(|| read(1, &source)), 0);
    store.delay_writes(None);
    assert_eq!(test.run(|| read(1, &source)), 0);
    let looks = Arc::new(Runs::new());
    let counted = looks.clone();
    store.script(move |step| {
        if step == Step::AfterGet {
            counted.add();
        }
        Act::Go
    });
    assert_eq!(test.run(|| read(1, &source)), 0);
    assert_eq!(looks.get(), 1, "it is stored, by the second call");
    // The next one is a look for what was given up, and what it has seen is noted a moment later.
    eventually("it is looked at", || looks.get() > 1);
    thread::sleep(Duration::from_millis(100));
    source.add();
    assert!(test.run(|| read::entry(1, &source).try_invalidate().is_ok()));
    store.land();
    assert_eq!(test.run(|| read(1, &source)), 1);
}

#[test]
fn a_write_whose_call_is_dropped_is_not_served_when_it_lands_after_an_invalidation() {
    let (store, source) = (Scripted::new(), Runs::new());
    let cache = isolated(&store).cache().clone();
    store.delay_writes(Some(Late::Hangs));
    let mut dropped = Box::pin(with_cache_async(&cache, read_async(1, &source)));
    assert!(poll(&mut dropped).is_pending());
    drop(dropped);
    store.delay_writes(None);
    source.add();
    let entry = with_cache(&cache, || read_async::entry(1, &source));
    assert_eq!(block_on(entry.try_invalidate()), Ok(false));
    store.land();
    assert!(!block_on(entry.explain()).to_string().contains("a hit"));
    assert_eq!(call(&cache, &source), 1);
}

#[test]
fn a_write_that_is_dropped_after_it_was_invalidated_is_not_served_when_it_lands() {
    let (store, source) = (Scripted::new(), Runs::new());
    let cache = isolated(&store).cache().clone();
    store.delay_writes(Some(Late::Hangs));
    let mut dropped = Box::pin(with_cache_async(&cache, read_async(1, &source)));
    assert!(poll(&mut dropped).is_pending());
    source.add();
    let entry = with_cache(&cache, || read_async::entry(1, &source));
    assert_eq!(block_on(entry.try_invalidate()), Ok(false));
    drop(dropped);
    store.delay_writes(None);
    assert_eq!(call(&cache, &source), 1);
    store.land();
    assert_eq!(call(&cache, &source), 1);
}

#[test]
fn what_replaces_a_value_keeps_late_writes_out_as_an_invalidation_does() {
    let changes: [fn(&Cache, &Runs); 4] = [
        |_, source| read::entry(1, source).put(1),
        |_, source| assert_eq!(memo::refresh(|| read(1, source)), 1),
        |cache, _| _ = cache.invalidate_all(read::site()),
        |cache, _| _ = cache.clear(),
    ];
    for change in changes {
        let (store, source) = (Scripted::new(), Runs::new());
        let test = isolated(&store);
        with_a_late_write(&store, &source, || test.run(|| read(1, &source)));
        test.run(|| change(test.cache(), &source));
        store.land();
        assert_eq!(test.run(|| read(1, &source)), 1);
    }
}

#[test]
fn a_value_that_the_filter_turns_away_keeps_late_writes_out() {
    let (store, source) = (Scripted::new(), Runs::new());
    let test = isolated(&store);
    with_a_late_write(&store, &source, || test.run(|| read_filtered(1, &source)));
    assert_eq!(test.run(|| memo::refresh(|| read_filtered(1, &source))), 1);
    store.land();
    assert_eq!(test.run(|| read_filtered(1, &source)), 1);
}

#[test]
fn a_put_that_is_given_up_is_not_served_after_an_invalidation() {
    for how in [Late::TimesOut, Late::Hangs] {
        let (store, source) = (Scripted::new(), Runs::new());
        let cache = isolated(&store).cache().clone();
        let entry = with_cache(&cache, || read_async::entry(1, &source));
        store.delay_writes(Some(how));
        let mut put: Pin<Box<dyn Future<Output = ()> + Send>> = Box::pin(entry.put(0));
        let _ = poll(&mut put);
        drop(put);
        store.delay_writes(None);
        source.add();
        assert!(block_on(entry.try_invalidate()).is_ok());
        assert_eq!(call(&cache, &source), 1);
        store.land();
        assert_eq!(call(&cache, &source), 1);
    }
}

#[test]
fn a_late_write_that_nothing_supersedes_is_served() {
    for function in functions() {
        let (store, source) = (Scripted::new(), Runs::new());
        let test = isolated(&store);
        with_a_late_write(&store, &source, || test.run(|| (function.call)(&source)));
        store.land();
        assert_eq!(test.run(|| (function.call)(&source)), 0);
    }
}

#[test]
fn a_value_stored_after_a_write_was_given_up_stays_where_that_never_lands() {
    let (store, source) = (Scripted::new(), Runs::new());
    let test = isolated(&store);
    with_a_late_write(&store, &source, || test.run(|| read(1, &source)));
    assert!(
        test.run(|| read::entry(1, &source).try_invalidate())
            .is_ok()
    );
    assert_eq!(test.run(|| read(1, &source)), 1);
    source.add();
    thread::sleep(Duration::from_millis(1500));
    assert_eq!(test.run(|| read(1, &source)), 1, "it is a hit still");
}

#[test]
fn a_value_that_is_put_is_served_though_a_late_write_had_the_same_bytes() {
    let (store, source) = (Scripted::new(), Runs::new());
    let test = isolated(&store);
    with_a_late_write(&store, &source, || test.run(|| read(1, &source)));
    let entry = test.run(|| read::entry(1, &source));
    entry.put(0);
    assert_eq!(entry.peek(), Some(0));
    entry.invalidate();
    store.land();
    assert_eq!(entry.peek(), None);
}

fn call(cache: &Cache, source: &Runs) -> u64 {
    block_on(with_cache_async(cache, read_async(1, source)))
}
