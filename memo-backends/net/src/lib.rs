//! What backends over a network have in common: the [`Health`] of a server, a [`Pool`] for those who block, a [`Runtime`](runtime) for those who
//! await, how what they ask is [gathered](gather), and when an operation is [tried again](retry).

mod breaker;
pub mod gather;
pub mod health;
pub mod pool;
pub mod retry;
pub mod runtime;
#[cfg(feature = "tls")]
pub mod tls;

pub use self::health::{Admission, Health};
pub use self::pool::{Pool, Pooled};
