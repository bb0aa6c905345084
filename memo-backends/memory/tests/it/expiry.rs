use memo_memory::{Lookup, Store};

use crate::support::{NEVER, key};

fn put_until(store: &Store, bytes: &[u8], expires_at: u64) {
    store.insert(&key(bytes), Box::new(1_u64), 0, expires_at, 0);
}

#[test]
fn a_value_is_expired_from_its_expiry_on_and_not_before() {
    let store = Store::with_budget(1 << 20);
    put_until(&store, b"a", 10);
    let read = |now| store.read(&key(b"a"), now, |value: &u64| *value);
    assert_eq!(read(9), Lookup::Hit(1));
    assert_eq!(read(10), Lookup::Expired);
    assert_eq!(read(11), Lookup::Expired);
    assert_eq!(read(9), Lookup::Hit(1), "reading does not remove");
}

#[test]
fn reclaiming_removes_all_that_is_expired_and_nothing_else() {
    let store = Store::with_budget(1 << 20);
    (1..=100).for_each(|byte| put_until(&store, &[byte], u64::from(byte)));
    put_until(&store, b"for ever", NEVER);
    assert_eq!(store.next_expiry(), Some(1));
    assert_eq!(store.reclaim(50), 50);
    assert_eq!(store.reclaim(50), 0);
    assert_eq!(store.next_expiry(), Some(51));
    assert_eq!(store.stats().entries, 51);
    assert_eq!(store.stats().expirations, 50);
    assert_eq!(store.reclaim(NEVER - 1), 50);
    assert_eq!(store.next_expiry(), None);
}

#[test]
fn insertions_reclaim_what_is_expired_a_few_at_a_time() {
    let store = Store::with_budget(1 << 20);
    (0..40).for_each(|byte| put_until(&store, &[byte], 10));
    store.insert(&key(b"new"), Box::new(1_u64), 0, NEVER, 20);
    let left = store.stats().entries;
    assert!(left < 41 && left > 20, "some went, not all: {left}");
    for byte in 0..20 {
        store.insert(&key(&[1, byte]), Box::new(1_u64), 0, NEVER, 20);
    }
    assert_eq!(store.stats().entries, 21);
}

#[test]
fn removed_and_replaced_entries_leave_no_deadline_behind() {
    let store = Store::with_budget(1 << 20);
    put_until(&store, b"a", 10);
    put_until(&store, b"a", 20);
    assert_eq!(store.next_expiry(), Some(20));
    store.remove(&key(b"a"));
    assert_eq!(store.next_expiry(), None);
    put_until(&store, b"b", 5);
    store.clear();
    assert_eq!(store.next_expiry(), None);
}

#[test]
fn a_life_that_is_cut_short_ends_then_and_is_reclaimed_then() {
    let store = Store::with_budget(1 << 20);
    put_until(&store, b"a", 100);
    put_until(&store, b"b", NEVER);
    assert!(store.cut_short(&key(b"a"), 10, 0));
    assert!(store.cut_short(&key(b"b"), 20, 0));
    assert_eq!(store.next_expiry(), Some(10));
    let read = |now, bytes| store.read(&key(bytes), now, |value: &u64| *value);
    assert_eq!(read(9, b"a"), Lookup::Hit(1));
    assert_eq!(read(10, b"a"), Lookup::Expired);
    assert_eq!(read(19, b"b"), Lookup::Hit(1));
    assert_eq!(store.reclaim(15), 1);
    assert_eq!(store.next_expiry(), Some(20));
    assert_eq!(store.reclaim(NEVER - 1), 1);
    assert_eq!(store.stats().bytes, 0);
}

#[test]
fn a_life_is_never_prolonged_and_the_dead_stay_dead() {
    let store = Store::with_budget(1 << 20);
    put_until(&store, b"a", 10);
    assert!(store.cut_short(&key(b"a"), 50, 0));
    assert!(store.cut_short(&key(b"a"), NEVER, 0));
    assert_eq!(store.next_expiry(), Some(10));
    assert!(!store.cut_short(&key(b"a"), 50, 10));
    assert!(!store.cut_short(&key(b"b"), 50, 10));
    let read = store.read(&key(b"a"), 10, |value: &u64| *value);
    assert_eq!(read, Lookup::Expired);
    assert_eq!(store.stats().entries, 1);
}
