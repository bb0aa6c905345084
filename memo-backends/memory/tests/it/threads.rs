//! Several threads at once. What is checked holds in every interleaving, so nothing is timed.

use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use memo_memory::{DropLater, Lookup, Store};

use crate::support::{Census, NEVER, OVERHEAD, Token, get, key, no_matter, put};

/// Read by all, written by one: its version only grows.
struct Subject {
    number: u64,
    /// The newest version whose removal or replacement has returned.
    gone: AtomicU64,
}

impl Subject {
    fn read(&self, store: &Store) {
        let gone = self.gone.load(Ordering::Acquire);
        let bytes = self.number.to_le_bytes();
        if let Some((number, version)) = get::<(u64, u64)>(store, &key(&bytes)) {
            assert_eq!(number, self.number, "the value of another key");
            assert!(
                version > gone,
                "version {version}, but {gone} was gone already"
            );
        }
    }

    fn write(&self, store: &Store, version: u64) {
        let bytes = self.number.to_le_bytes();
        put(store, &key(&bytes), (self.number, version));
        // The insertion has replaced the version before.
        self.gone.store(version - 1, Ordering::Release);
        if version.is_multiple_of(3) {
            store.remove(&key(&bytes));
            self.gone.store(version, Ordering::Release);
        }
    }
}

/// Returns after all threads have gone for good, and their handles on entries with them.
fn hammer(store: &Store, subjects: &[Subject], versions: u64) {
    let done = AtomicBool::new(false);
    let read = || {
        while !done.load(Ordering::Relaxed) {
            subjects.iter().for_each(|subject| subject.read(store));
        }
    };
    let write = |half| {
        let own = subjects.iter().skip(half).step_by(2);
        for version in 1..=versions {
            own.clone()
                .for_each(|subject| subject.write(store, version));
        }
    };
    thread::scope(|scope| {
        let readers = [(); 2].map(|()| scope.spawn(read));
        let writers = [0, 1].map(|half| scope.spawn(move || write(half)));
        let written = writers.map(|writer| writer.join().is_ok());
        done.store(true, Ordering::Relaxed);
        let read = readers.map(|reader| reader.join().is_ok());
        assert_eq!((written, read), ([true; 2], [true; 2]));
    });
}

fn subjects(count: u64) -> Vec<Subject> {
    (0..count)
        .map(|number| Subject {
            number,
            gone: AtomicU64::new(0),
        })
        .collect()
}

#[test]
fn what_was_removed_or_replaced_is_never_read_again() {
    let store = Store::with_budget(1 << 20);
    hammer(&store, &subjects(4), 20_000);
    // Of 120 000 removed entries a few may wait to be freed.
    assert!(store.stats().bytes < 100 * OVERHEAD, "{:?}", store.stats());
}

#[test]
fn the_same_holds_while_entries_are_evicted() {
    let store = Store::with_budget(20 * OVERHEAD);
    hammer(&store, &subjects(60), 1_000);
    assert!(store.stats().evictions > 0);
}

#[test]
fn values_are_dropped_exactly_once_whoever_holds_them_last() {
    let (store, census) = (Store::with_budget(20 * OVERHEAD), Census::default());
    let work = |thread: u32| {
        for round in 0..5_000 {
            let bytes = [(round % 50) as u8];
            match (round / 50 + thread) % 4 {
                0 => no_matter(put(&store, &key(&bytes), census.token())),
                1 => no_matter(store.remove(&key(&bytes))),
                _ => no_matter(store.read(&key(&bytes), 0, |_: &Token| ())),
            }
        }
    };
    thread::scope(|scope| {
        let workers = [0, 1, 2, 3].map(|number| scope.spawn(move || work(number)));
        assert!(
            workers
                .map(|worker| worker.join().is_ok())
                .iter()
                .all(|is_ok| *is_ok)
        );
    });
    drop(store);
    assert_eq!(census.alive(), 0);
}

#[test]
fn bytes_count_what_another_thread_still_holds() {
    let store = Store::with_budget(1 << 20);
    put(&store, &key(b"a"), 1_u64);
    let (read, removed) = (Barrier::new(2), Barrier::new(2));
    thread::scope(|scope| {
        let reader = scope.spawn(|| {
            assert_eq!(get::<u64>(&store, &key(b"a")), Some(1));
            read.wait();
            removed.wait();
            assert_eq!(get::<u64>(&store, &key(b"a")), None);
        });
        read.wait();
        assert!(store.remove(&key(b"a")));
        assert_eq!((store.stats().entries, store.stats().bytes), (0, OVERHEAD));
        removed.wait();
        assert!(reader.join().is_ok());
    });
    assert_eq!(store.stats().bytes, 0);
}

#[test]
fn what_another_thread_still_holds_leaves_less_room_for_the_others() {
    let budget = 40 * OVERHEAD;
    let store = Store::with_budget(budget);
    let names: Vec<[u8; 1]> = (0..110).map(|number| [number]).collect();
    let (held, others) = names.split_at(10);
    let (read, filled) = (Barrier::new(2), Barrier::new(2));
    thread::scope(|scope| {
        scope.spawn(|| {
            for name in held {
                put(&store, &key(name), 1_u64);
                assert_eq!(get::<u64>(&store, &key(name)), Some(1));
            }
            read.wait();
            filled.wait();
        });
        read.wait();
        store.clear();
        let dead = store.stats().bytes;
        for name in others {
            put(&store, &key(name), 1_u64);
        }
        let bytes = store.stats().bytes;
        filled.wait();
        assert!(dead > 5 * OVERHEAD, "only {dead} are held");
        assert!(bytes <= budget, "{bytes} of {budget}");
    });
}

#[test]
fn a_large_value_is_held_by_no_thread_that_read_it() {
    let (store, census) = (Store::with_budget(1 << 20), Census::default());
    store.insert(&key(b"a"), Box::new(census.token()), 10_000, NEVER, 0);
    let (read, removed) = (Barrier::new(2), Barrier::new(2));
    thread::scope(|scope| {
        scope.spawn(|| {
            assert_eq!(store.read(&key(b"a"), 0, |_: &Token| ()), Lookup::Hit(()));
            read.wait();
            removed.wait();
        });
        read.wait();
        store.remove(&key(b"a"));
        assert_eq!(census.alive(), 0);
        removed.wait();
    });
}

#[test]
fn a_value_outlives_its_removal_while_it_is_read() {
    let (store, census) = (Store::with_budget(1 << 20), Census::default());
    store.insert(&key(b"a"), Box::new(census.token()), 10_000, NEVER, 0);
    let (reading, removed) = (Barrier::new(2), Barrier::new(2));
    thread::scope(|scope| {
        scope.spawn(|| {
            let _later = DropLater::begin();
            store.read(&key(b"a"), 0, |_: &Token| {
                reading.wait();
                removed.wait();
                assert_eq!(census.alive(), 1);
            });
        });
        reading.wait();
        assert!(store.remove(&key(b"a")));
        removed.wait();
    });
    drop(store);
    assert_eq!(census.alive(), 0);
}
