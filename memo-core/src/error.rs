//! What can go wrong when a cache is set up. A memoized call has no errors of its own.

use std::fmt;

#[cfg(feature = "encrypt")]
use crate::keyring::KeyFault;

/// Why a cache could not be built or installed, or its keys not be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error(Kind);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    AlreadyInstalled,
    NoBudget,
    NoKeyring,
    ShortNames,
    #[cfg(feature = "encrypt")]
    Keys(KeyFault),
}

impl Error {
    pub(crate) const ALREADY_INSTALLED: Self = Self(Kind::AlreadyInstalled);
    pub(crate) const NO_BUDGET: Self = Self(Kind::NoBudget);
    pub(crate) const NO_KEYRING: Self = Self(Kind::NoKeyring);
    pub(crate) const SHORT_NAMES: Self = Self(Kind::ShortNames);

    #[cfg(feature = "encrypt")]
    pub(crate) fn keys(fault: KeyFault) -> Self {
        Self(Kind::Keys(fault))
    }

    /// Whether another cache was installed, or used by default, before this one.
    pub fn is_already_installed(&self) -> bool {
        self.0 == Kind::AlreadyInstalled
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match &self.0 {
            Kind::AlreadyInstalled => {
                "a cache is in use already: call `install()` once, before the first memoized call (bind a second cache with \
                 `cache = …` or `memo::with_cache`)"
            }
            Kind::NoKeyring => {
                "`require_encryption()` and no keyring: give the cache one with `keyring(..)`"
            }
            Kind::ShortNames => "the backend takes names of fewer than 105 bytes, in which two keys could look the same",
            Kind::NoBudget => "`memory_budget(0)` leaves no room for any value: use `Cache::disabled()` to cache nothing",
            #[cfg(feature = "encrypt")]
            Kind::Keys(fault) => return fault.fmt(f),
        })
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.0 {
            #[cfg(feature = "encrypt")]
            Kind::Keys(fault) => fault.source(),
            _ => None,
        }
    }
}
