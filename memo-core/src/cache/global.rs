//! The cache that calls use where nothing else is said.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use super::{Cache, CacheBuilder};
use crate::context::{self, Mode};
use crate::error::Error;
use crate::far::Problem;
use crate::site::State;

static INSTALLED: OnceLock<Cache> = OnceLock::new();

/// The cache that a memoized call made here would use: the one bound by [`with_cache`](crate::with_cache), else the installed one.
///
/// Makes the default one (64 MiB, no namespace) if none is installed. Where a [scope is required](require_scope) and there is none, it is one that caches
/// nothing.
pub fn cache() -> Cache {
    context::bound_cache().unwrap_or_else(|| installed().clone())
}

#[inline]
pub(crate) fn installed() -> &'static Cache {
    if IS_SCOPE_REQUIRED.load(Ordering::Relaxed) {
        return outside();
    }
    match INSTALLED.get() {
        Some(cache) => cache,
        None => INSTALLED.get_or_init(CacheBuilder::default_cache),
    }
}

/// Requires a scope for caching, from here on and in the whole program: a memoized call outside of every [`with_cache`](crate::with_cache) runs as in a
/// [`bypass`](crate::bypass), whatever is installed, unless its function says `cache = …`.
///
/// For programs where each tenant has a cache and a task that left its scope must not serve one what was computed for another; and for tests: `memo_testkit::Isolated`
/// requires it. Such calls are counted ([`Stats::unscoped`](crate::Stats::unscoped)) and told once for each function
/// ([`Problem::OutsideScope`](crate::Problem::OutsideScope)), to the observer of the installed cache or on standard error.
///
/// ```
/// # use memo_core as memo;
/// # use memo_core::__private::{Key, Returns, call, rules, site}; use memo_core::Site;
/// # static SITE: Site = site(|| "docs::front_page", "front_page");
/// # fn front_page() -> usize {
/// #     let returns = rules(Returns::<usize>::NEW.__memo_keep());
/// #     call(&SITE, Key::new(), returns, || RUNS.fetch_add(1, std::sync::atomic::Ordering::Relaxed))
/// # }
/// # static RUNS: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
/// memo::require_scope();
/// assert_ne!(front_page(), front_page()); // a memoized function
///
/// let tenant = memo::Cache::builder().build()?;
/// memo::with_cache(&tenant, || assert_eq!(front_page(), front_page()));
/// # assert_eq!(SITE.stats().unscoped, 2);
/// # Ok::<(), memo::Error>(())
/// ```
pub fn require_scope() {
    IS_SCOPE_REQUIRED.store(true, Ordering::Relaxed);
}

static IS_SCOPE_REQUIRED: AtomicBool = AtomicBool::new(false);

/// The cache of those who are in no scope where one is required: none.
fn outside() -> &'static Cache {
    static OUTSIDE: OnceLock<Cache> = OnceLock::new();
    OUTSIDE.get_or_init(Cache::disabled)
}

impl Cache {
    /// Notes a call that runs without a cache because it is in no scope.
    pub(crate) fn passed(&self, state: &'static State) {
        let is_outside = IS_SCOPE_REQUIRED.load(Ordering::Relaxed) && self.is(outside());
        if !is_outside || context::mode() == Mode::Bypass || context::is_ending() {
            return;
        }
        state.counters.unscoped.add(1);
        INSTALLED
            .get()
            .unwrap_or(self)
            .tell(state, &Problem::OutsideScope);
    }
}

pub(super) fn install(cache: Cache) -> Result<(), Error> {
    INSTALLED.set(cache).map_err(|_| Error::ALREADY_INSTALLED)
}
