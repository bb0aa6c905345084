//! Laws about values.

use std::time::Duration;

use memo_core::Waits;
use memo_core::backend::{Answer, Backend, Bytes, FaultKind, Item, Name, Token};

use super::bench::{Bench, FOREVER, item};
use crate::block_on::at_once;

pub(super) fn a_value_comes_back_as_it_was<B: Backend>(bench: &Bench<'_, B>) {
    let name = bench.name("a");
    let bytes: Vec<u8> = (0..=255).chain(*b"\r\nEND\r\n$-1\r\n").collect();
    bench.set(&name, bytes.clone());
    assert_eq!(bench.get(&name), Some(bytes.into()));
}

pub(super) fn an_empty_value_is_a_value<B: Backend>(bench: &Bench<'_, B>) {
    let name = bench.name("a");
    assert_eq!(bench.get(&name), None);
    bench.set(&name, "");
    assert_eq!(bench.get(&name), Some(Bytes::new()));
}

pub(super) fn the_largest_value_comes_back_whole<B: Backend>(bench: &Bench<'_, B>) {
    let name = bench.name("a");
    let largest = uneven(tested_limit(bench));
    bench.set(&name, largest.clone());
    assert!(bench.get(&name) == Some(largest), "another value");
}

pub(super) fn a_value_over_the_limit_is_never_cut<B: Backend>(bench: &Bench<'_, B>) {
    let name = bench.name("a");
    let limit = bench.capability().max_value_bytes;
    if limit > MOST_TESTED {
        return;
    }
    let over = uneven(limit + 1);
    let outcome = bench.run(bench.try_set_many(vec![item(&name, over.clone(), FOREVER)]));
    match outcome {
        Ok(()) => assert!(bench.get(&name) == Some(over), "another value"),
        Err(fault) => {
            assert_eq!(fault.kind(), FaultKind::TooLarge);
            assert!(bench.get(&name).is_none(), "a value that was refused");
        }
    }
}

pub(super) fn a_later_value_takes_the_place_of_an_earlier<B: Backend>(bench: &Bench<'_, B>) {
    let name = bench.name("a");
    for value in ["first", "a longer second", "3rd", ""] {
        bench.set(&name, value);
        assert_eq!(bench.get(&name), Some(value.into()));
    }
}

pub(super) fn what_was_read_does_not_change<B: Backend>(bench: &Bench<'_, B>) {
    let name = bench.name("a");
    bench.set(&name, "before");
    let before = bench.get(&name);
    bench.set(&name, "behind");
    bench.delete(&name);
    assert_eq!(before, Some("before".into()));
}

pub(super) fn answers_come_in_the_order_of_the_names<B: Backend>(bench: &Bench<'_, B>) {
    let names = ["c", "a", "missing", "b", "a", "gone"].map(|text| bench.name(text));
    let [c, a, _, b, _, gone] = &names;
    bench.set_many(
        [(a, "A"), (b, "B"), (c, "C"), (gone, "D")]
            .map(forever)
            .into(),
    );
    bench.delete(gone);
    let expected = [Some("C"), Some("A"), None, Some("B"), Some("A"), None];
    assert_eq!(
        bench.get_many(&names),
        expected.map(|value| value.map(Bytes::from))
    );
}

pub(super) fn nothing_asked_is_nothing_answered<B: Backend>(bench: &Bench<'_, B>) {
    assert_eq!(bench.get_many(&[]), []);
    bench.set_many(Vec::new());
    assert_eq!(bench.delete_many(&[]), 0);
    let can = bench.capability();
    if can.probes {
        assert_eq!(bench.probe(&[]), []);
    }
    if can.expires_early {
        assert_eq!(bench.expire(&[], FOREVER), 0);
        assert_eq!(bench.expire(&[], Duration::ZERO), 0);
    }
}

