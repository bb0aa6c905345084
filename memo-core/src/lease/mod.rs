//! Leases: of the processes that miss one value, one computes it and the others wait.
//!
//! Within a process flights do that already. Here are the lease that is held, which is kept alive without a runtime, and what those do who
//! wait for another's.

mod held;
mod nap;
mod wait;

pub(crate) use self::held::Lease;
pub(crate) use self::nap::nap;
pub(crate) use self::wait::pause;
