//! The far road: values as bytes in a backend.
//!
//! Nothing here knows a value's type: a [`Wire`](crate::codec::Wire) stands between values and bytes, the envelope between bytes and entries.
//! Written once, as `async`; blocking callers take the answer [at once](crate::waits::at_once).

mod course;
mod items;
mod lease;
mod load;
mod owed;
mod pack;
mod problem;
mod save;
#[cfg(all(test, feature = "backend", not(shuttle)))]
mod tests;
mod unresolved;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

#[expect(unreachable_pub, reason = "a public trait of a private room names it")]
pub use self::course::Manner;
pub(crate) use self::course::{Course, LEAST_NAME, Spot};
pub(crate) use self::items::Stock;
pub(crate) use self::lease::Offer;
pub(crate) use self::load::{Load, Refusal, Remains};
pub(crate) use self::owed::{Debt, Owed};
pub(crate) use self::pack::{Unpacked, Write, encode_item, meta};
pub use self::problem::Problem;
pub(crate) use self::problem::Told;
pub(crate) use self::save::{Unsaved, chunk_item};
use crate::backend::{Capability, DynBackend};
use crate::keyring::Keyring;

/// A backend, and what a cache says about its use.
pub(crate) struct Far {
    pub(crate) backend: Arc<dyn DynBackend>,
    pub(crate) capability: Capability,
    /// Whether all functions live there, and not only those whose values are bytes anyway.
    pub(crate) takes_all: bool,
    pub(crate) keyring: Option<Keyring>,
    pub(crate) encrypt_all: bool,
    pub(crate) max_value_bytes: Option<u64>,
    pub(crate) owed: Arc<Owed>,
    /// How long an operation may take.
    pub(crate) deadline: Duration,
    /// How long one waits for another process's computation, where the cache says that.
    pub(crate) lease_wait: Option<Duration>,
}

impl Far {
    /// Whether there may be copies in this process of what is outside of it.
    pub(crate) fn has_copies(&self) -> bool {
        self.takes_all && !self.capability.in_process
    }

    /// What is to be said of a value that the backend itself has refused for its size.
    pub(crate) fn refused_size(&self) -> &'static Problem {
        match self.capability.in_process {
            true => &Problem::OVER_BUDGET,
            false => &Problem::OVER_SERVER,
        }
    }

    /// For how long copies of an entry are kept in this process: of plain ones that are fetched from outside of it.
    pub(crate) fn near_time(&self, spot: &Spot) -> Option<Duration> {
        let is_copied = spot.is_plain() && !spot.manner.large_data && !self.capability.in_process;
        spot.manner.near.filter(|_| is_copied)
    }
}

/// How many chunks are on their way at once.
const WINDOW: usize = 4;

impl fmt::Debug for Far {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Far")
            .field("backend", &self.backend)
            .field("takes_all", &self.takes_all)
            .field("encrypt_all", &self.encrypt_all)
            .finish_non_exhaustive()
    }
}
