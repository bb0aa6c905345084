//! How a cache is made.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use super::{Cache, Inner, global};
use crate::backend::{Alerts, Availability, DynBackend, Terms};
#[cfg(feature = "backend")]
use crate::backend::{Backend, Guarded};
use crate::clock::{Clock, Janitor, Time};
use crate::error::Error;
use crate::event::{self, Event, Observer};
use crate::far::{Far, LEAST_NAME, Owed};
use crate::flight::Flights;
use crate::keyring::Keyring;
use crate::near::Near;

/// The description of a [`Cache`].
///
/// ```
/// use memo_core::Cache;
///
/// let cache = Cache::builder().namespace("shop.example").memory_budget(256 << 20).build()?;
/// assert_eq!(cache.stats().budget, 256 << 20);
/// # Ok::<(), memo_core::Error>(())
/// ```
#[derive(Debug)]
#[must_use = "a description does nothing before `build()` or `install()`"]
pub struct CacheBuilder {
    namespace: String,
    budget: usize,
    time: Time,
    observer: Option<Arc<dyn Observer>>,
    seed: Option<u64>,
    backend: Option<Box<dyn DynBackend>>,
    keyring: Option<Keyring>,
    encrypt_all: bool,
    require_encryption: bool,
    max_value_bytes: Option<u64>,
    patience: Duration,
    follow_timeout: Duration,
    deadline: Duration,
    lease_wait: Option<Duration>,
}

impl CacheBuilder {
    pub(super) fn new() -> Self {
        Self {
            namespace: String::new(),
            budget: 64 << 20,
            time: Time::System,
            observer: None,
            seed: None,
            backend: None,
            keyring: None,
            encrypt_all: false,
            require_encryption: false,
            max_value_bytes: None,
            patience: Duration::from_millis(100),
            follow_timeout: Duration::from_secs(10),
            deadline: Duration::from_millis(250),
            lease_wait: None,
        }
    }

    /// Sets this program's names apart from those of others that use the same store; empty at first.
    pub fn namespace(mut self, namespace: impl Into<String>) -> Self {
        self.namespace = namespace.into();
        self
    }

    /// How many bytes all values together may weigh, bookkeeping included; 64 MiB at first.
    pub fn memory_budget(mut self, bytes: usize) -> Self {
        self.budget = bytes;
        self
    }

