//! What backends over a network have in common: [streams](Stream) to servers, the [`Health`] of a server, a [`Pool`] for those who block, a
//! [`Runtime`](runtime) for those who await, how what they ask is [gathered](gather), and when an operation is [tried again](retry).

mod address;
mod breaker;
pub mod deadline;
pub mod gather;
pub mod health;
mod listeners;
pub mod pool;
pub mod retry;
pub mod runtime;
mod socket;
pub mod stream;
mod tls;

pub use self::address::Address;
pub use self::deadline::Deadline;
pub use self::health::{Admission, Health};
pub use self::listeners::{Listeners, Listening};
pub use self::pool::{Connection, Pool, Pooled, Unlent};
pub use self::stream::{Stream, dial};
pub use self::tls::Tls;
