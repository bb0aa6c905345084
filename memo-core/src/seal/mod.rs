//! Sealing: the key schedule and the one place where AES-GCM is called. docs/envelope.md, section 4.
//!
//! A [`Seals`] holds the derived keys of a function, a [`Seal`] the key of one write. Nonces come from [`Place`] and from nowhere else.

#[cfg(feature = "encrypt")]
mod aead;
#[cfg(not(feature = "encrypt"))]
mod none;
#[cfg(feature = "encrypt")]
mod schedule;
#[cfg(feature = "encrypt")]
mod sealing;
#[cfg(all(test, feature = "encrypt"))]
mod tests;

#[cfg(not(feature = "encrypt"))]
pub(crate) use self::none::{Seal, Seals};
#[cfg(feature = "encrypt")]
pub(crate) use self::schedule::{DataKey, NameKey};
#[cfg(feature = "encrypt")]
pub(crate) use self::sealing::{Seal, Seals};

/// The length of what AES-GCM appends.
pub(crate) const TAG_BYTES: usize = 16;

/// 16 random bytes that tell one write from all others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct WriteId(pub(crate) [u8; 16]);

impl WriteId {
    /// A new one, from the operating system's generator.
    pub(crate) fn random() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes)?;
        Ok(Self(bytes))
    }
}

/// Which key of a ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct KeyId(pub(crate) [u8; 4]);

/// What an entry's key looks like to those who do not have the name secret.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Digest(pub(crate) [u8; 32]);

/// Where in a write a sealed part stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Inline,
    Manifest,
    Chunk { index: u32, last: bool },
}
