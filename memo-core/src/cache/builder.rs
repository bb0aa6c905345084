//! How a cache is made.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use super::{Cache, Inner, global};
use crate::clock::{Clock, Janitor, Time};
use crate::error::Error;
use crate::event::Observer;
use crate::flight::Flights;
use crate::near::Near;

/// The description of a [`Cache`].
///
/// ```
/// use memo_core::Cache;
///
/// let cache = Cache::builder().namespace("shop.example").memory_budget(256 << 20).build()?;
/// assert_eq!(cache.stats().budget, 256 << 20);
/// # Ok::<(), memo_core::Error>(())
/// ```
#[derive(Debug)]
#[must_use = "a description does nothing before `build()` or `install()`"]
pub struct CacheBuilder {
    namespace: String,
    budget: usize,
    time: Time,
    observer: Option<Arc<dyn Observer>>,
    seed: Option<u64>,
}

impl CacheBuilder {
    pub(super) fn new() -> Self {
        Self {
            namespace: String::new(),
            budget: 64 << 20,
            time: Time::System,
            observer: None,
            seed: None,
        }
    }

    /// Sets this program's names apart from those of others that use the same store; empty at first.
    pub fn namespace(mut self, namespace: impl Into<String>) -> Self {
        self.namespace = namespace.into();
        self
    }

    /// How many bytes all values together may weigh, bookkeeping included; 64 MiB at first.
    pub fn memory_budget(mut self, bytes: usize) -> Self {
        self.budget = bytes;
        self
    }

    /// Reads the time from `clock` instead of the system.
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.time = Time::Custom(Arc::new(clock));
        self
    }

    /// Tells `observer` of everything that happens.
    pub fn observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.observer = Some(observer);
        self
    }

    /// Draws jitter from this seed, so that a test can be repeated; random at first.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Makes the cache.
    ///
    /// # Errors
    ///
    /// If the memory budget is 0.
    pub fn build(self) -> Result<Cache, Error> {
        if self.budget == 0 {
            return Err(Error::NO_BUDGET);
        }
        Ok(self.make(true))
    }

    /// Makes the cache and has every memoized function of the program use it.
    ///
    /// # Errors
    ///
    /// If [`build`](Self::build) fails, or a cache is in use already: one that was installed, or the default one that a memoized call
    /// made.
    pub fn install(self) -> Result<Cache, Error> {
        let cache = self.build()?;
        global::install(cache.clone())?;
        Ok(cache)
    }

    pub(super) fn disabled(self) -> Cache {
        self.make(false)
    }

    /// The cache where nobody installs one.
    pub(super) fn default_cache() -> Cache {
        Self::new().make(true)
    }

    fn make(self, enabled: bool) -> Cache {
        let seed = self.seed.unwrap_or_else(|| RandomState::new().hash_one(0));
        let inner = Arc::new(Inner {
            namespace: self.namespace,
            enabled,
            near: Near::new(self.budget),
            flights: Flights::new(),
            time: self.time,
            observer: self.observer,
            luck: AtomicU64::new(seed),
            computed: AtomicU64::new(0),
        });
        let janitor: Arc<dyn Janitor> = inner.clone();
        inner.time.employ(Arc::downgrade(&janitor));
        Cache(inner)
    }
}
