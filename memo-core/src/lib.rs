//! The runtime of [memo](https://docs.rs/memo): everything that happens when a memoized function is called.
//!
//! Users depend on the crate `memo`, which re-exports what they need; this crate knows no backend's driver and no executor.
//! A call goes `call` → `near` and, on a miss, `flight` → the body → `near`. ARCHITECTURE.md has the map.

mod alarm;
pub mod backend;
mod background;
mod cache;
mod call;
mod clock;
mod codec;
mod context;
mod entry;
mod envelope;
mod error;
mod event;
mod expiration;
mod explain;
mod far;
mod fault;
mod flight;
mod holder;
mod keep;
pub mod key;
mod keyring;
mod lease;
mod near;
mod parcel;
mod registry;
mod reject;
mod rules;
mod schema;
mod seal;
mod sequence;
mod site;
mod stats;
mod sync;
mod threads;
mod value;
mod varint;
mod waits;

#[doc(hidden)]
pub mod __private;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;

pub use crate::cache::{Cache, CacheBuilder, Policy, cache, require_scope};
pub use crate::clock::{Clock, Tick};
pub use crate::codec::Codec;
pub use crate::context::{
    bypass, bypass_async, in_scope, in_scope_blocking, refresh, refresh_async, with_cache,
    with_cache_async,
};
pub use crate::entry::{AnyAsyncEntry, AnyEntry, AsyncEntry, Entry};
pub use crate::error::Error;
pub use crate::event::{Event, Miss, Observer, Operation, Unstored};
pub use crate::expiration::{Expiration, Jitter};
pub use crate::explain::{Explanation, Verdict};
pub use crate::far::Problem;
#[cfg(feature = "encrypt")]
pub use crate::keyring::{Keyring, KeyringBuilder, Secret};
pub use crate::near::CacheStats;
pub use crate::registry::functions;
pub use crate::reject::Reject;
#[cfg(feature = "stream")]
pub use crate::sequence::CachedStream;
pub use crate::sequence::{CachedIter, Torn};
pub use crate::site::Site;
pub use crate::stats::Stats;
pub use crate::value::{Cacheable, Portable};
pub use crate::waits::Waits;