pub(super) fn many_values_are_stored_at_once<B: Backend>(bench: &Bench<'_, B>) {
    let numbers: Vec<String> = (0..300).map(|number| number.to_string()).collect();
    let names: Vec<_> = numbers.iter().map(|number| bench.name(number)).collect();
    let pairs = names.iter().zip(&numbers);
    let items: Vec<Item> = pairs
        .map(|(name, number)| item(name, number.clone(), FOREVER))
        .collect();
    bench.set_many(items);
    let expected: Vec<_> = numbers.into_iter().map(|n| Some(Bytes::from(n))).collect();
    assert_eq!(bench.get_many(&names), expected);
    assert_eq!(bench.delete_many(&names), 300);
}

pub(super) fn a_deleted_value_is_gone<B: Backend>(bench: &Bench<'_, B>) {
    let (a, b) = (bench.name("a"), bench.name("b"));
    bench.set_many([(&a, "A"), (&b, "B")].map(forever).into());
    bench.delete(&a);
    assert_eq!(bench.get_many(&[a.clone(), b]), [None, Some("B".into())]);
    bench.set(&a, "again");
    assert_eq!(bench.get(&a), Some("again".into()));
}

pub(super) fn deleting_counts_what_was_there<B: Backend>(bench: &Bench<'_, B>) {
    let names = ["a", "never", "b", "c"].map(|text| bench.name(text));
    let [a, never, b, _] = &names;
    bench.set_many([(a, "A"), (b, "B")].map(forever).into());
    assert_eq!(bench.delete(never), 0);
    assert_eq!(bench.delete_many(&names), 2);
    assert_eq!(bench.delete_many(&names), 0);
}

pub(super) fn a_blocking_operation_is_ready_at_once<B: Backend>(bench: &Bench<'_, B>) {
    let (store, name) = (bench.backend(), bench.name("a"));
    let items = vec![item(&name, "A", FOREVER)];
    let names = [name];
    assert!(at_once(store.set_many(items, Waits::Blocking)).is_some());
    assert!(at_once(store.get_many(&names, Waits::Blocking)).is_some());
    assert!(at_once(store.probe_many(&names, Waits::Blocking)).is_some());
    assert!(at_once(store.expire_many(&names, FOREVER, Waits::Blocking)).is_some());
    assert!(at_once(store.delete_many(&names, Waits::Blocking)).is_some());
}

pub(super) fn a_missing_operation_says_so<B: Backend>(bench: &Bench<'_, B>) {
    let (can, store, waits) = (bench.capability(), bench.backend(), bench.waits());
    let (name, token, second) = (bench.name("a"), Token(1), Duration::from_secs(1));
    let names = std::slice::from_ref(&name);
    if !can.probes {
        unsupported(bench.run(store.probe_many(names, waits)));
    }
    if !can.expires_early {
        unsupported(bench.run(store.expire_many(names, FOREVER, waits)));
    }
    if !can.groups {
        unsupported(bench.run(store.delete_group(bench.group, waits)));
    }
    if !can.counters {
        unsupported(bench.run(store.add(&name, 1, FOREVER, waits)));
    }
    if !can.leases {
        unsupported(bench.run(store.lease(&name, token, second, waits)));
        unsupported(bench.run(store.seize(&name, token, second, waits)));
        unsupported(bench.run(store.join(&name, token, token, second, waits)));
        unsupported(bench.run(store.extend(&name, token, second, waits)));
        unsupported(bench.run(store.fill(item(&name, "A", FOREVER), token, waits)));
        unsupported(bench.run(store.release(&name, token, waits)));
    }
}

fn unsupported<T>(answer: Answer<T>) {
    let kind = answer.err().map(|fault| fault.kind());
    assert_eq!(kind, Some(FaultKind::Unsupported));
}

fn forever((name, value): (&Name, &'static str)) -> Item {
    item(name, value, FOREVER)
}

/// Stores with a limit of gigabytes are believed.
const MOST_TESTED: usize = 16 << 20;

fn tested_limit<B: Backend>(bench: &Bench<'_, B>) -> usize {
    bench.capability().max_value_bytes.min(MOST_TESTED)
}

/// Bytes that show when a part of them is missing or elsewhere.
fn uneven(length: usize) -> Bytes {
    let byte = |place: usize| (place ^ (place >> 8) ^ (place >> 16)) as u8;
    (0..length).map(byte).collect()
}
