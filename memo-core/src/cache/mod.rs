//! A cache: where the values of memoized functions are.

mod adhoc;
mod builder;
mod drops;
mod far;
mod global;
mod lease;
mod sequence;
mod tally;

use std::fmt;
use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

pub use self::adhoc::Policy;
pub use self::builder::CacheBuilder;
pub(crate) use self::drops::end;
pub(crate) use self::far::{Delivered, Freight};
pub(crate) use self::global::installed;
pub use self::global::{cache, require_scope};
pub(crate) use self::lease::{Claim, Claimed, Way};
use crate::backend::ServerStats;
use crate::clock::{Janitor, Tick, Time};
use crate::context;
use crate::event::{self, Event, Observer};
use crate::far::{Far, Problem};
use crate::flight::Flights;
use crate::key::{Key, NameParts, store_name};
use crate::near::{CacheStats, Near};
use crate::site::{Site, State};

/// The values of memoized functions, under one byte budget. Cloning shares it.
///
/// One is installed for the program, by [`CacheBuilder::install`] or, where nobody does, at the first memoized call. Others can be
/// built and bound: `cache = …` in the attribute, [`with_cache`](crate::with_cache) around calls.
///
/// `fork` is supported from single-threaded parents only: a child has a copy of every lock as it stood, also of those that other threads held, and none of
/// the threads that would let them go. A child of one thread uses neither its parent's connections nor its leases.
///
/// ```
/// use memo_core::{Cache, Policy};
///
/// let cache = Cache::builder().memory_budget(1 << 20).build()?;
/// let squares = Policy::named("docs-squares");
/// assert_eq!(cache.get_or_compute(&12, &squares, || 12 * 12), 144);
/// assert_eq!(cache.get_or_compute(&12, &squares, || 0), 144);
/// # Ok::<(), memo_core::Error>(())
/// ```
#[derive(Clone)]
pub struct Cache(Arc<Inner>);

struct Inner {
    namespace: String,
    enabled: bool,
    near: Near,
    far: Option<Far>,
    flights: Flights,
    time: Time,
    observer: Option<Arc<dyn Observer>>,
    patience: Duration,
    luck: AtomicU64,
    computed: AtomicU64,
}

/// How many hits of one function a thread counts between two looks at whether the coarse clock still goes: a look costs 25 ns, and a
/// forked child may serve that many values past their time.
const HITS_BETWEEN_CLOCK_CHECKS: u64 = 64;

impl Cache {
    /// Starts the description of a cache.
    pub fn builder() -> CacheBuilder {
        CacheBuilder::new()
    }

    /// A cache that caches nothing: bodies run at every call, and no call waits for another.
    ///
    /// ```
    /// use memo_core::{Cache, Policy};
    ///
    /// let cache = Cache::disabled();
    /// let policy = Policy::named("docs-disabled");
    /// assert_eq!(cache.get_or_compute(&1, &policy, || 1), 1);
    /// assert_eq!(cache.get_or_compute(&1, &policy, || 2), 2);
    /// ```
    pub fn disabled() -> Self {
        Self::builder().disabled()
    }

    /// What sets this cache's names apart from those of other programs that use the same store.
    pub fn namespace(&self) -> &str {
        &self.0.namespace
    }

    /// What the cache holds now.
    pub fn stats(&self) -> CacheStats {
        CacheStats {
            computed: self.0.computed.load(Ordering::Relaxed),
            owed: self.far().map_or(0, |far| far.owed.many()),
            ..self.0.near.stats()
        }
    }

    /// How the servers behind the backend are, one by one; none where there are no servers.
    pub fn servers(&self) -> Vec<ServerStats> {
        self.far()
            .map_or_else(Vec::new, |far| far.backend.servers())
    }

    fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    #[inline]
    pub(crate) fn near(&self) -> &Near {
        &self.0.near
    }

    pub(crate) fn far(&self) -> Option<&Far> {
        self.0.far.as_ref()
    }

    pub(crate) fn flights(&self) -> &Flights {
        &self.0.flights
    }

    #[inline]
    pub(crate) fn time(&self) -> &Time {
        &self.0.time
    }

    /// How long one who follows a sequence waits while its consumer pauses.
    pub(crate) fn patience(&self) -> Duration {
        self.0.patience
    }

    pub(crate) fn is_enabled(&self) -> bool {
        self.0.enabled
    }

    /// The name of a plain entry in a store outside the process.
    pub(crate) fn plain_name(&self, site: &'static Site, key: &Key, max_bytes: usize) -> String {
        let parts = NameParts {
            namespace: &self.0.namespace,
            scope: site.scope(),
            version: site.options().version,
            max_bytes,
        };
        store_name(&parts, key)
    }

    /// Says once why a function is not cached as it asks: to the observer or, where there is none, on standard error.
    pub(crate) fn tell(&self, state: &'static State, problem: &Problem) {
        if !state.told.is_news(problem) {
            return;
        }
        match &self.0.observer {
            Some(observer) => event::tell(
                &**observer,
                &Event::NotCached {
                    function: &state.name,
                    problem: problem.clone(),
                },
            ),
            // Not `eprintln`: it panics where standard error is full or gone.
            None => drop(writeln!(
                io::stderr(),
                "memo: `{}` is not cached as it asks: {problem}",
                state.name
            )),
        }
    }

    #[inline]
    pub(crate) fn count_hit(&self, state: &'static State) {
        let hits = state.counters.hit(context::lane());
        if hits.is_multiple_of(HITS_BETWEEN_CLOCK_CHECKS) {
            self.0.time.exact();
        }
        self.emit(|| Event::Hit {
            function: &state.name,
        });
    }

    #[inline]
    pub(crate) fn emit(&self, event: impl FnOnce() -> Event) {
        if let Some(observer) = &self.0.observer {
            event::tell(&**observer, &event());
        }
    }

    /// A number in `[0, 1)`: splitmix64 over a counter (Steele, Lea and Flood, OOPSLA 2014).
    pub(crate) fn luck(&self) -> f64 {
        let mut x = self
            .0
            .luck
            .fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^= x >> 31;
        (x >> 11) as f64 / (1_u64 << 53) as f64
    }
}

impl Janitor for Inner {
    fn sweep(&self, now: Tick) -> Option<Tick> {
        self.near.sweep(now)
    }
}

impl fmt::Debug for Cache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache")
            .field("namespace", &self.0.namespace)
            .field("enabled", &self.0.enabled)
            .field("stats", &self.stats())
            .finish_non_exhaustive()
    }
}
