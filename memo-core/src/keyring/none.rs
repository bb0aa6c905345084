//! The keyring without the feature `encrypt`: there is none.

use std::convert::Infallible;

use crate::seal::Seals;

/// The keys of a cache: never any.
#[derive(Clone, Debug)]
pub struct Keyring(Infallible);

impl Keyring {
    pub(crate) fn seals(&self, _namespace: &str, _function: &str) -> Seals {
        match self.0 {}
    }
}
