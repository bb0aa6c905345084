//! TLS by rustls, or its absence.

#[cfg(not(feature = "tls"))]
mod off;
#[cfg(feature = "tls")]
mod on;

#[cfg(not(feature = "tls"))]
pub use self::off::Tls;
#[cfg(feature = "tls")]
pub(crate) use self::on::Sealed;
#[cfg(feature = "tls")]
pub use self::on::Tls;
