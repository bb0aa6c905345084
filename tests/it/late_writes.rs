//! Invalidations and refreshes against fetches and writes that were under way: what was read before them is not served after them.

use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::thread;

use memo::{Cache, memoize, with_cache, with_cache_async};

use crate::support::{Act, Gate, Runs, Scripted, Step, in_time, poll, until, waiting};

/// Its value is out of date as soon as the source is added to.
#[memoize(key = "late", skip(source))]
fn read(source: &Runs) -> u64 {
    source.get()
}

#[memoize(key = "late-async", skip(source))]
async fn read_async(source: &Runs) -> u64 {
    source.get()
}

fn call(cache: &Cache, source: &Runs) -> Pin<Box<impl Future<Output = u64>>> {
    Box::pin(with_cache_async(cache, read_async(source)))
}

/// A backend whose writes wait for the gate, and which goes on with `then` once they have taken effect.
fn holding_writes(then: fn() -> Act) -> (Scripted, Arc<Gate>) {
    let (store, gate) = (Scripted::new(), Arc::new(Gate::new()));
    store.script({
        let gate = gate.clone();
        move |step| match step {
            Step::BeforeSet if !gate.is_open() => Act::Hang,
            Step::AfterSet => then(),
            _ => Act::Go,
        }
    });
    (store, gate)
}

/// The points of a run in which a deletion waits for a fetch, and the fetch for the test.
#[derive(Default)]
struct Race {
    deleting: Gate,
    fetched: Gate,
    served: Gate,
}

impl Race {
    /// Holds the deletion until somebody has fetched, and that fetch until it is to be served.
    fn stage(self: &Arc<Self>, store: &Scripted) {
        let race = self.clone();
        store.script(move |step| {
            match step {
                Step::BeforeDelete => {
                    race.deleting.open();
                    race.fetched.pass();
                }
                Step::AfterGet if race.deleting.is_open() && !race.fetched.is_open() => {
                    race.fetched.open();
                    race.served.pass();
                }
                _ => {}
            }
            Act::Go
        });
    }
}

#[test]
fn nobody_joins_a_fetch_from_before_an_acknowledged_invalidation() {
    let (store, source, race) = (Scripted::new(), Runs::new(), Arc::new(Race::default()));
    let test = store.isolated();
    let read = || test.run(|| read(&source));
    assert_eq!(read(), 0);
    source.add();
    race.stage(&store);
    thread::scope(|scope| {
        let invalidation = scope.spawn(|| test.run(|| read::entry(&source).invalidate()));
        race.deleting.pass();
        let early = scope.spawn(read);
        invalidation.join().expect("no panic");
        let late = scope.spawn(read);
        until(|| late.is_finished() || waiting(&test) > 0);
        race.served.open();
        early.join().expect("no panic");
        assert_eq!(late.join().expect("no panic"), 1);
    });
}

/// A backend that holds its first write until the second gate is open.
fn holding_the_first_write() -> (Scripted, Arc<[Gate; 2]>) {
    let (store, gates) = (Scripted::new(), Arc::new([Gate::new(), Gate::new()]));
    store.script({
        let gates = gates.clone();
        move |step| {
            let [held, go] = &*gates;
            if step == Step::BeforeSet && !held.is_open() {
                held.open();
                go.pass();
            }
            Act::Go
        }
    });
    (store, gates)
}

#[test]
fn an_older_write_does_not_replace_a_refreshed_value() {
    in_time(|| {
        let (store, gates) = holding_the_first_write();
        let (cache, source) = (store.cache(), Runs::new());
        thread::scope(|scope| {
            let older = scope.spawn(|| with_cache(&cache, || read(&source)));
            gates[0].pass();
            source.add();
            let refreshed = with_cache(&cache, || memo::refresh(|| read(&source)));
            gates[1].open();
            assert_eq!(refreshed, 1);
            assert_eq!(older.join().expect("no panic"), 0);
        });
        assert_eq!(with_cache(&cache, || read(&source)), 1);
    });
}

#[test]
fn an_older_asynchronous_write_does_not_replace_a_refreshed_value() {
    let (store, gate) = holding_writes(|| Act::Go);
    let (cache, source) = (store.cache(), Runs::new());
    let mut older = call(&cache, &source);
    assert!(poll(&mut older).is_pending());
    source.add();
    gate.open();
    let refreshed = memo::refresh_async(read_async(&source));
    let mut refreshed = Box::pin(with_cache_async(&cache, refreshed));
    assert_eq!(poll(&mut refreshed), Poll::Ready(1));
    assert_eq!(poll(&mut older), Poll::Ready(0));
    assert_eq!(poll(&mut call(&cache, &source)), Poll::Ready(1));
}

#[test]
fn a_revoked_write_that_takes_effect_and_fails_is_deleted() {
    let (store, gate) = holding_writes(|| Act::Fail);
    let (cache, source) = (store.cache(), Runs::new());
    let mut writer = call(&cache, &source);
    assert!(poll(&mut writer).is_pending());
    source.add();
    cache.invalidate_all(read_async::site());
    gate.open();
    assert_eq!(poll(&mut writer), Poll::Ready(0));
    store.behave();
    assert_eq!(poll(&mut call(&cache, &source)), Poll::Ready(1));
}

#[test]
fn a_revoked_write_is_not_served_before_its_writer_has_deleted_it() {
    let (store, gate) = holding_writes(|| Act::Hang);
    let (cache, source) = (store.cache(), Runs::new());
    let mut writer = call(&cache, &source);
    assert!(poll(&mut writer).is_pending());
    source.add();
    cache.invalidate_all(read_async::site());
    gate.open();
    assert!(poll(&mut writer).is_pending());
    store.behave();
    assert_eq!(poll(&mut call(&cache, &source)), Poll::Ready(1));
}

#[test]
fn a_revoked_write_whose_writer_is_dropped_is_not_served() {
    let (store, gate) = holding_writes(|| Act::Hang);
    let (cache, source) = (store.cache(), Runs::new());
    let mut writer = call(&cache, &source);
    assert!(poll(&mut writer).is_pending());
    source.add();
    cache.invalidate_all(read_async::site());
    gate.open();
    assert!(poll(&mut writer).is_pending());
    drop(writer);
    store.behave();
    assert_eq!(poll(&mut call(&cache, &source)), Poll::Ready(1));
}

#[test]
fn an_invalidation_does_not_wait_for_a_writer_that_nobody_polls() {
    let (store, gate) = holding_writes(|| Act::Go);
    let (cache, source) = (store.cache(), Runs::new());
    let mut writer = call(&cache, &source);
    assert!(poll(&mut writer).is_pending());
    source.add();
    gate.open();
    let entry = with_cache(&cache, || read_async::entry(&source));
    assert!(poll(&mut Box::pin(entry.invalidate())).is_ready());
    assert_eq!(poll(&mut writer), Poll::Ready(0));
    assert_eq!(poll(&mut call(&cache, &source)), Poll::Ready(1));
}

#[test]
fn a_put_does_not_wait_for_a_writer_that_nobody_polls_and_is_not_replaced_by_it() {
    let (store, gate) = holding_writes(|| Act::Go);
    let (cache, source) = (store.cache(), Runs::new());
    let mut writer = call(&cache, &source);
    assert!(poll(&mut writer).is_pending());
    source.add();
    gate.open();
    let entry = with_cache(&cache, || read_async::entry(&source));
    assert!(poll(&mut Box::pin(entry.put(1))).is_ready());
    assert_eq!(poll(&mut writer), Poll::Ready(0));
    assert_eq!(poll(&mut call(&cache, &source)), Poll::Ready(1));
}
