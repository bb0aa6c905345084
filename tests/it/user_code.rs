//! Code of the user's that runs inside of an operation, and changes the very entry that the operation is about.

use std::cell::RefCell;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use memo::{Cache, Entry, Event, Observer, memoize, with_cache};
use serde::{Deserialize, Serialize};

use crate::shelf::Shelf;
use crate::store::{self, Isolated, Why};
use crate::support::{Act, Runs, Scripted, Step, in_time};

/// The number of a [`Tidy`], and what it does.
type Wish = (u64, Box<dyn FnOnce()>);

thread_local! {
    /// What the next [`Tidy`] of this number does when it is dropped.
    static LAST_WISH: RefCell<Option<Wish>> = const { RefCell::new(None) };
}

/// A value that does something when it is dropped.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Tidy(u64);

impl Tidy {
    /// Has the next one of this number that this thread drops do this.
    fn when_dropped(number: u64, wish: impl FnOnce() + 'static) {
        LAST_WISH.set(Some((number, Box::new(wish))));
    }

    fn is_due() -> bool {
        LAST_WISH.with_borrow(Option::is_some)
    }
}

impl Drop for Tidy {
    fn drop(&mut self) {
        let is_meant = |(number, _): &mut (u64, _)| *number == self.0;
        let wish = LAST_WISH.with_borrow_mut(|wish| wish.take_if(is_meant));
        if let Some((_, wish)) = wish {
            wish();
        }
    }
}

#[memoize(key = "tidy:{n}", near = "1h", skip(source))]
fn tidy(n: u64, source: &Runs) -> Tidy {
    Tidy(10 * n + source.get())
}

fn invalidate(n: u64) {
    tidy::entry(n, &Runs::new()).invalidate();
}

#[test]
fn a_put_returns_where_the_copy_that_it_drops_invalidates_the_entry() {
    in_time(|| {
        let (shelf, source) = (Shelf::new(4096), Runs::new());
        shelf.run(|| {
            assert_eq!(tidy(1, &source), Tidy(10));
            Tidy::when_dropped(10, || invalidate(1));
            tidy::entry(1, &source).put(Tidy(15));
            assert!(!Tidy::is_due());
            // The invalidation came after the put.
            assert_eq!(tidy(1, &source), Tidy(10));
        });
    });
}

#[test]
fn a_put_returns_where_the_copy_that_it_drops_has_another_thread_invalidate_the_entry() {
    in_time(|| {
        let (shelf, source) = (Shelf::new(4096), Runs::new());
        let cache = shelf.cache.clone();
        shelf.run(|| {
            assert_eq!(tidy(1, &source), Tidy(10));
            Tidy::when_dropped(10, move || {
                let invalidation = move || with_cache(&cache, || invalidate(1));
                thread::spawn(invalidation).join().expect("no panic");
            });
            tidy::entry(1, &source).put(Tidy(15));
            assert!(!Tidy::is_due());
            assert_eq!(tidy(1, &source), Tidy(10));
        });
    });
}

struct PutsAtTheEnd(Entry<Forgetful>);

impl Drop for PutsAtTheEnd {
    fn drop(&mut self) {
        self.0.put(Forgetful(2));
    }
}

/// A value whose end forgets its own entry in this cache, whichever thread it is on.
#[derive(Clone, Serialize, Deserialize)]
struct Forgetful(u64);

static FORGOTTEN: Mutex<Option<Cache>> = Mutex::new(None);

fn forgotten() -> MutexGuard<'static, Option<Cache>> {
    FORGOTTEN.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Drop for Forgetful {
    fn drop(&mut self) {
        let cache = (self.0 == 1).then(|| forgotten().take()).flatten();
        if let Some(cache) = cache {
            with_cache(&cache, || forgetful::entry(1).invalidate());
        }
    }
}

#[memoize(key = "forgetful:{n}", near = "1h")]
fn forgetful(n: u64) -> Forgetful {
    Forgetful(n)
}

#[test]
fn a_put_from_a_thread_that_ends_returns_where_the_copy_that_it_drops_invalidates_the_entry() {
    thread_local!(static LAST: RefCell<Option<PutsAtTheEnd>> = const { RefCell::new(None) });
    in_time(|| {
        let shelf = Shelf::new(4096);
        let cache = shelf.cache.clone();
        let named = thread::Builder::new().name(store::test());
        let thread = named.spawn(move || {
            LAST.with(|_| ());
            with_cache(&cache, || {
                assert_eq!(forgetful(1).0, 1);
                LAST.set(Some(PutsAtTheEnd(forgetful::entry(1))));
            });
            *forgotten() = Some(cache);
        });
        let thread = thread.expect("a thread can be had");
        thread.join().expect("no panic");
        assert!(forgotten().is_none(), "the copy was dropped");
    });
}

