//! One secret: bytes that nobody can guess.

use std::fmt;
use std::str::FromStr;

use base64ct::{Base64Unpadded, Base64UrlUnpadded, Encoding};
use zeroize::Zeroizing;

use super::fault::KeyFault;
use crate::error::Error;

/// Fewer can be guessed, sooner or later; of these nobody tries all.
const LEAST_BYTES: usize = 32;

/// A secret that keys are derived from: at least 32 random bytes.
///
/// `openssl rand -base64 32` makes one. A pass phrase is none: it can be guessed, however long it is. Keep secrets where your other secrets
/// are, and never in the code. The bytes are wiped from memory when the `Secret` is dropped, and its `Debug` does not show them.
///
/// ```
/// use memo_core::Secret;
///
/// let secret: Secret = "7GQnHcO5bX0H9V1yTnTcrwXlzsdP0Kg2S1cXQ0gk2nE=".parse()?;
/// assert_eq!(format!("{secret:?}"), "Secret(..)");
/// assert!("correct horse battery staple".parse::<Secret>().is_err());
/// # Ok::<(), memo_core::Error>(())
/// ```
pub struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    /// A copy of these bytes, which must be random: not text.
    ///
    /// # Errors
    ///
    /// Where there are fewer than 32.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        Self::checked(Zeroizing::new(bytes.to_vec())).map_err(Error::from)
    }

    /// A new secret, from the operating system's generator. It is lost with the process, and so are all entries sealed with it.
    ///
    /// # Errors
    ///
    /// Where the operating system gives no random bytes.
    pub fn random() -> Result<Self, Error> {
        let mut bytes = Zeroizing::new(vec![0; LEAST_BYTES]);
        getrandom::fill(&mut bytes).map_err(|_| KeyFault::NoRandom)?;
        Ok(Self(bytes))
    }

    pub(super) fn parse(text: &str) -> Result<Self, KeyFault> {
        let text = text.trim();
        let bytes = if text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            decode_hex(text)
        } else {
            decode_base64(text)
        };
        Self::checked(bytes.ok_or(KeyFault::NotText)?)
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }

    fn checked(bytes: Zeroizing<Vec<u8>>) -> Result<Self, KeyFault> {
        if bytes.len() < LEAST_BYTES {
            return Err(KeyFault::Short);
        }
        Ok(Self(bytes))
    }
}

/// Reads base64, standard or URL-safe, with or without its padding, or hex. Blanks around it do not matter.
///
/// A text of hexadecimal digits alone is hex: as base64, one of random bytes practically never looks like that.
impl FromStr for Secret {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::parse(text).map_err(Error::from)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// In time that does not depend on the digits.
fn decode_base64(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let digits = without_padding(text)?;
    let mut bytes = Zeroizing::new(vec![0; digits.len()]);
    let decoded = if digits.contains(['-', '_']) {
        Base64UrlUnpadded::decode(digits, &mut bytes)
    } else {
        Base64Unpadded::decode(digits, &mut bytes)
    };
    let len = decoded.ok()?.len();
    bytes.truncate(len);
    Some(bytes)
}

/// Where there is padding, it fills the last four digits.
fn without_padding(text: &str) -> Option<&str> {
    let digits = text.trim_end_matches('=');
    let padding = text.len() - digits.len();
    (padding == 0 || (padding < 3 && text.len().is_multiple_of(4))).then_some(digits)
}

fn decode_hex(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else {
        return None;
    };
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let mut bytes = Zeroizing::new(Vec::with_capacity(pairs.len()));
    for &[high, low] in pairs {
        bytes.push((digit(high)? << 4 | digit(low)?) as u8);
    }
    Some(bytes)
}
