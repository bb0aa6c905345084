#![doc = include_str!("../README.md")]
//!
//! # Where things are
//!
//! - [`macro@memoize`]: the attribute, with every option.
//! - [`Entry`], [`Site`], [`functions`]: one entry, one function, all functions.
//! - [`refresh`], [`bypass`], [`with_cache`]: scopes.
//! - [`Cache`]: set-up, and caching without an attribute.
//! - [`Event`], [`Observer`]: what happens, as it happens.

pub use memo_core::{
    AnyAsyncEntry, AnyEntry, AsyncEntry, Cache, CacheBuilder, CacheStats, Cacheable, Clock, Entry,
    Error, Event, Expiration, Explanation, Jitter, Miss, Observer, Policy, Portable, Site, Stats,
    Tick, Unstored, Verdict, bypass, bypass_async, cache, functions, refresh, refresh_async,
    with_cache, with_cache_async,
};

#[doc = include_str!("memoize.md")]
pub use memo_macros::memoize;

#[doc(hidden)]
pub use memo_core::__private;
