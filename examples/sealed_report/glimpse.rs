//! What there is to see for whoever runs the store.

use crate::Store;
use crate::report::Report;
use crate::steps::kilobytes;
use memo::{Entry, Verdict};

/// How many of an entry's bytes are shown.
const SHOWN: usize = 24;

/// A word this long is not in random bytes by chance.
const TELLING: usize = 8;

/// How large the value is, and what it takes in the store.
pub(crate) fn sizes(store: &Store, entry: &Entry<Result<Report, String>>) {
    let Verdict::Hit { weight, .. } = entry.explain().verdict else {
        panic!("it was stored");
    };
    let entries = store.entries();
    let stored: usize = entries.iter().map(|(_, value)| value.len()).sum();
    println!(
        "  Encoded it is {}; compressed, sealed and stored {}, in {} entries.",
        kilobytes(weight as u64),
        kilobytes(stored as u64),
        entries.len()
    );
    assert!(entries.len() > 2, "a manifest and several chunks");
}

/// Every name, and how its value begins.
pub(crate) fn all(store: &Store) {
    for (name, value) in store.entries() {
        let beginning: String = value
            .iter()
            .take(SHOWN)
            .map(|byte| format!("{byte:02x}"))
            .collect();
        println!("  {name}\n    {:>6} bytes: {beginning}…", value.len());
    }
}

/// No name and no value shows a file or a word of the report.
pub(crate) fn assert_unreadable(store: &Store, report: &Report) {
    let files = report.files.iter().map(|file| file.path.as_str());
    let words = report.words.keys().map(String::as_str);
    let secrets: Vec<&str> = files
        .chain(words)
        .filter(|word| word.len() >= TELLING)
        .take(500)
        .collect();
    for (name, value) in store.entries() {
        // The namespace is in the name, and a word of the report may be one of its words.
        let name = name.replace("reports.example", "");
        let value = String::from_utf8_lossy(&value);
        for secret in &secrets {
            assert!(!name.contains(secret), "a name tells nothing");
            assert!(!value.contains(secret), "a value tells nothing");
        }
    }
    println!(
        "  None of {} paths and words of the report is in there.",
        secrets.len()
    );
}
