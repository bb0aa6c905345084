//! In which order flights land, permits end, and invalidations take hold.

use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use memo::backend::{Answer, Backend, Bytes, Capability, Item, Lease, Name, Token};
use memo::{
    Cache, CacheBuilder, Policy, Waits, memoize, refresh_async, with_cache, with_cache_async,
};
use memo_testkit::block_on;
use serde::{Deserialize, Serialize};

use crate::store::Isolated;
use crate::support::{
    Act, Gate, Late, Runs, Scripted, Step, eventually, in_time, poll, until, waiting,
};

#[test]
fn a_blocking_caller_never_follows_an_asynchronous_one() {
    in_time(|| {
        let test = Scripted::new().isolated();
        let (policy, gate) = (Policy::named("two-kinds"), Gate::new());
        let body = async {
            std::future::poll_fn(|_| match gate.is_open() {
                true => std::task::Poll::Ready(()),
                false => std::task::Poll::Pending,
            })
            .await;
            1
        };
        let mut awaited = Box::pin(test.cache().get_or_compute_async(&7, &policy, body));
        assert!(poll(&mut awaited).is_pending());
        assert_eq!(test.cache().get_or_compute(&7, &policy, || 2), 2);
        assert_eq!(waiting(&test), 0);
        gate.open();
        assert!(poll(&mut awaited).is_ready());
    });
}

/// Two closures are two types of one name and one key.
#[memoize(key = "of-a-closure", local, skip(compute))]
fn of_a_closure<F: Fn() -> u32 + Send + Sync + 'static>(compute: F) -> u32 {
    compute()
}

#[test]
fn a_caller_never_follows_another_instance_of_its_function() {
    in_time(|| {
        let test = Scripted::new().isolated();
        let (entered, gate) = (Arc::new(Gate::new()), Arc::new(Gate::new()));
        let (first_entered, first_gate) = (entered.clone(), gate.clone());
        let first = move || {
            first_entered.open();
            first_gate.pass();
            1
        };
        let second = || 2;
        thread::scope(|scope| {
            let leader = scope.spawn(|| test.run(|| of_a_closure(first)));
            entered.pass();
            let other = scope.spawn(|| test.run(|| of_a_closure(second)));
            until(|| other.is_finished() || waiting(&test) > 0);
            gate.open();
            assert_eq!(other.join().expect("no panic"), 2);
            assert_eq!(leader.join().expect("no panic"), 1);
        });
    });
}

thread_local! {
    static LOOKS_AROUND: Cell<bool> = const { Cell::new(false) };
}

/// A value that looks at entries of all shards when it is dropped.
#[derive(Clone, Debug)]
struct Nosy;

impl Drop for Nosy {
    fn drop(&mut self) {
        if LOOKS_AROUND.get() {
            for n in 100..400 {
                drop(nosy::entry(n, &Gate::new(), &Gate::new()).explain());
            }
        }
    }
}

/// An error that cannot be shared.
#[derive(Debug)]
struct Unshared;

#[memoize(key = "nosy:{n}", local, weigh = |_: &Nosy| 8, skip(entered, gate))]
fn nosy(n: u64, entered: &Gate, gate: &Gate) -> Result<Nosy, Unshared> {
    if entered.is_open() {
        return Ok(Nosy);
    }
    entered.open();
    gate.pass();
    Err(Unshared)
}

#[test]
fn what_is_replaced_without_a_flight_is_dropped_under_no_lock() {
    in_time(|| {
        let test = Scripted::new().isolated();
        let (entered, gate) = (Gate::new(), Gate::new());
        thread::scope(|scope| {
            let leader = scope.spawn(|| test.run(|| nosy(1, &entered, &gate)).is_err());
            entered.pass();
            let follow = || {
                scope.spawn(|| {
                    LOOKS_AROUND.set(true);
                    test.run(|| nosy(1, &entered, &gate)).is_ok()
                })
            };
            // Each computes for itself, and the last replaces what the others have stored.
            let followers = [follow(), follow(), follow()];
            until(|| waiting(&test) == 3);
            gate.open();
            assert!(leader.join().expect("no panic"));
            assert_eq!(
                followers.map(|each| each.join().expect("no panic")),
                [true; 3]
            );
        });
    });
}

/// Its value is out of date as soon as the source is added to.
#[memoize(key = "orders:{n}", skip(source))]
async fn read(n: u32, source: &Runs) -> u64 {
    source.get()
}

