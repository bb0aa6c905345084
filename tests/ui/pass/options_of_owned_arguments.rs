//! What runs after the body has a copy of what counts of an argument that the body takes.

#[path = "../support.rs"]
mod support;

use memo::memoize;

use support::{Runs, block_on};

static RUNS: Runs = Runs::new();

#[memoize(cache_if = { let least = text.len(); move |value| value.len() > least })]
fn blocking(text: String, more: &str) -> String {
    RUNS.count();
    text + more
}

#[memoize(cache_if = { let least = text.len(); move |value| value.len() > least }, weigh = move |value| value.len() + more.len())]
async fn later(text: String, more: &'static str) -> String {
    RUNS.count();
    text + std::future::ready(more).await
}

#[memoize(cache_if = |value| value.len() > text.len())]
async fn borrowed(text: &str, more: &str) -> String {
    RUNS.count();
    format!("{text}{more}")
}

#[memoize(cache_if = |value| *value > least)]
async fn copied(least: u64, more: u64) -> u64 {
    RUNS.count();
    least + more
}

fn main() {
    let text = || "a".to_owned();
    for (more, runs) in [("b", 1), ("", 2)] {
        assert_eq!(blocking(text(), more), blocking(text(), more));
        RUNS.assert(runs);
        assert_eq!(block_on(later(text(), more)), block_on(later(text(), more)));
        RUNS.assert(runs);
        assert_eq!(block_on(borrowed("a", more)), block_on(borrowed("a", more)));
        RUNS.assert(runs);
    }
    assert_eq!([block_on(copied(1, 1)), block_on(copied(1, 1))], [2, 2]);
    RUNS.assert(1);
}
