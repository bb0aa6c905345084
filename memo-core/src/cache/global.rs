//! The cache that calls use where nothing else is said.

use std::sync::OnceLock;

use super::{Cache, CacheBuilder};
use crate::context;
use crate::error::Error;

static INSTALLED: OnceLock<Cache> = OnceLock::new();

/// The cache that a memoized call made here would use: the one bound by [`with_cache`](crate::with_cache), else the installed one.
///
/// Makes the default one (64 MiB, no namespace) if none is installed.
pub fn cache() -> Cache {
    context::bound_cache().unwrap_or_else(|| installed().clone())
}

#[inline]
pub(crate) fn installed() -> &'static Cache {
    match INSTALLED.get() {
        Some(cache) => cache,
        None => INSTALLED.get_or_init(CacheBuilder::default_cache),
    }
}

pub(super) fn install(cache: Cache) -> Result<(), Error> {
    INSTALLED.set(cache).map_err(|_| Error::ALREADY_INSTALLED)
}
