//! The keys that a cache uses, and how they are replaced while it does.

use std::env::{VarError, var};
use std::error::Error as StdError;
use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, PoisonError, RwLock};

use zeroize::Zeroizing;

use super::fault::KeyFault;
use super::ring::{KeyringBuilder, Ring};
use super::secret::Secret;
use super::text;
use crate::error::Error;
use crate::seal::Seals;

/// The secrets that entries are sealed with. Clones share them: what one loads, all use.
///
/// A ring has a *name secret*, from which the names of entries in a store come, a *primary* data key, which seals what is written, and up
/// to 15 *previous* ones, which open what was written before. An entry sealed with any other key is a miss.
///
/// ```
/// use memo_core::{Keyring, Secret};
///
/// let (name, key, newer) = (Secret::random()?, Secret::random()?, Secret::random()?);
/// let ring = Keyring::rotating(&name, &newer).previous(&key).build()?;
/// assert!(format!("{ring:?}").starts_with("Keyring"));
/// # Ok::<(), memo_core::Error>(())
/// ```
///
/// # Rotation
///
/// Names do not depend on the data keys, so a new one empties no cache:
///
/// 1. Add the new key as a previous one, everywhere: now every process can read what it will seal.
/// 2. Make it the primary key, everywhere, and the old one a previous one.
/// 3. When the longest time to live has passed, leave the old one out.
///
/// Entries that are sealed with a key that was left out too early are computed again; nothing worse happens. The name secret stays: another
/// one is another, empty cache. A [single](Self::single) secret is name secret and primary key in one. It becomes the
/// name secret and the first previous key of a ring that rotates:
///
/// ```
/// use memo_core::{Keyring, Secret};
///
/// let (single, newer) = (Secret::random()?, Secret::random()?);
/// let ring = Keyring::single(&single);
/// ring.replace(&Keyring::rotating(&single, &newer).previous(&single).build()?);
/// # Ok::<(), memo_core::Error>(())
/// ```
#[derive(Clone)]
pub struct Keyring(Arc<Shared>);

struct Shared {
    ring: RwLock<Arc<Ring>>,
    load: Option<Box<Load>>,
}

type Load = dyn Fn() -> Result<Keyring, Box<dyn StdError + Send + Sync>> + Send + Sync;

impl Keyring {
    /// A ring of one secret, which serves for names and for data.
    pub fn single(secret: &Secret) -> Self {
        Self::new(Ring::new(secret, secret))
    }

    /// A ring whose data keys can be changed without emptying the cache.
    pub fn rotating(name: &Secret, primary: &Secret) -> KeyringBuilder {
        KeyringBuilder::new(name, primary)
    }

    /// The ring in an environment variable: one [`Secret`] as text, or `name=…,primary=…,previous=…,previous=…`.
    ///
    /// # Errors
    ///
    /// Where the variable is not set or holds anything else. The message has the name of the variable and nothing of its value.
    pub fn from_env(variable: &str) -> Result<Self, Error> {
        let read = match var(variable) {
            Ok(text) => text::parse(&Zeroizing::new(text)),
            Err(VarError::NotPresent) => Err(KeyFault::Unset),
            Err(VarError::NotUnicode(_)) => Err(KeyFault::NotUnicode),
        };
        read.map_err(|fault| fault.of_variable(variable).into())
    }

    /// The ring that `load` answers, now and whenever [`reload`](Self::reload) is called.
    ///
    /// ```
    /// use memo_core::{Keyring, Secret};
    ///
    /// // In truth from a file, or from whatever keeps your secrets.
    /// let read = || std::io::Result::Ok("7GQnHcO5bX0H9V1yTnTcrwXlzsdP0Kg2S1cXQ0gk2nE=\n".to_owned());
    /// let ring = Keyring::from_fn(move || Ok(read()?.parse()?))?;
    /// ring.reload()?;
    /// # Ok::<(), memo_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// What `load` fails with, as the [source](StdError::source).
    pub fn from_fn(
        load: impl Fn() -> Result<Self, Box<dyn StdError + Send + Sync>> + Send + Sync + 'static,
    ) -> Result<Self, Error> {
        let ring = loaded(&load)?;
        Ok(Self(Arc::new(Shared {
            ring: RwLock::new(ring),
            load: Some(Box::new(load)),
        })))
    }

    /// Loads the keys anew and uses them from now on, for all functions at once. Does nothing where they do not come from
    /// [`from_fn`](Self::from_fn).
    ///
    /// # Errors
    ///
    /// What loading fails with, as the [source](StdError::source): the keys are then as before.
    pub fn reload(&self) -> Result<(), Error> {
        if let Some(load) = &self.0.load {
            self.set(loaded(load)?);
        }
        Ok(())
    }

    /// Uses the keys that `other` has now, for all functions at once.
    pub fn replace(&self, other: &Self) {
        self.set(other.ring());
    }

    pub(super) fn new(ring: Ring) -> Self {
        Self(Arc::new(Shared {
            ring: RwLock::new(Arc::new(ring)),
            load: None,
        }))
    }

    /// The derived keys of a function, made once for each state of the ring.
    pub(crate) fn seals(&self, namespace: &str, function: &str) -> Seals {
        self.ring().seals(namespace, function)
    }

    fn ring(&self) -> Arc<Ring> {
        let ring = self.0.ring.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&ring)
    }

    fn set(&self, ring: Arc<Ring>) {
        *self.0.ring.write().unwrap_or_else(PoisonError::into_inner) = ring;
    }
}

/// The user's code: called under no lock.
fn loaded(load: &Load) -> Result<Arc<Ring>, KeyFault> {
    match load() {
        Ok(keyring) => Ok(keyring.ring()),
        Err(cause) => Err(KeyFault::Loading(cause.into())),
    }
}

/// Reads what [`from_env`](Keyring::from_env) reads.
impl FromStr for Keyring {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        text::parse(text).map_err(Error::from)
    }
}

/// Shows the ids of the data keys, which are in every entry.
impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Keyring").field(&self.ring()).finish()
    }
}
