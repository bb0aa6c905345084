#![doc = include_str!("../README.md")]
//!
//! # Where things are
//!
//! - [`macro@memoize`]: the attribute, with every option. [`macro@memoize_iter`]: the one for iterators, lists and streams.
//! - [`Entry`], [`Site`], [`functions`]: one entry, one function, all functions.
//! - [`refresh`], [`bypass`], [`with_cache`]: scopes. [`in_scope`], [`in_scope_blocking`]: taking spawned tasks and threads along; [`require_scope`].
//! - `which_form`: whether to memoize a function or an `async fn`.
//! - [`Cache`]: set-up, and caching without an attribute. [`FromEnv`]: set-up by environment variables.
//! - [`Event`], [`Observer`]: what happens, as it happens.
//! - [`backend`]: stores of bytes, and how to write one. [`Reject`], [`Problem`]: why an entry is not served, or a function not cached.
#![cfg_attr(
    feature = "encrypt",
    doc = "- [`Keyring`], [`Secret`]: the keys of `encrypt`, and their rotation."
)]

mod from_env;

#[cfg(any(doc, doctest))]
#[doc = include_str!("../docs/which-form.md")]
pub mod which_form {}

pub use self::from_env::{EnvError, FromEnv};
pub use memo_core::backend;
pub use memo_core::{
    AnyAsyncEntry, AnyEntry, AsyncEntry, Cache, CacheBuilder, CacheStats, Cacheable, CachedIter,
    Clock, Codec, Entry, Error, Event, Expiration, Explanation, Jitter, Miss, Observer, Operation,
    Policy, Portable, Problem, Reject, Site, Stats, Tick, Torn, Unstored, Verdict, Waits, bypass,
    bypass_async, cache, functions, in_scope, in_scope_blocking, refresh, refresh_async,
    require_scope, with_cache, with_cache_async,
};

#[cfg(feature = "stream")]
pub use memo_core::CachedStream;
#[cfg(feature = "encrypt")]
pub use memo_core::{Keyring, KeyringBuilder, Secret};

#[cfg(feature = "memcached")]
pub use memo_memcached::{Memcached, MemcachedConfig};
#[cfg(feature = "redis")]
pub use memo_redis::{Redis, RedisConfig, Topology};

#[doc = include_str!("memoize.md")]
pub use memo_macros::memoize;

#[doc = include_str!("memoize_iter.md")]
pub use memo_macros::memoize_iter;

#[doc(hidden)]
pub use memo_core::__private;
