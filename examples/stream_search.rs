//! Searches the text files of a directory, and streams what it finds.
//!
//! `cargo run --release --example stream_search -- [DIRECTORY] [--pattern TEXT] [--take N]`
//!
//! The search, in `stream_search/search.rs`, is a function that returns an iterator, and `#[memoize_iter]` above it is all it takes. Here its
//! matches are consumed one by one, from the files and from the cache, and, to compare, as a list and without memo. Then somebody stops
//! early and comes back: with the search as it is nothing half is stored, with one that says `on_drop = "keep"` the beginning is. The
//! matches are the same every time, and what is in the cache opens no file.
#![expect(clippy::print_stdout, reason = "a program for a terminal")]

#[path = "stream_search/files.rs"]
mod files;
#[path = "stream_search/options.rs"]
mod options;
#[path = "stream_search/report.rs"]
mod report;
#[path = "stream_search/run.rs"]
mod run;
#[path = "stream_search/search.rs"]
mod search;

use memo::Cache;
use options::{HELP, Options};
use run::{Run, Seen, run};
use search::{are_stored, kept_matches, matches};
use std::error::Error;
use std::process::ExitCode;

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// Room for the matches, compressed.
const MEMORY: usize = 256 << 20;

fn main() -> ExitCode {
    match Options::parse(std::env::args_os().skip(1)).and_then(tell) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("stream_search: {message}");
            ExitCode::FAILURE
        }
    }
}

fn tell(options: Option<Options>) -> Outcome {
    let Some(options) = options else {
        println!("{HELP}");
        return Ok(());
    };
    Cache::builder().memory_budget(MEMORY).install()?;
    let all = all_of_them(&options)?;
    let [Run { seen, .. }, ..] = &all;
    report::matches(&options, seen);
    report::runs("all of them", &all);

    let count = options.take.unwrap_or(seen.matches / 2).min(seen.matches);
    let first = the_first(count, &options, seen)?;
    report::runs(&format!("the first {}", report::number(count)), &first);
    println!("\nThe matches were the same every time.");
    Ok(())
}

/// Consumes all matches in several ways.
fn all_of_them(options: &Options) -> Outcome<[Run; 4]> {
    let (directory, pattern) = (&options.directory, &options.pattern);
    let search = || matches(directory, pattern);
    let miss = run("from the files", search)?;
    if !are_stored(directory, pattern) {
        return Err("these are more matches than the cache has room for".into());
    }
    let hit = run("from the cache", search)?;
    assert_eq!(hit.seen, miss.seen, "a hit gives what the body gave");
    assert_eq!(hit.files, 0, "a hit opens no file");

    let list = run("as a list", || search().collect::<Vec<_>>())?;
    assert_eq!(list.seen, miss.seen, "a hit gives what the body gave");

    let plain = memo::bypass(|| run("without memo", search))?;
    ensure_same(&plain.seen, &miss.seen)?;
    Ok([miss, hit, list, plain])
}

/// Stops after so many matches and comes back, in a cache that has nothing yet; at last goes to the end.
fn the_first(count: usize, options: &Options, all: &Seen) -> Outcome<[Run; 5]> {
    let (directory, pattern) = (&options.directory, &options.pattern);
    let discarded = || matches(directory, pattern).take(count);
    let kept = || kept_matches(directory, pattern).take(count);
    let cache = Cache::builder().memory_budget(MEMORY).build()?;
    memo::with_cache(&cache, || {
        let discard = run("discard", discarded)?;
        let discard_again = run("discard, again", discarded)?;
        assert_eq!(cache.stats().entries, 0, "nothing half is stored");
        ensure_same(&discard_again.seen, &discard.seen)?;

        let keep = run("keep", kept)?;
        ensure_same(&keep.seen, &discard.seen)?;
        let keep_again = run("keep, again", kept)?;
        assert_eq!(keep_again.seen, keep.seen, "a prefix is what the body gave");
        assert_eq!(keep_again.files, 0, "a prefix opens no file");

        let more = run("keep, to the end", || kept_matches(directory, pattern))?;
        ensure_same(&more.seen, all)?;
        Ok([discard, discard_again, keep, keep_again, more])
    })
}

/// Two searches of the files give the same, if nobody writes to them meanwhile.
fn ensure_same(seen: &Seen, before: &Seen) -> Outcome {
    if seen == before {
        Ok(())
    } else {
        Err("the files changed while they were searched".into())
    }
}
