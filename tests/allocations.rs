//! A hit allocates nothing, whatever the key: counted by the allocator.

use std::hint::black_box;
use std::sync::Arc;

use allocation_counter::measure;
use memo::memoize;

#[memoize]
fn number(n: u64) -> u64 {
    n + 1
}

#[memoize]
fn two_strs(left: &str, right: &str) -> Arc<str> {
    format!("{left}{right}").into()
}

#[memoize(key = "user:{org}:{id}")]
fn template(org: &str, id: u64) -> u64 {
    org.len() as u64 + id
}

#[memoize(key = "shown:{org}:{ratio:?}")]
fn formatted(org: &str, ratio: f64) -> u64 {
    org.len() as u64 + ratio as u64
}

#[memoize]
fn generic<T: serde::Serialize + Copy + Into<u64>>(value: T) -> u64 {
    value.into()
}

fn allocations_of_a_hit<R>(call: impl Fn() -> R) -> u64 {
    black_box(call());
    black_box(call());
    measure(|| drop(black_box(call()))).count_total
}

#[test]
fn a_hit_allocates_nothing() {
    assert_eq!(allocations_of_a_hit(|| number(black_box(1))), 0);
    assert_eq!(
        allocations_of_a_hit(|| two_strs(black_box("left"), black_box("right"))),
        0
    );
    assert_eq!(
        allocations_of_a_hit(|| template(black_box("acme"), black_box(42))),
        0
    );
    assert_eq!(
        allocations_of_a_hit(|| formatted(black_box("acme"), black_box(0.5))),
        0
    );
    assert_eq!(allocations_of_a_hit(|| generic(black_box(7_u32))), 0);
}

#[test]
fn the_counter_counts() {
    assert!(measure(|| drop(black_box(vec![1_u8; 100]))).count_total > 0);
    assert!(allocations_of_a_hit(|| memo::bypass(|| two_strs("left", "right"))) > 0);
}
