//! The secrets that entries are sealed with.

#[cfg(feature = "encrypt")]
mod fault;
#[cfg(not(feature = "encrypt"))]
mod none;
#[cfg(feature = "encrypt")]
mod ring;
#[cfg(feature = "encrypt")]
mod secret;
#[cfg(feature = "encrypt")]
mod shared;
#[cfg(all(test, feature = "encrypt"))]
mod tests;
#[cfg(feature = "encrypt")]
mod text;

#[cfg(feature = "encrypt")]
pub(crate) use self::fault::KeyFault;
#[cfg(not(feature = "encrypt"))]
#[expect(
    unreachable_pub,
    reason = "a public method of a private room takes one"
)]
pub use self::none::Keyring;
#[cfg(feature = "encrypt")]
pub use self::{ring::KeyringBuilder, secret::Secret, shared::Keyring};
