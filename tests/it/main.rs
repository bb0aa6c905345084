//! The behavior of memoized functions, as their users see it.

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
mod generic_outcomes;
mod hidden_types;
mod identity;
mod invalidation;
mod keys;
mod large_data;
mod late_writes;
mod leases;
mod lifetimes;
mod lossy_values;
mod methods;
mod moved;
#[cfg(feature = "encrypt")]
mod moved_sealed;
mod near_copies;
mod orders;
mod orphans;
mod outages;
mod outcomes;
mod outdated;
mod owed;
mod panics;
mod racing_writers;
#[cfg(feature = "encrypt")]
mod readable;
mod registry;
mod runtimes;
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
mod store;
mod support;
mod tampering;
mod testkit;
mod unresolved_writes;
mod user_code;
mod waits;

pub(crate) use support::Runs;