#[test]
fn whoever_calls_after_an_invalidation_of_all_does_not_follow_who_has_fetched_before_its_end() {
    let mut capability = Capability::of(200, 1 << 20);
    capability.groups = true;
    let (store, source) = (Scripted::with(capability), Runs::new());
    let cache = store.cache();
    let call = || Box::pin(with_cache_async(&cache, read(1, &source)));
    assert_eq!(block_on(call()), 0);
    source.add();
    let gate = Arc::new(Gate::new());
    let shut = gate.clone();
    store.script(move |step| match step {
        Step::BeforeDelete | Step::AfterGet if !shut.is_open() => Act::Hang,
        _ => Act::Go,
    });
    let mut invalidation = Box::pin(cache.invalidate_all_async(read::site()));
    assert!(poll(&mut invalidation).is_pending());
    let mut early = call();
    assert!(
        poll(&mut early).is_pending(),
        "it has fetched the old value"
    );
    gate.open();
    assert!(poll(&mut invalidation).is_ready());
    let mut late = call();
    assert_eq!(poll(&mut late), std::task::Poll::Ready(1));
    drop(early);
}

/// A value whose first clone has another thread invalidate its entry, and waits for that.
#[derive(Debug, Serialize, Deserialize)]
struct Echo(u64);

static IS_CLONED: Gate = Gate::new();
static IS_INVALIDATED: Gate = Gate::new();

impl Clone for Echo {
    fn clone(&self) -> Self {
        IS_CLONED.open();
        IS_INVALIDATED.pass();
        Self(self.0)
    }
}

#[memoize(key = "echo", skip(entered, gate))]
fn echo(entered: &Gate, gate: &Gate) -> Echo {
    entered.open();
    gate.pass();
    Echo(1)
}

#[test]
fn an_invalidation_does_not_wait_for_those_who_are_given_what_was_written() {
    in_time(|| {
        // It would go on without them only after that time.
        let store = Scripted::new();
        let cache = |cache: CacheBuilder| {
            let cache = cache.backend(store.clone());
            cache.follow_timeout(Duration::from_secs(3600))
        };
        let test = Isolated::with(cache).expect("its names are long enough");
        let (entered, gate) = (Gate::new(), Gate::new());
        thread::scope(|scope| {
            scope.spawn(|| test.run(|| echo(&entered, &gate)));
            entered.pass();
            scope.spawn(|| test.run(|| echo(&entered, &gate)));
            until(|| waiting(&test) == 1);
            gate.open();
            IS_CLONED.pass();
            test.run(|| echo::entry(&entered, &gate).invalidate());
            IS_INVALIDATED.open();
        });
    });
}

/// What is done when somebody asks for a lease.
type OnLease = Box<dyn Fn() + Send + Sync>;

/// A store that gives leases, and does something before it does so for the first time.
#[derive(Clone)]
struct Leasing(Scripted, Arc<Asked>);

struct Asked {
    many: AtomicUsize,
    first: Mutex<Option<OnLease>>,
}

impl Leasing {
    fn new() -> Self {
        let mut capability = Capability::of(200, 1 << 20);
        capability.leases = true;
        let asked = Asked {
            many: AtomicUsize::new(0),
            first: Mutex::default(),
        };
        Self(Scripted::with(capability), Arc::new(asked))
    }

    fn on_lease(&self, first: impl Fn() + Send + Sync + 'static) {
        *self.1.first.lock().expect("no test panics") = Some(Box::new(first));
    }

    fn cache(&self) -> Cache {
        let cache = Cache::builder().backend(self.clone());
        cache.build().expect("its names are long enough")
    }
}

impl std::fmt::Debug for Leasing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Leasing")
    }
}

impl Backend for Leasing {
    fn kind(&self) -> &'static str {
        "leasing"
    }

    fn capability(&self) -> Capability {
        self.0.capability()
    }

    async fn get_many(&self, names: &[Name], waits: Waits) -> Answer<Vec<Option<Bytes>>> {
        self.0.get_many(names, waits).await
    }

    async fn set_many(&self, items: Vec<Item>, waits: Waits) -> Answer<()> {
        self.0.set_many(items, waits).await
    }

    async fn delete_many(&self, names: &[Name], waits: Waits) -> Answer<usize> {
        self.0.delete_many(names, waits).await
    }

    async fn lease(&self, name: &Name, _: Token, _: Duration, waits: Waits) -> Answer<Lease> {
        self.1.many.fetch_add(1, Ordering::SeqCst);
        let first = self.1.first.lock().expect("no test panics").take();
        if let Some(first) = first {
            first();
        }
        let found = self.0.get_many(std::slice::from_ref(name), waits).await?;
        let found = found.into_iter().next().flatten();
        Ok(found.map_or(Lease::Granted, Lease::Found))
    }

    async fn seize(&self, name: &Name, _: Token, _: Duration, waits: Waits) -> Answer<()> {
        let deleted = self.0.delete_many(std::slice::from_ref(name), waits);
        deleted.await.map(drop)
    }

    async fn fill(&self, item: Item, _: Token, waits: Waits) -> Answer<bool> {
        self.0.set_many(vec![item], waits).await.map(|()| true)
    }

    async fn extend(&self, _: &Name, _: Token, _: Duration, _: Waits) -> Answer<bool> {
        Ok(true)
    }

    async fn release(&self, _: &Name, _: Token, _: Waits) -> Answer<bool> {
        Ok(true)
    }
}

