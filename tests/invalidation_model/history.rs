//! What is known of a key: the version of its source, what was acknowledged, and what happened.

use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How much of a history is shown.
const SHOWN: usize = 120;

/// One key of one function, shared by all caches.
pub(crate) struct Key {
    pub(crate) function: &'static str,
    pub(crate) number: u64,
    /// The version of the source, which is what a body returns.
    version: AtomicU64,
    /// By cache: what a read there must return at least.
    floors: [AtomicU64; 2],
    /// Held by whoever changes the source, until the change is acknowledged or given up.
    pub(crate) turn: tokio::sync::Mutex<()>,
    begin: Instant,
    luck: AtomicU64,
    lines: Mutex<VecDeque<Line>>,
}

/// Something that happened.
struct Line {
    at: Duration,
    task: usize,
    cache: usize,
    what: What,
}

#[derive(Clone, Copy)]
pub(crate) enum What {
    Reads { floor: u64 },
    Has(u64),
    HasOld(u64),
    HasNothing,
    Changes { to: u64 },
    Acknowledged { floor: u64 },
    NotAcknowledged,
    Dropped,
}

impl Key {
    pub(crate) fn new(function: &'static str, number: u64) -> Self {
        Self {
            function,
            number,
            version: AtomicU64::new(1),
            floors: Default::default(),
            turn: tokio::sync::Mutex::default(),
            begin: Instant::now(),
            luck: AtomicU64::new(number),
            lines: Mutex::default(),
        }
    }

    pub(crate) fn version(&self) -> u64 {
        self.version.load(Ordering::SeqCst)
    }

    /// Changes the source; returns the version that it has from here on. The caller has the turn.
    pub(crate) fn change(&self) -> u64 {
        self.version.fetch_add(1, Ordering::SeqCst) + 1
    }

    /// Notes that nothing older is to be read in this cache.
    pub(crate) fn acknowledge(&self, cache: usize, version: u64) {
        self.floors[cache].fetch_max(version, Ordering::SeqCst);
    }

    /// Returns what a read in this cache must return at least.
    pub(crate) fn floor(&self, cache: usize) -> u64 {
        self.floors[cache].load(Ordering::SeqCst)
    }

    /// Returns what a look into the store must show at least, whoever changed it.
    pub(crate) fn common_floor(&self) -> u64 {
        self.floor(0).max(self.floor(1))
    }

    /// Returns for how long the body works.
    pub(crate) fn work(&self) -> Duration {
        let luck = self.luck.fetch_add(0x9e37_79b9, Ordering::Relaxed);
        match luck >> 4 & 3 {
            0 => Duration::ZERO,
            _ => Duration::from_micros(luck % 800),
        }
    }

    pub(crate) fn note(&self, task: usize, cache: usize, what: What) {
        let at = self.begin.elapsed();
        let mut lines = self.lines();
        if lines.len() == SHOWN {
            lines.pop_front();
        }
        lines.push_back(Line {
            at,
            task,
            cache,
            what,
        });
    }

    /// Returns what happened last.
    pub(crate) fn history(&self) -> String {
        let lines = self.lines();
        let shown = lines.iter().map(|line| format!("\n  {line}"));
        format!(
            "{}({}):{}",
            self.function,
            self.number,
            shown.collect::<String>()
        )
    }

    fn lines(&self) -> MutexGuard<'_, VecDeque<Line>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            at,
            task,
            cache,
            what,
        } = self;
        let millis = at.as_secs_f64() * 1000.0;
        write!(f, "{millis:10.3} ms  task {task:2}  cache {cache}  {what}")
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reads { floor } => write!(f, "reads, at least version {floor}"),
            Self::Has(version) => write!(f, "has read version {version}"),
            Self::HasOld(version) => write!(f, "HAS READ VERSION {version}, WHICH IS TOO OLD"),
            Self::HasNothing => f.write_str("has found nothing"),
            Self::Changes { to } => write!(f, "changes the source to version {to}"),
            Self::Acknowledged { floor } => write!(f, "was told that version {floor} is in force"),
            Self::NotAcknowledged => f.write_str("was told that its change may have failed"),
            Self::Dropped => f.write_str("was dropped"),
        }
    }
}
