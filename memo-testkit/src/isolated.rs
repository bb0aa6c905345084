//! A cache for one test.

use std::sync::Arc;
use std::time::Duration;

use memo_core::{Cache, CacheBuilder, Error, with_cache, with_cache_async};

use crate::{ManualClock, Recorder};

/// A cache of a test's own, with a clock that stands still and a record of its events.
///
/// Its backend has half a minute for each operation: deadlines are real time, and a test may hold an operation for as long as it likes.
///
/// Tests that run side by side then neither see each other's values nor each other's time. A function with `cache = …` keeps to the
/// cache it is bound to.
///
/// A thread or task that a test starts is outside of its cache, unless it is started with `memo::in_scope` or `in_scope_blocking`. It does not leak into a cache that
/// tests share: with the first `Isolated` the program [requires scopes](memo_core::require_scope) for good, so calls outside of one are not cached, and that is
/// told. So a test that is about what is cached has an `Isolated` of its own, or binds a cache.
#[derive(Clone, Debug)]
pub struct Isolated {
    cache: Cache,
    clock: ManualClock,
    recorder: Recorder,
}

/// Longer than a sound test takes on any machine.
const DEADLINE: Duration = Duration::from_secs(30);

impl Isolated {
    /// A cache like the default one.
    pub fn new() -> Self {
        Self::with(|builder| builder).expect("the default description is sound")
    }

    /// A cache described further by `describe`; clock, observer, deadline and seed are set already.
    ///
    /// # Errors
    ///
    /// If the description is refused.
    pub fn with(describe: impl FnOnce(CacheBuilder) -> CacheBuilder) -> Result<Self, Error> {
        Self::at(ManualClock::new(), describe)
    }

    /// As [`with`](Self::with), by the time of `clock`, which the backend may share.
    ///
    /// ```
    /// use std::time::Duration;
    /// use memo_core::{Policy, backend::Memory};
    /// use memo_testkit::{Isolated, ManualClock, assert_computed};
    ///
    /// let clock = ManualClock::new();
    /// let memory = Memory::with_clock(1 << 20, clock.clone());
    /// let test = Isolated::at(clock, |cache| cache.backend(memory))?;
    /// test.run(|| {
    ///     let policy = Policy::named("docs-isolated-at").expiration(60);
    ///     let call = || memo_core::cache().get_or_compute(&7, &policy, || 7 * 7);
    ///     assert_eq!(assert_computed!(1, call()), 49);
    ///     test.clock().advance(Duration::from_secs(60));
    ///     assert_computed!(1, call());
    /// });
    /// # Ok::<(), memo_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the description is refused.
    pub fn at(
        clock: ManualClock,
        describe: impl FnOnce(CacheBuilder) -> CacheBuilder,
    ) -> Result<Self, Error> {
        memo_core::require_scope();
        let recorder = Recorder::new();
        let builder = Cache::builder()
            .clock(clock.clone())
            .observer(Arc::new(recorder.clone()))
            .deadline(DEADLINE)
            .seed(0);
        Ok(Self {
            cache: describe(builder).build()?,
            clock,
            recorder,
        })
    }

    /// Runs `test` with its memoized calls on this cache.
    pub fn run<R>(&self, test: impl FnOnce() -> R) -> R {
        with_cache(&self.cache, test)
    }

    /// Runs `test` with its memoized calls on this cache.
    pub async fn run_async<R>(&self, test: impl Future<Output = R>) -> R {
        with_cache_async(&self.cache, test).await
    }

    /// The cache.
    pub fn cache(&self) -> &Cache {
        &self.cache
    }

    /// Its clock.
    pub fn clock(&self) -> &ManualClock {
        &self.clock
    }

    /// Its events.
    pub fn recorder(&self) -> &Recorder {
        &self.recorder
    }
}

impl Default for Isolated {
    fn default() -> Self {
        Self::new()
    }
}

/// Runs `test` with nothing cached at any depth, except in functions bound by `cache = …`.
///
/// ```
/// use memo_core::Policy;
/// use memo_testkit::with_cache_disabled;
///
/// let policy = Policy::named("docs-disabled-test");
/// let mut runs = 0;
/// with_cache_disabled(|| {
///     for _ in 0..3 {
///         memo_core::cache().get_or_compute(&1, &policy, || runs += 1);
///     }
/// });
/// assert_eq!(runs, 3);
/// ```
pub fn with_cache_disabled<R>(test: impl FnOnce() -> R) -> R {
    with_cache(&Cache::disabled(), test)
}

/// [`with_cache_disabled`] for a future.
pub async fn with_cache_disabled_async<R>(test: impl Future<Output = R>) -> R {
    with_cache_async(&Cache::disabled(), test).await
}
