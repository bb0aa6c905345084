//! One reading of the clock, and the middle of many.

use std::hint::black_box;
use std::time::{Duration, Instant};

/// The time of `work`, without the drop of what it returns.
pub(crate) fn time<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    settle();
    let start = Instant::now();
    let result = black_box(work());
    (start.elapsed(), result)
}

/// Has the allocator sort what was freed before: glibc's does it when it next hands out, or takes back, something large. After a million
/// strings that takes as long as to decode them, and whoever comes next would pay for it.
fn settle() {
    drop(black_box(vec![1_u8; 1 << 20]));
}

/// The middle one, the later of two.
pub(crate) fn median(times: impl Iterator<Item = Duration>) -> Duration {
    let mut times: Vec<_> = times.collect();
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}
