//! Values that live as bytes: split, compressed, put together again.

use std::time::Duration;

use memo::{Event, memoize};
use memo_testkit::assert_computed;
use serde::{Deserialize, Serialize};

use crate::store::{self, Isolated, Why};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Row {
    id: u64,
    name: String,
    tags: Vec<String>,
}

fn rows(count: u64) -> Vec<Row> {
    let row = |id| Row {
        id,
        name: format!("row number {id}"),
        tags: vec![format!("tag {}", id % 7), String::from("all")],
    };
    (0..count).map(row).collect()
}

#[memoize(key = "large:{count}", expiration = 60, large_data)]
fn large(count: u64) -> Vec<Row> {
    rows(count)
}

#[test]
fn a_large_value_comes_back_as_it_was() {
    Isolated::new().run(|| {
        for count in [0, 1, 10, 1000, 100_000] {
            let first = assert_computed!(1, large(count));
            let second = assert_computed!(0, large(count));
            assert_eq!(first, second);
        }
    });
}

#[test]
fn a_large_value_expires_like_any_other() {
    let test = Isolated::new();
    test.run(|| {
        assert_computed!(1, large(100_000));
        test.clock().advance(Duration::from_secs(59));
        assert_computed!(0, large(100_000));
        test.clock().advance(Duration::from_secs(1));
        assert_computed!(1, large(100_000));
    });
}

#[test]
fn a_large_value_is_compressed_in_the_budget() {
    store::in_memory(Why::Bytes);
    let test = Isolated::new();
    test.run(|| large(10_000));
    let raw = 10_000 * 40;
    assert!(test.cache().stats().bytes < raw / 2, "{:?}", test.cache());
    assert_eq!(
        test.recorder()
            .count(|event| matches!(event, Event::Stored { weight, .. } if *weight < raw / 2)),
        1
    );
}

#[test]
fn what_is_left_of_a_large_value_goes_with_it() {
    store::in_memory(Why::Bytes);
    let test = Isolated::new();
    test.run(|| {
        large(200_000);
        assert!(test.cache().stats().entries > 2, "it is in chunks");
        assert!(large::entry(200_000).invalidate());
        assert_eq!(test.cache().stats().entries, 0);
        large(200_000);
        let entries = test.cache().stats().entries;
        memo::refresh(|| large(200_000));
        assert_eq!(test.cache().stats().entries, entries);
    });
}
