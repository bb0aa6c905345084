//! No wait is without an end: what blocks until something else happens is written in a few places, each of which bounds it.

use std::fs;
use std::path::{Path, PathBuf};

/// The sources that are searched, below the root of the workspace.
const SOURCES: &[&str] = &[
    "src",
    "memo-core/src",
    "memo-backends/memcached/src",
    "memo-backends/memory/src",
    "memo-backends/net/src",
    "memo-backends/redis/src",
];

/// What may block for ever.
const BLOCKING: &[&str] = &[
    ".wait(",
    "wait_while(",
    ".recv()",
    "park()",
    ".join()",
    "block_on(",
    "thread::scope(",
];

struct Bounded {
    file: &'static str,
    code: &'static str,
    #[expect(dead_code, reason = "for those who read the list")]
    reason: &'static str,
}

/// The waits that have an end, although their line does not show it.
const BOUNDED: &[Bounded] = &[
    Bounded {
        file: "memo-core/src/flight/landing.rs",
        code: "self.signal().wait(&self.waiter)",
        reason: "the waiter's limit, by `sync::wait_at_most`",
    },
    Bounded {
        file: "memo-core/src/call/blocking.rs",
        code: "flight.wait()",
        reason: "a `Follow`",
    },
    Bounded {
        file: "memo-core/src/cache/drops.rs",
        code: "writing.wait()",
        reason: "a `Follow`",
    },
    Bounded {
        file: "memo-core/src/sequence/iter.rs",
        code: "wait.spool.wait(wait.turn, wait.patience)",
        reason: "the patience is the bound",
    },
    Bounded {
        file: "memo-core/src/alarm.rs",
        code: "self.wait(pending, nap)",
        reason: "for as long as the nap, on the alarm's own thread",
    },
    Bounded {
        file: "memo-core/src/context.rs",
        code: "thread::scope(|scope| scope.spawn(change).join())",
        reason: "the change would otherwise run on the thread that waits",
    },
    Bounded {
        file: "memo-backends/memcached/src/client/server.rs",
        code: "self.wait(pending?, end)",
        reason: "the deadline",
    },
    Bounded {
        file: "memo-backends/memcached/src/client/server.rs",
        code: "self.wait(self.submit(requests, end)?, end)",
        reason: "the deadline",
    },
    Bounded {
        file: "memo-backends/memcached/src/client/mod.rs",
        code: "thread::scope(|scope| {",
        reason: "each of its threads has a deadline",
    },
    Bounded {
        file: "memo-backends/memcached/src/client/mod.rs",
        code: "asked.join().ok()?",
        reason: "each of its threads has a deadline",
    },
    Bounded {
        file: "memo-backends/net/src/pool.rs",
        code: "state.line.join()",
        reason: "takes a place in a queue, and does not block",
    },
    Bounded {
        file: "memo-backends/net/src/pool.rs",
        code: "seat.wait(deadline.end())",
        reason: "the deadline",
    },
    Bounded {
        file: "memo-backends/net/src/runtime/own.rs",
        code: "runtime.block_on(std::future::pending::<()>())",
        reason: "a thread that drives connections, and that nobody waits for",
    },
    Bounded {
        file: "memo-backends/redis/src/client/lane.rs",
        code: "self.asking.join()",
        reason: "counts itself in, and does not block",
    },
];

#[test]
fn every_wait_in_the_sources_has_an_end() {
    let mut excused = vec![false; BOUNDED.len()];
    let mut endless = Vec::new();
    for (file, text) in sources() {
        for (number, line) in waits(&text) {
            let bound = BOUNDED
                .iter()
                .position(|bound| bound.file == file && line.contains(bound.code));
            match bound {
                Some(bound) => excused[bound] = true,
                None => endless.push(format!("{file}:{number}: {line}")),
            }
        }
    }
    assert!(
        endless.is_empty(),
        "wait by `sync::wait_at_most`, or with a timeout:\n{}",
        endless.join("\n")
    );
    let stale = BOUNDED.iter().zip(excused).filter(|(_, found)| !found);
    let stale = Vec::from_iter(stale.map(|(bound, _)| (bound.file, bound.code)));
    assert!(stale.is_empty(), "not there any more: {stale:?}");
}

