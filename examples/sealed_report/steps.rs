//! Headings, times, and whether a body ran.

use crate::report::{Report, survey};
use std::time::{Duration, Instant};

type Outcome = Result<Report, String>;

/// Begins a step of the story.
pub(crate) fn step(title: &str) {
    println!("\n{title}");
}

/// Makes a call that must compute.
pub(crate) fn computed(name: &str, call: impl FnOnce() -> Outcome) -> Outcome {
    let (runs, outcome) = counted(name, call);
    assert_eq!(runs, 1, "{name} computes");
    outcome
}

/// Makes a call that must be served from the store.
pub(crate) fn did_not_compute(name: &str, call: impl FnOnce() -> Outcome) -> Outcome {
    let (runs, outcome) = counted(name, call);
    assert_eq!(runs, 0, "{name} is a hit");
    outcome
}

fn counted(name: &str, call: impl FnOnce() -> Outcome) -> (u64, Outcome) {
    let before = survey::site().stats().computed;
    let start = Instant::now();
    let outcome = call();
    let took = start.elapsed();
    let runs = survey::site().stats().computed - before;
    let how = if runs == 0 {
        "was a hit"
    } else {
        "computed the report"
    };
    println!("  {name} {how} ({}).", time(took));
    (runs, outcome)
}

fn time(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1e3)
}

/// `1234567` as `1234.6 kB`.
pub(crate) fn kilobytes(bytes: u64) -> String {
    format!("{:.1} kB", bytes as f64 / 1e3)
}
