use memo_memory::{Insert, KeyRef, Store};

use crate::support::{Census, NEVER, OVERHEAD, get, key, put};

/// A store with room for so many entries of no weight.
fn room_for(entries: usize) -> Store {
    Store::with_budget(entries * OVERHEAD)
}

fn numbered(number: &[u8; 4]) -> KeyRef<'_> {
    key(number)
}

fn put_number(store: &Store, number: u32) {
    put(store, &numbered(&number.to_le_bytes()), number);
}

fn has(store: &Store, number: u32) -> bool {
    store.inspect(&numbered(&number.to_le_bytes())).is_some()
}

fn read(store: &Store, number: u32) -> Option<u32> {
    get(store, &numbered(&number.to_le_bytes()))
}

#[test]
fn the_budget_is_used_but_never_exceeded() {
    let store = room_for(100);
    (0..1000).for_each(|number| put_number(&store, number));
    let stats = store.stats();
    assert_eq!(stats.entries, 100);
    assert_eq!(stats.bytes, stats.budget);
    assert_eq!(stats.evictions, 900);
}

#[test]
fn an_insertion_tells_how_many_it_evicted() {
    let store = room_for(10);
    (0..10).for_each(|number| put_number(&store, number));
    let evicted = store.insert(&key(b"big"), Box::new(()), 2 * OVERHEAD, NEVER, 0);
    assert_eq!(evicted, Insert::Stored { evicted: 3 });
}

#[test]
fn a_hot_set_survives_a_scan() {
    let store = room_for(100);
    let hot = 0..60;
    for number in hot.clone() {
        put_number(&store, number);
        (0..3).for_each(|_| assert_eq!(read(&store, number), Some(number)));
    }
    (1000..11_000).for_each(|number| put_number(&store, number));
    let left = hot.filter(|number| has(&store, *number)).count();
    assert_eq!(left, 60);
}

#[test]
fn what_is_no_longer_used_makes_room_for_a_new_hot_set() {
    let store = room_for(100);
    for number in (0..80).flat_map(|number| [number; 3]) {
        if read(&store, number).is_none() {
            put_number(&store, number);
        }
    }
    for number in (0..20).flat_map(|_| 1000..1080) {
        if read(&store, number).is_none() {
            put_number(&store, number);
        }
    }
    let left = (1000..1080).filter(|number| has(&store, *number)).count();
    assert_eq!(left, 80);
}

#[test]
fn an_evicted_key_is_remembered_until_it_is_stored_again() {
    let store = room_for(10);
    (0..11).for_each(|number| put_number(&store, number));
    let first = 0_u32.to_le_bytes();
    assert!(!has(&store, 0));
    assert!(store.was_evicted(&numbered(&first)));
    assert!(!store.was_evicted(&key(b"never seen")));
    put_number(&store, 0);
    assert!(!store.was_evicted(&numbered(&first)));
}

#[test]
fn a_key_that_comes_back_after_its_eviction_outlives_a_scan() {
    let store = room_for(20);
    (0..21).for_each(|number| put_number(&store, number));
    assert!(!has(&store, 0));
    put_number(&store, 0);
    (100..200).for_each(|number| put_number(&store, number));
    assert!(has(&store, 0));
}

#[test]
fn what_was_evicted_is_forgotten_when_all_is_cleared() {
    let store = room_for(10);
    (0..11).for_each(|number| put_number(&store, number));
    assert!(store.was_evicted(&numbered(&0_u32.to_le_bytes())));
    store.clear();
    assert!(!store.was_evicted(&numbered(&0_u32.to_le_bytes())));
}

#[test]
fn removing_is_not_evicting() {
    let store = room_for(10);
    put_number(&store, 0);
    store.remove(&numbered(&0_u32.to_le_bytes()));
    assert!(!store.was_evicted(&numbered(&0_u32.to_le_bytes())));
    assert_eq!(store.stats().evictions, 0);
}

#[test]
fn a_value_too_large_is_refused_and_takes_its_older_value_along() {
    let census = Census::default();
    let store = room_for(100);
    put(&store, &key(b"other"), 1_u64);
    put(&store, &key(b"a"), 1_u64);
    let refused = store.insert(
        &key(b"a"),
        Box::new(census.token()),
        95 * OVERHEAD,
        NEVER,
        0,
    );
    assert_eq!(refused, Insert::TooLarge);
    assert_eq!(census.alive(), 0);
    assert_eq!(get::<u64>(&store, &key(b"a")), None);
    assert_eq!(get::<u64>(&store, &key(b"other")), Some(1));
    let refused = store.insert(&key(b"a"), Box::new(()), usize::MAX, NEVER, 0);
    assert_eq!(refused, Insert::TooLarge);
}

#[test]
fn a_store_without_a_budget_stores_nothing() {
    let store = Store::with_budget(0);
    assert_eq!(put(&store, &key(b"a"), 1_u64), Insert::TooLarge);
    assert_eq!(store.stats().entries, 0);
}

#[test]
fn a_long_key_counts() {
    let store = Store::with_budget(1 << 20);
    put(&store, &key(&[1; 24]), 1_u64);
    assert_eq!(store.stats().bytes, OVERHEAD);
    put(&store, &key(&[1; 1000]), 1_u64);
    assert_eq!(store.stats().bytes, 2 * OVERHEAD + 1000);
}

#[test]
fn replacing_evicts_nothing_else_when_the_size_stays() {
    let store = room_for(10);
    (0..10).for_each(|number| put_number(&store, number));
    (0..100_000).for_each(|round| put_number(&store, round % 10));
    assert_eq!(store.stats().evictions, 0);
    assert_eq!(store.stats().entries, 10);
}

#[test]
fn a_budget_without_bounds_takes_entries_of_any_weight() {
    let store = Store::with_budget(usize::MAX);
    let weight = usize::MAX / 10 * 6;
    for number in 0..4_u32 {
        let bytes = number.to_le_bytes();
        let insert = store.insert(&numbered(&bytes), Box::new(number), weight, NEVER, 0);
        assert_eq!(
            insert,
            Insert::Stored {
                evicted: usize::from(number > 0)
            }
        );
        assert_eq!(read(&store, number), Some(number));
    }
    assert_eq!(store.stats().entries, 1);
}
