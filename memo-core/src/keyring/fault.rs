//! What can be wrong with keys. Nothing here holds a part of a secret.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use crate::error::Error;

/// Why keys were refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum KeyFault {
    NoRandom,
    Short,
    NotText,
    TooMany,
    SameId,
    UnknownPart,
    TwoNames,
    TwoPrimaries,
    NoName,
    NoPrimary,
    Unset,
    NotUnicode,
    Variable(Box<str>, Box<Self>),
    Loading(Cause),
}

impl KeyFault {
    pub(super) fn of_variable(self, variable: &str) -> Self {
        Self::Variable(variable.into(), Box::new(self))
    }

    pub(crate) fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Loading(Cause(cause)) => Some(&**cause),
            Self::Variable(_, fault) => fault.source(),
            _ => None,
        }
    }
}

impl fmt::Display for KeyFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoRandom => "the operating system gave no random bytes",
            Self::Short => {
                "a secret of fewer than 32 bytes is refused, and a pass phrase is not a key: make one with \
                 `openssl rand -base64 32`"
            }
            Self::NotText => {
                "a secret is base64 or hex, of at least 32 random bytes; a pass phrase is not a key: make one with \
                 `openssl rand -base64 32`"
            }
            Self::TooMany => "a ring has at most 15 previous keys: leave out the oldest",
            Self::SameId => {
                "two data keys of a ring have the same id: one is given twice, or, very rarely, another must be made"
            }
            Self::UnknownPart => {
                "a part is none of `name=…`, `primary=…` and `previous=…`, with commas between them"
            }
            Self::TwoNames => "`name=…` is there twice: the name secret is one and stays the same",
            Self::TwoPrimaries => {
                "`primary=…` is there twice: all but the newest key are `previous=…`"
            }
            Self::NoName => "`name=…` is missing: names need a secret that does not rotate",
            Self::NoPrimary => "`primary=…` is missing: it is the key that new entries are sealed with",
            Self::Unset => "the environment has no such variable",
            Self::NotUnicode => "the value is not Unicode",
            Self::Variable(variable, fault) => return write!(f, "`{variable}`: {fault}"),
            Self::Loading(_) => "the keys could not be loaded",
        })
    }
}

impl From<KeyFault> for Error {
    fn from(fault: KeyFault) -> Self {
        Self::keys(fault)
    }
}

/// What the user's own loading of keys failed with.
#[derive(Clone)]
pub(crate) struct Cause(Arc<dyn StdError + Send + Sync>);

impl From<Box<dyn StdError + Send + Sync>> for Cause {
    fn from(cause: Box<dyn StdError + Send + Sync>) -> Self {
        Self(cause.into())
    }
}

/// The message alone: the `Debug` of some errors has the bytes that they are about, as that of `FromUtf8Error`.
impl fmt::Debug for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl PartialEq for Cause {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Cause {}