#[test]
fn a_wait_is_found_where_it_runs_and_not_in_a_comment_or_a_test() {
    let text = "\
fn one() {
    // changed.wait(guard)
    thread::unpark();
    state = changed.wait(state);
    changed.wait_timeout_while(state, time, |state| state.is_empty());
}

#[cfg(any(test, fuzzing))]
fn two() {
    receiver.recv()
}

#[cfg(all(test, not(shuttle)))]
mod tests {
    fn three() {
        thread.join();
    }
}

fn four() {
    thread::park();
}
";
    let found = Vec::from_iter(waits(text).into_iter().map(|(number, _)| number));
    assert_eq!(found, [4, 10, 21]);
}

#[test]
fn the_files_of_test_modules_are_left_out() {
    let text = "#[cfg(all(test, shuttle))]\nmod interleavings;\n#[cfg(test)]\n#[expect(x)]\npub(crate) mod tests;\nmod pulse;\n";
    assert_eq!(test_modules(text), ["interleavings", "tests"]);
}

/// The lines that may block for ever, by their numbers, outside of comments and inline test modules.
fn waits(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut is_skipping = false;
    let mut is_test_next = false;
    for (line, number) in text.lines().zip(1..) {
        if is_skipping {
            // A module at the outermost level ends where nothing is indented.
            is_skipping = line != "}";
            continue;
        }
        if is_test_next && is_module(line) {
            is_skipping = line.ends_with('{');
        }
        is_test_next = is_test_only(line) || (is_test_next && line.starts_with("#["));
        let code = line.trim();
        if !is_skipping && !code.starts_with("//") && blocks(code) {
            found.push((number, code.to_owned()));
        }
    }
    found
}

/// The names of the test modules that have files of their own.
fn test_modules(text: &str) -> Vec<&str> {
    let mut names = Vec::new();
    let mut is_test_next = false;
    for line in text.lines() {
        if is_test_next && is_module(line) {
            let name = line
                .rsplit(' ')
                .next()
                .and_then(|name| name.strip_suffix(';'));
            names.extend(name);
        }
        is_test_next = is_test_only(line) || (is_test_next && line.starts_with("#["));
    }
    names
}

fn is_test_only(line: &str) -> bool {
    line.starts_with("#[cfg(test)]") || line.starts_with("#[cfg(all(test,")
}

fn is_module(line: &str) -> bool {
    line.starts_with("mod ") || (line.starts_with("pub") && line.contains(" mod "))
}

fn blocks(code: &str) -> bool {
    BLOCKING.iter().any(|blocking| {
        code.match_indices(blocking).any(|(at, _)| {
            // `unpark()` is another name.
            blocking.starts_with('.')
                || !code[..at].ends_with(|before: char| before.is_alphanumeric())
        })
    })
}

/// The files that are no tests, by their paths below the workspace, and what is in them.
fn sources() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut files = Vec::new();
    for source in SOURCES {
        collect(&root.join(source), &mut files);
    }
    let tests = Vec::from_iter(files.iter().flat_map(|(path, text)| {
        let within = folder_of_modules(path);
        let names = test_modules(text).into_iter();
        names.map(move |name| within.join(name))
    }));
    files.retain(|(path, _)| {
        let module = path.with_extension("");
        !tests.iter().any(|test| module.starts_with(test))
    });
    let named = files.into_iter().map(|(path, text)| {
        let below = path.strip_prefix(&root).expect("it is below");
        let parts = below.iter().map(|part| part.to_string_lossy());
        (Vec::from_iter(parts).join("/"), text)
    });
    named.collect()
}

fn collect(folder: &Path, files: &mut Vec<(PathBuf, String)>) {
    for entry in fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("it can be listed").path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).expect("it can be read");
            files.push((path, text));
        }
    }
}

fn folder_of_modules(path: &Path) -> PathBuf {
    match path.file_stem().and_then(|stem| stem.to_str()) {
        Some("lib" | "mod") => path.with_file_name(""),
        _ => path.with_extension(""),
    }
}
