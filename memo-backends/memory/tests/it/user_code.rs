//! Closures and drops are the user's: they may call the store again, and they may panic.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use memo_memory::{DropLater, Insert, Lookup, Store};

use crate::support::{Census, NEVER, OVERHEAD, OnDrop, Token, get, key, no_matter, put};

type Busy = OnDrop<Box<dyn FnMut() + Send + Sync>>;

/// A value that uses the store in every way when it is dropped.
fn busy(store: &Arc<Store>, drops: &Arc<AtomicUsize>) -> Busy {
    let (store, drops) = (Arc::downgrade(store), Arc::clone(drops));
    OnDrop(Box::new(move || {
        drops.fetch_add(1, Ordering::SeqCst);
        let store = store.upgrade().expect("the test still has it");
        put(&store, &key(b"from drop"), 1_u64);
        assert_eq!(get::<u64>(&store, &key(b"from drop")), Some(1));
        store.remove(&key(b"from drop"));
        store.stats();
    }))
}

#[test]
fn a_drop_may_call_the_store_whatever_removed_its_value() {
    let drops = Arc::new(AtomicUsize::new(0));
    let store = Arc::new(Store::with_budget(10 * OVERHEAD));
    let put_busy = || {
        store.insert(&key(b"busy"), Box::new(busy(&store, &drops)), 0, 10, 0);
    };
    put_busy();
    put_busy();
    store.remove(&key(b"busy"));
    put_busy();
    store.reclaim(10);
    put_busy();
    store.clear();
    put_busy();
    (0..20).for_each(|byte| no_matter(put(&store, &key(&[byte]), 1_u64)));
    put_busy();
    let refused = store.insert(
        &key(b"busy"),
        Box::new(busy(&store, &drops)),
        1 << 20,
        10,
        0,
    );
    assert_eq!(refused, Insert::TooLarge);
    assert_eq!(drops.load(Ordering::SeqCst), 7);
}

#[test]
fn a_read_may_read_the_same_entry_and_others() {
    let store = Store::with_budget(1 << 20);
    put(&store, &key(b"a"), 1_u64);
    put(&store, &key(b"b"), 2_u64);
    for _ in 0..3 {
        let sum = store.read(&key(b"a"), 0, |outer: &u64| {
            outer
                + get::<u64>(&store, &key(b"a")).unwrap_or(0)
                + get(&store, &key(b"b")).unwrap_or(0)
        });
        assert_eq!(sum, Lookup::Hit(4));
    }
}

#[test]
fn a_read_may_remove_what_it_reads() {
    for reads_before in 0..3 {
        let (store, census) = (Store::with_budget(1 << 20), Census::default());
        let read = || store.read(&key(b"a"), 0, |_: &Token| ());
        put(&store, &key(b"a"), census.token());
        (0..reads_before).for_each(|_| assert_eq!(read(), Lookup::Hit(())));
        let alive = store.read(&key(b"a"), 0, |_: &Token| {
            assert!(store.remove(&key(b"a")));
            census.alive()
        });
        assert_eq!(alive, Lookup::Hit(1), "the value outlives its reader");
        assert_eq!(read(), Lookup::Absent);
        drop(store);
        assert_eq!(census.alive(), 0);
    }
}

#[test]
fn a_panic_in_a_read_leaves_the_store_in_order() {
    let store = Store::with_budget(1 << 20);
    put(&store, &key(b"a"), 1_u64);
    for _ in 0..3 {
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            store.read(&key(b"a"), 0, |_: &u64| panic!("from the user"));
        }));
        assert!(panicked.is_err());
        assert_eq!(get::<u64>(&store, &key(b"a")), Some(1));
    }
    assert!(store.remove(&key(b"a")));
    assert_eq!(get::<u64>(&store, &key(b"a")), None);
}

#[test]
fn a_panic_in_a_drop_reaches_no_caller_and_leaves_the_store_in_order() {
    let store = Store::with_budget(1 << 20);
    for name in [b"a", b"b", b"c"] {
        put(&store, &key(name), OnDrop(panics));
    }
    assert!(store.remove(&key(b"a")));
    assert_eq!(store.clear(), 2);
    assert_eq!((store.stats().entries, store.stats().bytes), (0, 0));
    put(&store, &key(b"a"), 2_u64);
    assert_eq!(get::<u64>(&store, &key(b"a")), Some(2));
}

#[test]
fn nothing_is_dropped_under_the_lock_of_a_caller_who_asked_for_later() {
    let (store, census) = (Store::with_budget(10 * OVERHEAD), Census::default());
    let later = DropLater::begin();
    for number in 0..100 {
        store.insert(&key(&[number]), Box::new(census.token()), 0, NEVER, 0);
    }
    store.insert(&key(b"big"), Box::new(census.token()), 1 << 20, NEVER, 0);
    store.clear();
    drop(DropLater::begin());
    assert_eq!(census.alive(), 101);
    drop(later);
    assert_eq!(census.alive(), 0);
}

#[test]
fn a_drop_may_call_the_store_while_its_thread_exits() {
    let drops = Arc::new(AtomicUsize::new(0));
    let store = Arc::new(Store::with_budget(1 << 20));
    put(&store, &key(b"busy"), busy(&store, &drops));
    let reader = thread::spawn({
        let store = Arc::clone(&store);
        move || {
            store.read(&key(b"busy"), 0, |_: &Busy| ());
            // Another thread removes it: the only handle left is this thread's.
            let removed = thread::spawn(move || store.remove(&key(b"busy"))).join();
            assert!(removed.is_ok_and(|removed| removed));
        }
    });
    reader.join().expect("the thread exits in peace");
    assert_eq!(drops.load(Ordering::SeqCst), 1);
    assert_eq!((store.stats().entries, store.stats().bytes), (0, 0));
}

#[test]
fn a_drop_may_panic_while_its_thread_exits() {
    let store = Store::with_budget(1 << 20);
    for name in [b"a", b"b"] {
        put(&store, &key(name), OnDrop(panics as fn()));
    }
    thread::scope(|scope| {
        let reader = scope.spawn(|| {
            for name in [b"a", b"b"] {
                store.read(&key(name), 0, |_: &OnDrop<fn()>| ());
            }
            // Another thread removes them: the only handles left are this thread's.
            thread::scope(|scope| no_matter(scope.spawn(|| store.clear())));
        });
        reader.join().expect("the thread exits in peace");
    });
    assert_eq!((store.stats().entries, store.stats().bytes), (0, 0));
}

#[test]
fn a_drop_may_panic_while_its_thread_unwinds() {
    let store = Store::with_budget(1 << 20);
    put(&store, &key(b"a"), OnDrop(panics));
    let unwound = catch_unwind(AssertUnwindSafe(|| {
        let _later = DropLater::begin();
        store.remove(&key(b"a"));
        panic!("of the caller");
    }));
    let panic = unwound.expect_err("it unwinds");
    assert_eq!(panic.downcast_ref(), Some(&"of the caller"));
    assert_eq!((store.stats().entries, store.stats().bytes), (0, 0));
}

fn panics() {
    panic!("from the user");
}
