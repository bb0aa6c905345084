//! When values are dropped.

use memo_memory::Store;

use crate::support::{Census, NEVER, OVERHEAD, Token, key, put};

#[test]
fn a_value_is_dropped_before_its_removal_returns() {
    let (store, census) = (Store::with_budget(1 << 20), Census::default());
    put(&store, &key(b"a"), census.token());
    store.read(&key(b"a"), 0, |_: &Token| ());
    store.remove(&key(b"a"));
    assert_eq!(census.alive(), 0);
}

#[test]
fn a_replaced_value_is_dropped_at_once() {
    let (store, census) = (Store::with_budget(1 << 20), Census::default());
    for _ in 0..10 {
        put(&store, &key(b"a"), census.token());
        store.read(&key(b"a"), 0, |_: &Token| ());
        assert_eq!(census.alive(), 1);
    }
}

#[test]
fn evicted_expired_and_cleared_values_are_dropped_at_once() {
    let (store, census) = (Store::with_budget(10 * OVERHEAD), Census::default());
    for number in 0..100 {
        store.insert(&key(&[number]), Box::new(census.token()), 0, 5, 0);
    }
    assert_eq!(census.alive(), 10);
    store.reclaim(5);
    assert_eq!(census.alive(), 0);
    put(&store, &key(b"a"), census.token());
    store.clear();
    assert_eq!(census.alive(), 0);
    assert_eq!(store.stats().bytes, 0);
}

#[test]
fn all_values_are_dropped_with_the_store() {
    let (store, census) = (Store::with_budget(1 << 20), Census::default());
    for number in 0..100 {
        store.insert(&key(&[number]), Box::new(census.token()), 0, NEVER, 0);
        store.read(&key(&[number]), 0, |_: &Token| ());
    }
    drop(store);
    assert_eq!(census.alive(), 0);
}
