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
    /// What a read must return at least that joins nobody, in whichever cache.
    common_floor: AtomicU64,
    /// By cache: how many calls are under way that may compute.
    calls: [AtomicU64; 2],
    /// Held by whoever changes the source, until the change is acknowledged or given up.
    pub(crate) turn: tokio::sync::Mutex<()>,
    begin: Instant,
    luck: AtomicU64,
    lines: Mutex<VecDeque<Line>>,
}

/// A call that may compute, until it is dropped.
pub(crate) struct UnderWay<'a>(&'a AtomicU64);

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
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
            common_floor: AtomicU64::new(0),
            calls: Default::default(),
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

    /// Notes that nothing older is to be read in any cache, but by who joins a call that began before.
    pub(crate) fn acknowledge_everywhere(&self, version: u64) {
        self.common_floor.fetch_max(version, Ordering::SeqCst);
    }

    /// Returns what a read in this cache must return at least, whomever it joins.
    pub(crate) fn floor(&self, cache: usize) -> u64 {
        self.floors[cache].load(Ordering::SeqCst)
    }

    /// Returns what a look into the store must show at least, whoever changed it.
    pub(crate) fn common_floor(&self) -> u64 {
        self.common_floor.load(Ordering::SeqCst)
    }

    /// Begins a call that may compute; returns what it must return at least. Where no other call is under way in its cache it joins none that began
    /// before.
    pub(crate) fn begin_call(&self, cache: usize) -> (UnderWay<'_>, u64) {
        let (own, common) = (self.floor(cache), self.common_floor());
        let is_alone = self.calls[cache].fetch_add(1, Ordering::SeqCst) == 0;
        let floor = if is_alone { own.max(common) } else { own };
        (UnderWay(&self.calls[cache]), floor)
    }

    /// Returns by cache whether no call is under way that may compute.
    pub(crate) fn idle(&self) -> [bool; 2] {
        let is_idle = |cache: usize| self.calls[cache].load(Ordering::SeqCst) == 0;
        [is_idle(0), is_idle(1)]
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
