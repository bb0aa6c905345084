//! Which tests asked a server, and which say that they have nothing to ask.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::thread;

/// Why a test's subject is this process's memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Why {
    /// Objects that are never bytes: their identity, clones and drops.
    Objects,
    /// What objects weigh, and the byte budget.
    Budget,
    /// What the store in this process holds as bytes, and how it accounts for it.
    Bytes,
    /// What has expired is dropped, though nobody asks for it.
    Reclaims,
}

/// What a test said of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Said {
    InMemory(Why),
    AtOnce,
}

/// What tests said of themselves.
static SAID: Mutex<BTreeMap<String, Said>> = Mutex::new(BTreeMap::new());

/// Where it is written down for `runs`, if it asked for that.
static REPORT: LazyLock<Option<Mutex<File>>> = LazyLock::new(|| {
    let path = std::env::var_os("MEMO_TEST_REPORT")?;
    let file = OpenOptions::new().append(true).create(true).open(path);
    Some(Mutex::new(file.expect("the report can be written")))
});

/// From here on the caches of this test are in this process, whatever the run's store is.
pub(crate) fn in_memory(why: Why) {
    say(Said::InMemory(why));
}

/// From here on the stores of this test do all in one poll, by blocking I/O: what is polled, and how often, is its subject.
pub(crate) fn at_once() {
    say(Said::AtOnce);
}

fn say(said: Said) {
    let test = test();
    write(&format!("{said:?} {test}"));
    let mut all = SAID.lock().unwrap_or_else(PoisonError::into_inner);
    all.insert(test, said);
}

pub(super) fn is_in_memory() -> bool {
    matches!(said(), Some(Said::InMemory(_)))
}

pub(super) fn is_at_once() -> bool {
    said() == Some(Said::AtOnce)
}

fn said() -> Option<Said> {
    let all = SAID.lock().unwrap_or_else(PoisonError::into_inner);
    all.get(&test()).copied()
}

/// A store of this test is on a server.
pub(super) fn asked(test: &str) {
    write(&format!("Asked {test}"));
}

/// This test's backend does as it is told: it is the same in every run.
pub(crate) fn is_scripted() {
    write(&format!("Scripted {}", test()));
}

/// The test that this thread runs: the harness names its threads so.
pub(crate) fn test() -> String {
    let thread = thread::current();
    thread.name().unwrap_or("a thread of some test").to_owned()
}

fn write(line: &str) {
    if let Some(report) = &*REPORT {
        let mut report = report.lock().unwrap_or_else(PoisonError::into_inner);
        writeln!(report, "{line}").expect("the report can be written");
    }
}
