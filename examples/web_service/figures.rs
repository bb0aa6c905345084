//! The figures of the service so far, as data.

use memo::{Cache, Site};
use serde::{Deserialize, Serialize};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

static START: LazyLock<Instant> = LazyLock::new(Instant::now);

/// Everything that `/stats` shows.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Figures {
    pub(crate) namespace: String,
    pub(crate) running: Duration,
    pub(crate) functions: Vec<Function>,
    pub(crate) servers: Vec<Server>,
    /// The values that are held in this process.
    pub(crate) entries: u64,
    pub(crate) bytes: u64,
    pub(crate) budget: u64,
    /// Deletions that the store has yet to be told of.
    pub(crate) owed: u64,
}

/// One memoized function.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Function {
    pub(crate) name: String,
    pub(crate) calls: u64,
    pub(crate) hits: u64,
    /// Answered by another call's computation.
    pub(crate) joined: u64,
    pub(crate) computed: u64,
    /// The operations that the store failed to do.
    pub(crate) faults: u64,
    /// Entries that were found and not served.
    pub(crate) refused: u64,
    pub(crate) read: u64,
    pub(crate) written: u64,
    /// The reasons why its values are not cached as it asks, if they are not.
    pub(crate) problems: Vec<String>,
    /// The time that a computation takes.
    pub(crate) mean: Duration,
    pub(crate) saved: Duration,
}

/// One server of the store.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Server {
    pub(crate) name: String,
    /// `Up`, `Down` or `Probing`.
    pub(crate) availability: String,
    pub(crate) asked: u64,
    pub(crate) failed: u64,
    pub(crate) retried: u64,
    pub(crate) spared: u64,
    pub(crate) outages: u64,
}

/// Time counts from now.
pub(crate) fn start() {
    LazyLock::force(&START);
}

impl Figures {
    /// The figures at this moment.
    pub(crate) fn of(cache: &Cache) -> Self {
        let held = cache.stats();
        let mut functions: Vec<_> = memo::functions().into_iter().map(Function::of).collect();
        functions.sort_by(|one, other| one.name.cmp(&other.name));
        Self {
            namespace: cache.namespace().to_owned(),
            running: START.elapsed(),
            functions,
            servers: cache.servers().into_iter().map(Server::of).collect(),
            entries: held.entries as u64,
            bytes: held.bytes as u64,
            budget: held.budget as u64,
            owed: held.owed as u64,
        }
    }

    /// All functions together.
    pub(crate) fn total(&self) -> Function {
        let start = Function {
            name: "all of them".to_owned(),
            ..Function::default()
        };
        self.functions.iter().fold(start, Function::and)
    }
}

impl Function {
    fn of(site: &'static Site) -> Self {
        let stats = site.stats();
        let name = site.name();
        let runs = u32::try_from(stats.computed).unwrap_or(u32::MAX);
        Self {
            name: name.rsplit("::").next().unwrap_or(name).to_owned(),
            calls: stats.calls,
            hits: stats.hits,
            joined: stats.joined,
            computed: stats.computed,
            faults: stats.faults + stats.backend_faults,
            refused: stats.refused.iter().map(|(_, count)| count).sum(),
            problems: site.problems().iter().map(ToString::to_string).collect(),
            read: stats.bytes_read,
            written: stats.bytes_written,
            mean: stats.compute_time.checked_div(runs).unwrap_or_default(),
            saved: stats.saved,
        }
    }

    fn and(self, other: &Self) -> Self {
        Self {
            name: self.name,
            calls: self.calls + other.calls,
            hits: self.hits + other.hits,
            joined: self.joined + other.joined,
            computed: self.computed + other.computed,
            faults: self.faults + other.faults,
            refused: self.refused + other.refused,
            read: self.read + other.read,
            written: self.written + other.written,
            problems: Vec::new(),
            mean: Duration::ZERO,
            saved: self.saved + other.saved,
        }
    }
}

impl Server {
    fn of(stats: memo::backend::ServerStats) -> Self {
        Self {
            name: stats.server.to_string(),
            availability: format!("{:?}", stats.availability),
            asked: stats.asked,
            failed: stats.failed,
            retried: stats.retried,
            spared: stats.spared,
            outages: stats.outages,
        }
    }
}
