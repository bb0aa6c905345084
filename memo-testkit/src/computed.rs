//! Whether bodies ran.

use memo_core::Cache;

/// Asserts how many bodies of memoized functions an expression runs to their end, and gives its value back.
///
/// It counts those that use the cache of the scope it stands in ([`Isolated::run`](crate::Isolated::run)); other threads on the same
/// cache count as well.
///
/// ```
/// use memo_core::Policy;
/// use memo_testkit::{Isolated, assert_computed};
///
/// Isolated::new().run(|| {
///     let policy = Policy::named("docs-assert-computed");
///     let double = |n: u64| memo_core::cache().get_or_compute(&n, &policy, || n * 2);
///     assert_computed!(1, double(4));
///     assert_computed!(0, double(4));
/// });
/// ```
#[macro_export]
macro_rules! assert_computed {
    ($bodies:expr, $call:expr $(,)?) => {{
        let computed = $crate::Computed::start();
        let value = $call;
        let (expected, ran): (u64, u64) = ($bodies, computed.since());
        assert_eq!(
            ran,
            expected,
            "`{}` ran {ran} bodies, not {expected}",
            stringify!($call)
        );
        value
    }};
}

/// A count of bodies, begun.
#[derive(Debug)]
pub struct Computed {
    cache: Cache,
    before: u64,
}

impl Computed {
    /// Begins to count on the cache of this scope.
    pub fn start() -> Self {
        let cache = memo_core::cache();
        let before = cache.stats().computed;
        Self { cache, before }
    }

    /// How many bodies ran to their end since.
    pub fn since(&self) -> u64 {
        self.cache.stats().computed - self.before
    }
}
