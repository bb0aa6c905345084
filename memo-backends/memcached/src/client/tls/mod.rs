//! TLS by rustls, or its absence.

#[cfg(not(feature = "tls"))]
mod off;
#[cfg(feature = "tls")]
mod on;

#[cfg(not(feature = "tls"))]
pub(super) use self::off::{Sealed, Tls};
#[cfg(feature = "tls")]
pub(super) use self::on::{Sealed, Tls};
