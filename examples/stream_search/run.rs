//! One search, consumed and measured.

use crate::files;
use crate::search::Match;
use allocation_counter::measure;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::time::{Duration, Instant};

/// How many matches are shown.
const SHOWN: usize = 3;

/// What came of a search, and what it took.
pub(crate) struct Run {
    pub(crate) name: &'static str,
    pub(crate) seen: Seen,
    /// How many files were opened.
    pub(crate) files: usize,
    /// From the call.
    pub(crate) first: Option<Duration>,
    pub(crate) all: Duration,
    /// Bytes that were allocated at once, on top of what had been before. What went into the cache is among them.
    pub(crate) peak: u64,
    /// Bytes in the cache afterwards.
    pub(crate) cached: usize,
}

/// The matches as far as it takes to tell them from others, without a list of them.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Seen {
    pub(crate) matches: usize,
    pub(crate) beginning: Vec<Match>,
    digest: u64,
}

/// Makes a search and consumes what it gives.
///
/// # Errors
/// Those of the search.
pub(crate) fn run<I>(name: &'static str, search: impl FnOnce() -> I) -> io::Result<Run>
where
    I: IntoIterator<Item = io::Result<Match>>,
{
    let opened = files::opened();
    let mut run = Run {
        name,
        seen: Seen::default(),
        files: 0,
        first: None,
        all: Duration::ZERO,
        peak: 0,
        cached: 0,
    };
    let mut outcome = Ok(());
    let memory = measure(|| outcome = run.consume(search));
    outcome?;
    Ok(Run {
        files: files::opened() - opened,
        peak: memory.bytes_max,
        cached: memo::cache().stats().bytes,
        ..run
    })
}

impl Run {
    fn consume<I>(&mut self, search: impl FnOnce() -> I) -> io::Result<()>
    where
        I: IntoIterator<Item = io::Result<Match>>,
    {
        let mut digest = DefaultHasher::new();
        let start = Instant::now();
        for found in search() {
            let found = found?;
            self.first.get_or_insert_with(|| start.elapsed());
            found.hash(&mut digest);
            self.seen.matches += 1;
            if self.seen.matches <= SHOWN {
                self.seen.beginning.push(found);
            }
        }
        self.all = start.elapsed();
        self.seen.digest = digest.finish();
        Ok(())
    }
}
