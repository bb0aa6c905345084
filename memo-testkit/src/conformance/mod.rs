//! The laws of backends: what [`Backend`](memo_core::backend::Backend) promises, as tests that any backend can be put to.
//!
//! One line makes a test of each law, for blocking callers and for asynchronous ones:
//!
//! ```
//! use memo_core::backend::Memory;
//! use memo_testkit::{ManualClock, conformance::Subject};
//!
//! fn subject() -> Subject<Memory> {
//!     let clock = ManualClock::new();
//!     Subject::with_clock(Memory::with_clock(64 << 20, clock.clone()), clock)
//! }
//!
//! memo_testkit::conformance!(memory, subject);
//! # fn main() {}
//! ```
//!
//! The tests are `memory::blocking::a_value_is_gone_once_it_expired` and so on. [`laws`] lists them with their reasons.

mod bench;
mod concurrency;
mod counters;
mod expiry;
mod groups;
mod law;
mod leases;
mod list;
mod names;
mod probes;
mod shortening;
mod subject;
mod values;

pub use self::law::{Law, Needs, Outcome, check, laws};
pub use self::subject::Subject;

#[doc(hidden)]
pub use memo_core::Waits as __Waits;