#[memoize(key = "orders-locked:{n}", lock = "5s", skip(source))]
fn read_locked(n: u32, source: &Runs) -> u64 {
    source.get()
}

#[memoize(key = "orders-locked-async:{n}", lock = "5s", skip(source))]
async fn read_locked_async(n: u32, source: &Runs) -> u64 {
    source.get()
}

#[test]
fn a_value_whose_deletion_is_owed_is_not_served_by_the_answer_to_a_lease() {
    static SOURCE: Runs = Runs::new();
    let leasing = Leasing::new();
    let cache = leasing.cache();
    let call = || with_cache(&cache, || read_locked(1, &SOURCE));
    let (store, invalidating) = (leasing.0.clone(), cache.clone());
    leasing.0.delay_writes(Some(Late::TimesOut));
    assert_eq!(call(), 0);
    leasing.0.delay_writes(None);
    leasing.on_lease(move || {
        // What was looked for in vain is there now, and is to be deleted.
        store.land();
        SOURCE.add();
        store.script(|step| match step {
            Step::BeforeDelete => Act::Fail,
            _ => Act::Go,
        });
        let entry = with_cache(&invalidating, || read_locked::entry(1, &SOURCE));
        assert!(entry.try_invalidate().is_err());
        store.behave();
    });
    assert_eq!(call(), 1);
}

#[test]
fn a_value_of_another_process_whose_deletion_is_owed_is_not_served_by_the_answer_to_a_lease() {
    static SOURCE: Runs = Runs::new();
    let leasing = Leasing::new();
    let (cache, elsewhere) = (leasing.cache(), leasing.cache());
    let (store, invalidating) = (leasing.0.clone(), cache.clone());
    leasing.on_lease(move || {
        with_cache(&elsewhere, || read_locked::entry(2, &SOURCE)).put(0);
        SOURCE.add();
        store.script(|step| match step {
            Step::BeforeDelete => Act::Fail,
            _ => Act::Go,
        });
        let entry = with_cache(&invalidating, || read_locked::entry(2, &SOURCE));
        assert!(entry.try_invalidate().is_err());
        store.behave();
    });
    assert_eq!(with_cache(&cache, || read_locked(2, &SOURCE)), 1);
}

#[test]
fn a_write_that_lands_too_late_is_not_served_by_the_answer_to_a_lease() {
    let (leasing, source) = (Leasing::new(), Runs::new());
    let cache = leasing.cache();
    let call = || with_cache(&cache, || read_locked(1, &source));
    leasing.0.delay_writes(Some(Late::TimesOut));
    assert_eq!(call(), 0);
    leasing.0.delay_writes(None);
    source.add();
    let entry = with_cache(&cache, || read_locked::entry(1, &source));
    assert!(entry.try_invalidate().is_ok());
    let store = leasing.0.clone();
    leasing.on_lease(move || store.land());
    assert_eq!(call(), 1);
    // What lands late is deleted in the background, and may take along what is stored meanwhile.
    eventually("it is stored", || {
        let value = call();
        source.add();
        call() == value
    });
}

/// Has a writer stop, after its value was invalidated, at a step that comes when it has written; calls, and lets it go.
fn call_beside_a_writer_that_stops(stops: fn(Step) -> bool) {
    in_time(move || {
        let (leasing, source) = (Leasing::new(), Runs::new());
        let (cache, gate) = (leasing.cache(), Arc::new(Gate::new()));
        leasing.0.script({
            let gate = gate.clone();
            move |step| match (step, gate.is_open()) {
                (Step::BeforeSet, false) => Act::Hang,
                (_, true) if stops(step) => Act::Hang,
                _ => Act::Go,
            }
        });
        let writing = refresh_async(read_locked_async(1, &source));
        let mut writing = Box::pin(with_cache_async(&cache, writing));
        assert!(poll(&mut writing).is_pending());
        source.add();
        let entry = with_cache(&cache, || read_locked_async::entry(1, &source));
        assert!(block_on(entry.try_invalidate()).is_ok());
        gate.open();
        assert!(
            poll(&mut writing).is_pending(),
            "it is written, and not deleted yet"
        );
        thread::scope(|scope| {
            let call = || block_on(with_cache_async(&cache, read_locked_async(1, &source)));
            let caller = scope.spawn(call);
            let asked = &leasing.1.many;
            until(|| caller.is_finished() || asked.load(Ordering::SeqCst) > 0);
            leasing.0.behave();
            drop(writing);
            assert_eq!(caller.join().expect("no panic"), 1);
        });
    });
}

#[test]
fn a_value_whose_writer_is_not_answered_yet_is_not_served_by_the_answer_to_a_lease() {
    call_beside_a_writer_that_stops(|step| matches!(step, Step::AfterSet));
}

#[test]
fn a_value_that_its_writer_is_about_to_delete_is_not_served_by_the_answer_to_a_lease() {
    call_beside_a_writer_that_stops(|step| matches!(step, Step::BeforeDelete));
}