    /// Reads the time from `clock` instead of the system.
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.time = Time::Custom(Arc::new(clock));
        self
    }

    /// Tells `observer` of everything that happens.
    pub fn observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.observer = Some(observer);
        self
    }

    /// Draws jitter from this seed, so that a test can be repeated; random at first.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Keeps values in `backend`, as bytes, instead of in this process: those of all functions but the `local` ones. With the feature `backend`.
    #[cfg(feature = "backend")]
    pub fn backend(mut self, backend: impl Backend) -> Self {
        self.backend = Some(Guarded::over(backend));
        self
    }

    /// The longest encoded value, in bytes, that is stored or read from a backend. At first 1 GiB where it is sealed, else 128 MiB: whoever
    /// can write into the store can have us read that much.
    pub fn max_value_bytes(mut self, bytes: u64) -> Self {
        self.max_value_bytes = Some(bytes);
        self
    }

    /// How long a call that follows another call's sequence waits while that one's consumer pauses, before it runs the body itself; 100 ms at
    /// first.
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// How long a call waits for another call that computes what it wants, or the next item of it, before it runs the body itself; 10 s at
    /// first. A call made by another memoized body waits a tenth of that.
    ///
    /// Of all that wait for a call one goes on when the time is over, and the time of the others begins anew: the body runs no more often than
    /// this time has passed, and once. Whoever comes to an end first ends it for all. It is meant for what can never end because it waits, out of sight, for the
    /// very call that waits for it; without `memo` such calls would just have run. A future, or a stream, that is not polled any more is noticed earlier, in
    /// about a fifth of a second. [`Event::GaveUpWaiting`] tells of both.
    ///
    /// ```
    /// use std::thread;
    /// use std::time::Duration;
    /// use memo_core::{Cache, Policy};
    ///
    /// let cache = Cache::builder().follow_timeout(Duration::from_millis(50)).build()?;
    /// let policy = Policy::named("docs-follow-timeout");
    /// let outer = cache.get_or_compute(&1, &policy, || {
    ///     // Another thread asks for what is being computed, and is waited for.
    ///     thread::scope(|scope| {
    ///         let inner = scope.spawn(|| cache.get_or_compute(&1, &policy, || 20));
    ///         inner.join().expect("no panic") + 1
    ///     })
    /// });
    /// assert_eq!(outer, 21);
    /// # Ok::<(), memo_core::Error>(())
    /// ```
    pub fn follow_timeout(mut self, limit: Duration) -> Self {
        self.follow_timeout = limit;
        self
    }

    /// How long one operation of the backend may take, connecting and trying again included, before the call goes on without it; 250 ms at first.
    ///
    /// A call that meets a backend that is not there waits for this once, and asks it no more. A backend that does not keep deadlines itself
    /// ([`Capability::keeps_deadlines`](crate::backend::Capability::keeps_deadlines)) is kept to this one where it is asked asynchronously; where
    /// it blocks it cannot be.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Sets how long a call of a function that says `lock` waits for the process that computes its value; by default half a minute, or three
    /// times the time of the lease if that is longer.
    ///
    /// After that, one of those who wait computes as well, and the others wait for that one; whichever is done first stores its value. A call waits
    /// for ten times as long in all, and a lease is kept for as long: a body that hangs does not keep others from computing.
    ///
    /// ```
    /// use std::time::Duration;
    /// use memo_core::{Cache, Policy};
    ///
    /// let cache = Cache::builder().lease_wait(Duration::from_secs(5)).build()?;
    /// let policy = Policy::named("docs-lease-wait").lock(Duration::from_secs(10));
    /// assert_eq!(cache.get_or_compute(&1, &policy, || 7), 7);
    /// # Ok::<(), memo_core::Error>(())
    /// ```
    pub fn lease_wait(mut self, wait: Duration) -> Self {
        self.lease_wait = Some(wait);
        self
    }

    /// Makes the cache.
    ///
    /// # Errors
    ///
    /// If the memory budget is 0, if encryption is required and there is no keyring, or if the backend takes no names of 105 bytes.
    pub fn build(self) -> Result<Cache, Error> {
        if self.budget == 0 {
            return Err(Error::NO_BUDGET);
        }
        if self.require_encryption && self.keyring.is_none() {
            return Err(Error::NO_KEYRING);
        }
        let cache = self.make(true);
        // In shorter ones the digest of a long name is cut, down to nothing: then keys share entries.
        let far = cache.far().filter(|far| far.takes_all);
        if far.is_some_and(|far| far.capability.max_name_bytes < LEAST_NAME) {
            return Err(Error::SHORT_NAMES);
        }
        Ok(cache)
    }

    /// Makes the cache and has every memoized function of the program use it.
    ///
    /// # Errors
    ///
    /// If [`build`](Self::build) fails, or a cache is in use already: one that was installed, or the default one that a memoized call
    /// made.
    pub fn install(self) -> Result<Cache, Error> {
        let cache = self.build()?;
        global::install(cache.clone())?;
        Ok(cache)
    }

    pub(super) fn disabled(self) -> Cache {
        self.make(false)
    }

    /// The cache where nobody installs one.
    pub(super) fn default_cache() -> Cache {
        Self::new().make(true)
    }

    fn make(self, enabled: bool) -> Cache {
        let seed = self.seed.unwrap_or_else(|| RandomState::new().hash_one(0));
        let near = Near::new(self.budget);
        let far = self.backend.map(|backend| (backend, true));
        let far = far.or_else(|| Some((near.backend(&self.time)?, false)));
        let far = far.map(|(mut backend, takes_all)| {
            let owed = Owed::new(self.time.clone());
            backend.accept(&Terms {
                deadline: self.deadline,
                alerts: alerts(backend.kind(), self.observer.clone(), Arc::clone(&owed)),
            });
            let capability = backend.capability();
            let backend = backend.into();
            owed.to(&backend);
            Far {
                capability,
                backend,
                owed,
                takes_all,
                keyring: self.keyring,
                encrypt_all: self.encrypt_all,
                max_value_bytes: self.max_value_bytes,
                deadline: self.deadline,
                lease_wait: self.lease_wait,
            }
        });
        let inner = Arc::new(Inner {
            namespace: self.namespace,
            enabled,
            near,
            far,
            flights: Flights::new(self.follow_timeout),
            time: self.time,
            observer: self.observer,
            patience: self.patience,
            luck: AtomicU64::new(seed),
            computed: AtomicU64::new(0),
        });
        let janitor: Arc<dyn Janitor> = inner.clone();
        inner.time.employ(Arc::downgrade(&janitor));
        Cache(inner)
    }
}

/// Tells the observer, has collected what is owed, and holds nothing else: what holds the backend must not be held by it.
fn alerts(backend: &'static str, observer: Option<Arc<dyn Observer>>, owed: Arc<Owed>) -> Alerts {
    Alerts::to(move |server, availability| {
        if availability == Availability::Up {
            owed.collect();
        }
        if let Some(observer) = &observer {
            let event = Event::Server {
                backend,
                server: Arc::clone(server),
                availability,
            };
            event::tell(&**observer, &event);
        }
    })
}

/// Encryption, with the feature `encrypt`.
#[cfg(feature = "encrypt")]
impl CacheBuilder {
    /// Seals the values of functions that say `encrypt` with these keys.
    pub fn keyring(mut self, keyring: Keyring) -> Self {
        self.keyring = Some(keyring);
        self
    }

    /// Seals the values of all functions but the `local` ones, as if each said `encrypt`. They live as bytes then, also in this process.
    pub fn encrypt_all(mut self) -> Self {
        self.encrypt_all = true;
        self
    }

    /// Makes it an error to build the cache without a keyring. Without this, functions that say `encrypt` are then not cached.
    pub fn require_encryption(mut self) -> Self {
        self.require_encryption = true;
        self
    }
}
