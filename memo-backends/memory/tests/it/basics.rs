use std::any::TypeId;

use memo_memory::{KeyRef, Lookup, Store};

use crate::support::{NEVER, get, in_scope, key, no_matter, put};

#[test]
fn a_stored_value_is_found_again_and_again() {
    let store = Store::with_budget(1 << 20);
    assert_eq!(get::<u64>(&store, &key(b"a")), None);
    put(&store, &key(b"a"), 7_u64);
    for _ in 0..3 {
        assert_eq!(get::<u64>(&store, &key(b"a")), Some(7));
    }
}

#[test]
fn a_newer_value_takes_the_place_of_the_older() {
    let store = Store::with_budget(1 << 20);
    put(&store, &key(b"a"), 1_u64);
    assert_eq!(get::<u64>(&store, &key(b"a")), Some(1));
    put(&store, &key(b"a"), 2_u64);
    assert_eq!(get::<u64>(&store, &key(b"a")), Some(2));
    assert_eq!(store.stats().entries, 1);
}

#[test]
fn a_removed_value_is_gone() {
    let store = Store::with_budget(1 << 20);
    put(&store, &key(b"a"), 1_u64);
    assert_eq!(get::<u64>(&store, &key(b"a")), Some(1));
    assert!(store.remove(&key(b"a")));
    assert_eq!(get::<u64>(&store, &key(b"a")), None);
    assert!(!store.remove(&key(b"a")));
}

#[test]
fn every_field_of_the_key_counts_even_when_the_hashes_are_equal() {
    let base = KeyRef {
        hash: 1,
        ..key(b"same length")
    };
    let others = [
        KeyRef {
            hash: 1 << 40,
            ..base
        },
        KeyRef { scope: 9, ..base },
        KeyRef {
            value_type: TypeId::of::<i8>(),
            ..base
        },
        KeyRef {
            instance: TypeId::of::<i8>(),
            ..base
        },
        KeyRef {
            bytes: b"other bytes",
            ..base
        },
        KeyRef {
            bytes: b"same",
            ..base
        },
    ];
    let store = Store::with_budget(1 << 20);
    put(&store, &base, 0_u64);
    for (number, other) in (1_u64..).zip(&others) {
        assert_eq!(get::<u64>(&store, other), None, "{other:?}");
        put(&store, other, number);
    }
    assert_eq!(get::<u64>(&store, &base), Some(0));
    for (number, other) in (1_u64..).zip(&others) {
        assert_eq!(get(&store, other), Some(number), "{other:?}");
    }
}

#[test]
fn keys_of_every_length_are_told_apart_by_every_byte() {
    let store = Store::with_budget(1 << 20);
    for len in 0..40 {
        let bytes = vec![b'x'; len];
        let stored = KeyRef {
            hash: 0,
            ..key(&bytes)
        };
        put(&store, &stored, len);
        assert_eq!(get(&store, &stored), Some(len));
        for position in 0..len {
            let mut other = bytes.clone();
            other[position] = b'y';
            let other = KeyRef {
                bytes: &other,
                ..stored
            };
            assert_eq!(get::<usize>(&store, &other), None, "{len} {position}");
        }
    }
}

#[test]
fn a_value_of_another_type_is_absent() {
    let store = Store::with_budget(1 << 20);
    put(&store, &key(b"a"), 1_u64);
    assert_eq!(store.read(&key(b"a"), 0, |_: &String| ()), Lookup::Absent);
    assert_eq!(get::<u64>(&store, &key(b"a")), Some(1));
    assert_eq!(store.read(&key(b"a"), 0, |_: &String| ()), Lookup::Absent);
}

#[test]
fn a_scope_is_removed_at_once_and_alone() {
    let store = Store::with_budget(1 << 20);
    for scope in [1, 2] {
        for byte in 0..10 {
            put(&store, &in_scope(scope, &[byte]), u64::from(byte));
        }
    }
    assert_eq!(store.remove_scope(1), 10);
    assert_eq!(store.remove_scope(1), 0);
    assert_eq!(get::<u64>(&store, &in_scope(1, &[3])), None);
    assert_eq!(get::<u64>(&store, &in_scope(2, &[3])), Some(3));
    assert_eq!(store.stats().entries, 10);
}

#[test]
fn clearing_removes_everything_and_the_store_goes_on() {
    let store = Store::with_budget(1 << 20);
    (0..10).for_each(|byte| no_matter(put(&store, &key(&[byte]), u64::from(byte))));
    assert_eq!(get::<u64>(&store, &key(&[3])), Some(3));
    assert_eq!(store.clear(), 10);
    assert_eq!(get::<u64>(&store, &key(&[3])), None);
    assert_eq!((store.stats().entries, store.stats().bytes), (0, 0));
    put(&store, &key(&[3]), 4_u64);
    assert_eq!(get::<u64>(&store, &key(&[3])), Some(4));
}

#[test]
fn two_stores_do_not_see_each_other() {
    let (one, two) = (Store::with_budget(1 << 20), Store::with_budget(1 << 20));
    put(&one, &key(b"a"), 1_u64);
    assert_eq!(get::<u64>(&one, &key(b"a")), Some(1));
    assert_eq!(get::<u64>(&two, &key(b"a")), None);
    drop(one);
    let three = Store::with_budget(1 << 20);
    assert_eq!(get::<u64>(&three, &key(b"a")), None);
}

#[test]
fn inspecting_tells_what_was_given_and_counts_no_use() {
    let store = Store::with_budget(1 << 20);
    let long = [7; 100];
    for bytes in [&long[..3], &long[..]] {
        assert_eq!(store.inspect(&key(bytes)), None);
        store.insert(&key(bytes), Box::new(1_u64), 50, 2000, 1000);
        store.inspect(&key(bytes));
        let info = store.inspect(&key(bytes)).expect("it is there");
        assert_eq!((info.inserted_at, info.expires_at), (1000, 2000));
        assert_eq!((info.weight, info.uses), (50, 0));
    }
}

#[test]
fn uses_are_counted_up_to_three() {
    let store = Store::with_budget(1 << 20);
    put(&store, &key(b"a"), 1_u64);
    let uses = || store.inspect(&key(b"a")).map(|info| info.uses);
    for expected in [1, 2, 3, 3] {
        get::<u64>(&store, &key(b"a"));
        assert_eq!(uses(), Some(expected));
    }
    store.insert(&key(b"a"), Box::new(2_u64), 0, NEVER, 0);
    assert_eq!(uses(), Some(3), "a refreshed entry keeps its standing");
}
