//! Leases: of the processes that miss one value, one computes it and the others wait.
//!
//! Within a process flights do that already. Here are the lease that is held, which is kept alive without a runtime; how it is given back, also
//! where nobody knows whether it was granted; and what those do who wait for another's.

mod give_back;
mod held;
mod nap;
mod token;
mod wait;

pub(crate) use self::give_back::Asked;
pub(crate) use self::held::{Lease, Terms};
pub(crate) use self::nap::nap;
pub(crate) use self::token::{fresh, fresh_after_failure, is_failure};
pub(crate) use self::wait::{Limits, Next, Wait};
