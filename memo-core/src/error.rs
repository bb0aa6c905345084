//! What can go wrong when a cache is set up. A memoized call has no errors of its own.

use std::fmt;

/// Why a cache could not be built or installed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error(Kind);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    AlreadyInstalled,
    NoBudget,
}

impl Error {
    pub(crate) const ALREADY_INSTALLED: Self = Self(Kind::AlreadyInstalled);
    pub(crate) const NO_BUDGET: Self = Self(Kind::NoBudget);

    /// Whether another cache was installed, or used by default, before this one.
    pub fn is_already_installed(&self) -> bool {
        self.0 == Kind::AlreadyInstalled
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Kind::AlreadyInstalled => {
                "a cache is in use already: call `install()` once, before the first memoized call (bind a second cache with \
                 `cache = …` or `memo::with_cache`)"
            }
            Kind::NoBudget => "`memory_budget(0)` leaves no room for any value: use `Cache::disabled()` to cache nothing",
        })
    }
}

impl std::error::Error for Error {}