#[test]
fn an_asynchronous_put_returns_where_the_copy_that_it_drops_invalidates_the_entry() {
    #[memoize(key = "tidy-async:{n}", near = "1h", skip(source))]
    async fn tidy_async(n: u64, source: &Runs) -> Tidy {
        Tidy(10 * n + source.get())
    }
    in_time(|| {
        let (shelf, source) = (Shelf::new(4096), Runs::new());
        let calls = shelf.run_async(async {
            assert_eq!(tidy_async(1, &source).await, Tidy(10));
            Tidy::when_dropped(10, || {
                let source = Runs::new();
                futures::executor::block_on(tidy_async::entry(1, &source).invalidate());
            });
            tidy_async::entry(1, &source).put(Tidy(15)).await;
            assert!(!Tidy::is_due());
            assert_eq!(tidy_async(1, &source).await, Tidy(10));
        });
        memo_testkit::block_on(calls);
    });
}

#[test]
fn a_refresh_returns_where_the_copy_that_it_replaces_invalidates_the_entry() {
    in_time(|| {
        let (shelf, source) = (Shelf::new(4096), Runs::new());
        shelf.run(|| {
            assert_eq!(tidy(1, &source), Tidy(10));
            source.add();
            Tidy::when_dropped(10, || invalidate(1));
            assert_eq!(memo::refresh(|| tidy(1, &source)), Tidy(11));
            assert!(!Tidy::is_due());
            source.add();
            assert_eq!(tidy(1, &source), Tidy(12));
        });
    });
}

#[test]
fn an_invalidation_returns_where_the_copy_that_it_drops_invalidates_the_entry() {
    in_time(|| {
        let (shelf, source) = (Shelf::new(4096), Runs::new());
        shelf.run(|| {
            assert_eq!(tidy(1, &source), Tidy(10));
            Tidy::when_dropped(10, || invalidate(1));
            assert!(tidy::entry(1, &source).invalidate());
            assert!(!Tidy::is_due());
        });
    });
}

#[test]
fn a_large_value_is_stored_where_the_one_that_it_evicts_invalidates_the_entry() {
    #[memoize(weigh = |_| 600 << 10)]
    fn object(n: u64) -> Tidy {
        Tidy(n)
    }
    #[memoize(large_data, compress = false)]
    fn large(n: u8) -> Vec<u8> {
        vec![n; 700 << 10]
    }
    in_time(|| {
        store::in_memory(Why::Bytes);
        let cache = Cache::builder().memory_budget(1 << 20).build();
        with_cache(&cache.expect("sound"), || {
            assert_eq!(object(1), Tidy(1));
            Tidy::when_dropped(1, || assert!(large::entry(7).invalidate()));
            assert_eq!(large(7).len(), 700 << 10);
            assert!(!Tidy::is_due());
        });
    });
}

#[test]
fn a_backend_may_change_the_entry_that_it_is_asked_to_write() {
    #[memoize(key = "inside", skip(source))]
    fn read(source: &Runs) -> u64 {
        source.get()
    }
    in_time(|| {
        let (store, source) = (Scripted::new(), Arc::new(Runs::new()));
        let (cache, is_done) = (store.cache(), AtomicBool::new(false));
        let (inside, other) = (cache.clone(), source.clone());
        store.script(move |step| {
            if step == Step::AfterSet && !is_done.swap(true, Ordering::SeqCst) {
                other.add();
                with_cache(&inside, || read::entry(&other).invalidate());
            }
            Act::Go
        });
        with_cache(&cache, || {
            assert_eq!(read(&source), 0);
            // What was being written is from before that invalidation.
            assert_eq!(read(&source), 1);
            assert_eq!(read(&source), 1);
        });
    });
}

/// Calls, and changes, what it is told of.
#[derive(Debug)]
struct Meddler;

#[memoize]
fn watched(n: u64) -> u64 {
    n
}

impl Observer for Meddler {
    fn on(&self, event: &Event) {
        let is_own = |name: &str| name.ends_with("::watched");
        if let Event::Stored { function, .. } | Event::Computed { function, .. } = event
            && is_own(function)
        {
            watched::entry(1).invalidate();
        }
    }
}

#[test]
fn an_observer_may_invalidate_what_it_is_told_of() {
    in_time(|| {
        let test = Isolated::with(|cache| cache.observer(Arc::new(Meddler)));
        test.expect("sound").run(|| {
            assert_eq!(watched(1), 1);
            watched::entry(1).put(2);
            assert_eq!(memo::refresh(|| watched(1)), 1);
        });
    });
}
