//! The behaviour of memoized functions, as their users see it.

mod adhoc;
mod async_functions;
mod broken_backends;
mod budget;
mod codecs;
mod drift;
mod entries;
mod expiry;
mod far_calls;
mod faults;
mod invalidation;
mod keys;
mod large_data;
mod late_writes;
mod methods;
mod moved;
#[cfg(feature = "encrypt")]
mod moved_sealed;
mod orphans;
mod outcomes;
mod panics;
mod racing_writers;
#[cfg(feature = "encrypt")]
mod readable;
mod registry;
mod same_names;
mod scopes;
#[cfg(feature = "encrypt")]
mod sealed;
mod sequence_review;
mod sequences;
mod shelf;
mod single_flight;
mod small_stores;
mod soak;
mod support;
mod tampering;
mod testkit;

pub(crate) use support::Runs;
