//! Lifetimes, `where` clauses and const generics come along; a const is in the key.

#[path = "../support.rs"]
mod support;

use std::fmt::Debug;

use memo::memoize;

use support::Runs;

static RUNS: Runs = Runs::new();

#[memoize]
fn repeat<'a, const N: usize>(text: &'a str, more: &[&'a str]) -> String
where
    'a: 'a,
{
    RUNS.count();
    text.repeat(N) + &more.concat()
}

#[memoize(key = "{N}:{x:?}")]
fn debug<T, const N: usize>(x: [T; N]) -> String
where
    T: Debug,
    [T; N]: Debug,
{
    RUNS.count();
    format!("{x:?}")
}

fn main() {
    assert_eq!(repeat::<2>("ab", &["c"]), "ababc");
    assert_eq!(repeat::<2>("ab", &["c"]), "ababc");
    RUNS.assert(1);
    assert_eq!(repeat::<3>("ab", &["c"]), "abababc");
    RUNS.assert(1);
    assert_eq!(debug([1, 2]), "[1, 2]");
    assert_eq!(debug([1, 2]), "[1, 2]");
    RUNS.assert(1);
}
