//! Every return type that yields items, with borrowed and with owned arguments.

#[path = "../support.rs"]
mod support;

use std::iter::Peekable;

use memo::memoize_iter;

use support::Runs;

static RUNS: Runs = Runs::new();

struct Db {
    rows: Vec<u64>,
}

#[memoize_iter(key = "{table}", skip(db))]
fn rows(db: &Db, table: &str) -> impl Iterator<Item = u64> {
    RUNS.count();
    db.rows.iter().map(move |row| row + table.len() as u64)
}

#[memoize_iter]
fn owned(table: String) -> impl Iterator<Item = String> + Send + Sync + Unpin + 'static {
    RUNS.count();
    if table.is_empty() {
        return vec![String::new()].into_iter();
    }
    vec![table].into_iter()
}

#[memoize_iter]
fn used<'a>(a: &'a str, b: &str) -> impl Iterator<Item = usize> + use<'a> {
    RUNS.count();
    a.chars().map(|c| c as usize)
}

#[memoize_iter]
fn collection(n: u64) -> impl IntoIterator<Item = u64> {
    RUNS.count();
    vec![n; 3]
}

#[memoize_iter]
fn boxed(n: u64) -> Box<dyn Iterator<Item = u64> + Send> {
    RUNS.count();
    if n == 0 {
        return Box::new(std::iter::empty());
    }
    Box::new(0..n)
}

#[memoize_iter(key = "{n}", skip(db))]
fn boxed_borrowed<'a>(db: &'a Db, n: u64) -> Box<dyn Iterator<Item = u64> + 'a> {
    RUNS.count();
    Box::new(db.rows.iter().copied().take(n as usize))
}

#[memoize_iter]
fn list(text: &str) -> Vec<String> {
    RUNS.count();
    text.split(' ').map(Into::into).collect()
}

#[memoize_iter(eager)]
fn words(text: &str) -> Box<dyn Iterator<Item = String>> {
    RUNS.count();
    let words: Vec<_> = text.split(' ').map(str::to_owned).collect();
    Box::new(words.into_iter())
}

#[memoize_iter(eager)]
fn letters(text: &str) -> impl Iterator<Item = char> + use<> {
    RUNS.count();
    let letters: Peekable<_> = text.chars().peekable();
    letters
}

type Fallible<T> = Result<T, std::num::ParseIntError>;

// What is kept of an alias does not show, and an entry would have to say it.
#[memoize_iter(entry = false)]
fn numbers(text: &str) -> impl Iterator<Item = Fallible<u64>> + '_ {
    RUNS.count();
    text.split(' ').map(str::parse)
}

fn main() {
    each_body_runs_once();
}

fn each_body_runs_once() {
    let db = Db { rows: vec![1, 2] };
    for _ in 0..2 {
        assert_eq!(rows(&db, "x").sum::<u64>(), 5);
        assert_eq!(owned("x".into()).collect::<Vec<_>>(), ["x"]);
        assert_eq!(used("a", "b").next(), Some(97));
        assert_eq!(collection(3).into_iter().count(), 3);
        assert_eq!(boxed(0).count(), 0);
        assert_eq!(boxed(3).count(), 3);
        assert_eq!(boxed_borrowed(&db, 1).sum::<u64>(), 1);
        assert_eq!(list("a b"), ["a", "b"]);
        assert_eq!(words("a b").collect::<String>(), "ab");
        assert_eq!(letters("a b").collect::<String>(), "a b");
        assert_eq!(numbers("1 2").sum::<Fallible<u64>>(), Ok(3));
    }
    // `used` was left before its end.
    RUNS.assert(12);
    assert!(numbers("1 x").sum::<Fallible<u64>>().is_err());
    assert!(numbers("1 x").sum::<Fallible<u64>>().is_err());
    RUNS.assert(2);
}
