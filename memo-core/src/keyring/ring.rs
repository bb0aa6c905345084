//! One state of a keyring: the keys, and what was derived from them.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::{PoisonError, RwLock};

use foldhash::fast::RandomState;

use super::fault::KeyFault;
use super::secret::Secret;
use super::shared::Keyring;
use crate::error::Error;
use crate::seal::{DataKey, KeyId, NameKey, Seals};

const MOST_PREVIOUS: usize = 15;

/// Never changes but for what it remembers: a keyring swaps it whole.
pub(super) struct Ring {
    name: NameKey,
    primary: DataKey,
    previous: Vec<DataKey>,
    derived: RwLock<Derived>,
}

/// By namespace, then by function: so a lookup can borrow both.
type Derived = Map<Map<Seals>>;

type Map<T> = HashMap<Box<str>, T, RandomState>;

impl Ring {
    pub(super) fn new(name: &Secret, primary: &Secret) -> Self {
        Self {
            name: NameKey::new(name.bytes()),
            primary: DataKey::new(primary.bytes()),
            // So that it never grows, which would leave copies behind.
            previous: Vec::with_capacity(MOST_PREVIOUS),
            derived: RwLock::default(),
        }
    }

    pub(super) fn seals(&self, namespace: &str, function: &str) -> Seals {
        let derived = self.derived.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(seals) = derived.get(namespace).and_then(|of| of.get(function)) {
            return seals.clone();
        }
        drop(derived);
        self.derive(namespace, function)
    }

    #[cold]
    fn derive(&self, namespace: &str, function: &str) -> Seals {
        let seals = Seals::derive(
            &self.name,
            &self.primary,
            &self.previous,
            namespace,
            function,
        );
        let mut derived = self.derived.write().unwrap_or_else(PoisonError::into_inner);
        let functions = derived.entry(namespace.into()).or_default();
        functions.entry(function.into()).or_insert(seals).clone()
    }

    fn ids(&self) -> impl Iterator<Item = KeyId> {
        std::iter::once(&self.primary)
            .chain(&self.previous)
            .map(DataKey::id)
    }

    fn check(&self) -> Result<(), KeyFault> {
        if self.previous.len() > MOST_PREVIOUS {
            return Err(KeyFault::TooMany);
        }
        let mut seen = HashSet::new();
        if !self.ids().all(|id| seen.insert(id)) {
            return Err(KeyFault::SameId);
        }
        Ok(())
    }
}

/// The ids are in every sealed entry; no more is shown.
impl fmt::Debug for Ring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut list = f.debug_list();
        for KeyId(id) in self.ids() {
            list.entry(&format_args!("{:08x}", u32::from_be_bytes(id)));
        }
        list.finish()
    }
}

/// A keyring in the making: [`Keyring::rotating`].
#[derive(Debug)]
#[must_use = "`build()` makes the keyring"]
pub struct KeyringBuilder(Ring);

impl KeyringBuilder {
    pub(super) fn new(name: &Secret, primary: &Secret) -> Self {
        Self(Ring::new(name, primary))
    }

    /// Adds a data key that entries are read with, and not written. Up to 15.
    pub fn previous(mut self, secret: &Secret) -> Self {
        self.0.previous.push(DataKey::new(secret.bytes()));
        self
    }

    /// The keyring.
    ///
    /// # Errors
    ///
    /// Where there are more than 15 previous keys, or two data keys have the same id: mostly because one was given twice.
    pub fn build(self) -> Result<Keyring, Error> {
        self.checked().map_err(Error::from)
    }

    pub(super) fn checked(self) -> Result<Keyring, KeyFault> {
        self.0.check()?;
        Ok(Keyring::new(self.0))
    }
}
