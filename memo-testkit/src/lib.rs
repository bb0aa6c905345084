//! What users of memo need to test their own memoized code: time that stands still, a record of what happened, a cache for each
//! test, and ways to ask whether a body ran.
//!
//! ```
//! use std::time::Duration;
//! use memo_core::Policy;
//! use memo_testkit::{Isolated, assert_computed};
//!
//! let test = Isolated::new();
//! test.run(|| {
//!     let policy = Policy::named("testkit-docs").expiration(60);
//!     let call = || memo_core::cache().get_or_compute(&7, &policy, || 7 * 7);
//!     assert_eq!(assert_computed!(1, call()), 49);
//!     assert_eq!(assert_computed!(0, call()), 49);
//!     test.clock().advance(Duration::from_secs(60));
//!     assert_computed!(1, call());
//! });
//! ```

mod block_on;
mod chaos;
mod clock;
mod computed;
pub mod conformance;
mod dice;
mod isolated;
mod recorder;
pub mod servers;

pub use self::block_on::block_on;
pub use self::chaos::{Chaos, Logged, Operation, Trouble};
pub use self::clock::ManualClock;
#[doc(hidden)]
pub use self::computed::Computed;
pub use self::isolated::{Isolated, with_cache_disabled, with_cache_disabled_async};
pub use self::recorder::Recorder;
