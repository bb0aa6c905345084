//! Borrowed strings inside a collection are a key like any other.

#[path = "../support.rs"]
mod support;

use memo::memoize;

use support::Runs;

static RUNS: Runs = Runs::new();

#[memoize]
fn join(words: Vec<&str>, by: Option<&str>) -> String {
    RUNS.count();
    words.join(by.unwrap_or(" "))
}

fn main() {
    assert_eq!(join(vec!["a", "b"], None), "a b");
    assert_eq!(join(vec!["a", "b"], None), "a b");
    RUNS.assert(1);
    assert_eq!(join(vec!["a b"], Some("-")), "a b");
    assert_eq!(join(vec!["a", "b"], Some("-")), "a-b");
    RUNS.assert(2);
}
