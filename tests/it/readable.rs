//! What can be read by whoever sees the store, the logs and the events: of sealed functions, nothing.

use std::time::Duration;

use memo::{Site, memoize};
use memo_testkit::{Operation, Trouble, block_on};
use serde::{Deserialize, Serialize};

use crate::shelf::Shelf;
use crate::store::{self, Why};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Account {
    holder: String,
    lines: Vec<String>,
}

fn account(holder: &str, many: usize) -> Account {
    Account {
        holder: format!("Holder-{holder}"),
        lines: vec![String::from("Balance-31.40"); many],
    }
}

#[memoize(
    key = "readable-account:{holder}:{many}",
    expiration = 60,
    encrypt,
    large_data
)]
fn statement(holder: &str, many: usize) -> Account {
    account(holder, many)
}

#[memoize(
    key = "readable-account-async:{holder}:{many}",
    expiration = 60,
    encrypt
)]
async fn statement_async(holder: &str, many: usize) -> Account {
    account(holder, many)
}

#[memoize(expiration = 60, encrypt)]
fn statement_by_path(holder: &str, many: usize) -> Account {
    account(holder, many)
}

#[memoize(
    expiration = 60,
    name = "readable-name",
    encrypt,
    large_data,
    compress = false
)]
fn statement_by_name(holder: &str, many: usize) -> Account {
    account(holder, many)
}

/// What an eavesdropper would look for: an argument, parts of values, templates, names.
const WORDS: &[&str] = &[
    "gertrude",
    "Holder",
    "Balance",
    "31.40",
    "readable",
    "statement",
    "account",
    "lines",
    "holder",
];

fn shows(bytes: &[u8]) -> Option<&'static str> {
    let holds = |word: &&&str| {
        let mut windows = bytes.windows(word.len());
        windows.any(|window| window.eq_ignore_ascii_case(word.as_bytes()))
    };
    WORDS.iter().find(holds).copied()
}

fn live(shelf: &Shelf, many: usize) {
    shelf.run(|| {
        for _ in 0..2 {
            assert_eq!(statement("gertrude", many), account("gertrude", many));
            assert_eq!(
                statement_by_path("gertrude", many),
                account("gertrude", many)
            );
            assert_eq!(
                statement_by_name("gertrude", many),
                account("gertrude", many)
            );
            let value = block_on(statement_async("gertrude", many));
            assert_eq!(value, account("gertrude", many));
        }
        memo::refresh(|| statement("gertrude", many));
        statement_by_path::entry("gertrude", many).put(account("gertrude", many));
    });
}

#[test]
fn no_name_and_no_value_in_the_store_shows_anything() {
    for many in [1, 8, 60] {
        let shelf = crate::shelf::sealed(400);
        live(&shelf, many);
        let entries = shelf.store.entries();
        assert!(entries.len() >= if many > 8 { 4 } else { 2 });
        for (name, bytes) in entries {
            assert_eq!(shows(name.as_bytes()), None, "{name}");
            assert_eq!(shows(&bytes), None, "{name}");
        }
        for logged in shelf.store.log() {
            for name in logged.names {
                assert_eq!(shows(name.as_bytes()), None, "{name}");
            }
        }
    }
}

/// Functions are named in events; arguments and values are not.
#[test]
fn no_debug_shows_an_argument_or_a_value() {
    let shelf = crate::shelf::sealed(400);
    live(&shelf, 8);
    let troubles = [
        Trouble::FailBefore,
        Trouble::Garbage { answer: 0 },
        Trouble::TooFew(1),
    ];
    shelf
        .store
        .script(troubles.map(|trouble| (Operation::Get, trouble)));
    shelf.store.next(Operation::Set, Trouble::FailAfter);
    shelf.store.next(Operation::Delete, Trouble::FailBefore);
    live(&shelf, 8);
    let entry = shelf.run(|| statement::entry("gertrude", 8));
    entry.invalidate();
    let seen = format!(
        "{:?} {:?} {:?} {:?} {entry:?} {:?} {}",
        shelf.recorder.events(),
        shelf.cache,
        shelf.store,
        shelf.store.log(),
        statement::site(),
        entry.explain(),
    );
    for secret in ["gertrude", "Holder", "Balance", "31.40"] {
        assert!(!seen.contains(secret), "{secret} in {seen}");
    }
    let key: fn() -> &'static Site = statement::site;
    assert!(seen.contains(key().name()), "functions are named");
}

#[test]
fn a_sealed_value_is_no_object_in_this_process() {
    let shelf = crate::shelf::sealed(100_000);
    live(&shelf, 8);
    assert_eq!(shelf.cache.stats().entries, 0, "the near cache is empty");
    for name in shelf.names() {
        shelf.store.remove(&name);
    }
    let (computed, _) = shelf.computed(|| statement("gertrude", 8));
    assert_eq!(computed, 1);
}

#[test]
fn a_sealed_value_in_this_process_is_bytes_as_well() {
    store::in_memory(Why::Bytes);
    let test = store::Isolated::with(|cache| cache.keyring(crate::shelf::ring(1)));
    let test = test.expect("sound");
    test.run(|| {
        statement("gertrude", 8);
        assert_eq!(test.cache().stats().entries, 1);
        // A typed read of the near cache would need no key.
        let without = store::cache();
        memo::with_cache(&without, || {
            assert_eq!(statement::entry("gertrude", 8).peek(), None);
        });
        test.clock().advance(Duration::from_secs(60));
        assert_eq!(statement::entry("gertrude", 8).peek(), None);
    });
}
