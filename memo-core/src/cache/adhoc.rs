//! Caching without an attribute.

use std::marker::PhantomData;
use std::panic::Location;
use std::time::Duration;

use super::Cache;
use crate::call;
use crate::codec::{Codec, Wire};
use crate::entry::AnyEntry;
use crate::expiration::{Expiration, Jitter};
use crate::far::Manner;
use crate::keep::{Keep, KeepAll, KeepOkAlone};
use crate::key::{Key, KeyPart};
use crate::registry::named_site;
use crate::rules::Ruling;
use crate::schema::Watch;
use crate::site::Site;
use crate::value::{Cacheable, Portable, serialised_weight};
use crate::waits::Waits;

/// What the attribute would say about a function, for calls without one.
///
/// Calls whose policies have one name share entries and a row in [`functions`](crate::functions); the name is kept for ever, so
/// let it be one of a few.
///
/// ```
/// use std::time::Duration;
/// use memo_core::Policy;
///
/// let policy = Policy::named("thumbnails").expiration(Duration::from_secs(60));
/// assert_eq!(policy.site().name(), "thumbnails");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    site: &'static Site,
    expiration: Expiration,
    jitter: Option<Jitter>,
    manner: Manner,
}

impl Policy {
    /// A policy that keeps values for thirty days.
    #[track_caller]
    pub fn named(name: &str) -> Self {
        Self {
            site: named_site(name, Location::caller()),
            expiration: Expiration::default(),
            jitter: None,
            manner: Manner::DEFAULT,
        }
    }

    /// Sets the lifetime of values: a number of seconds, a `Duration`, or an [`Expiration`].
    #[must_use]
    pub fn expiration(mut self, expiration: impl Into<Expiration>) -> Self {
        self.expiration = expiration.into();
        self
    }

    /// Spreads expiry.
    #[must_use]
    pub fn jitter(mut self, jitter: Jitter) -> Self {
        self.jitter = Some(jitter);
        self
    }

    /// Lets values be split into chunks, and compresses them: `large_data`. They live as bytes, also in this process.
    #[must_use]
    pub fn large_data(mut self) -> Self {
        self.manner.large_data = true;
        self
    }

    /// Seals values with the keys of the cache: `encrypt`. They live as bytes, also in this process.
    #[cfg(feature = "encrypt")]
    #[must_use]
    pub fn encrypt(mut self) -> Self {
        self.manner.encrypt = true;
        self
    }

    /// Compresses values that leave the objects of this process, or leaves them as they are: `compress`.
    #[must_use]
    pub fn compress(mut self, compress: bool) -> Self {
        self.manner.compress = Some(compress);
        self
    }

    /// Chooses how values become bytes: `codec`.
    #[must_use]
    pub fn codec(mut self, codec: Codec) -> Self {
        self.manner.codec = codec;
        self
    }

    /// Leaves it to the name to tell values of one type from those of another: `schema`. With `false` the value's `Deserialize` is not run on
    /// made-up data to find out its shape, so a changed type needs a policy of another name.
    ///
    /// ```
    /// # use memo_core::{Cache, Policy};
    /// # let cache = Cache::builder().build()?;
    /// // A map whose keys refuse whatever is made up hides the type of what they map to.
    /// let rates = Policy::named("docs-rates-v2").schema(false);
    /// assert_eq!(cache.get_or_compute(&"EUR", &rates, || 108), 108);
    /// # Ok::<(), memo_core::Error>(())
    /// ```
    #[must_use]
    pub fn schema(mut self, traced: bool) -> Self {
        self.manner.watch = if traced { Watch::Tag } else { Watch::Author };
        self
    }

    /// Has one process at a time compute a value, where the backend is outside of them and gives leases: `lock`. A process that has not been heard of
    /// for `time` counts as dead.
    #[must_use]
    pub fn lock(mut self, time: Duration) -> Self {
        self.manner.lock = Some(time);
        self
    }

    /// Keeps copies of values that live outside of the process for so long in it: `near`. They are not reached by changes that others make. Not of what
    /// is sealed or may be split.
    #[must_use]
    pub fn near(mut self, time: Duration) -> Self {
        self.manner.near = Some(time);
        self
    }

    pub(crate) fn expires_in(&self) -> Expiration {
        self.expiration
    }

    pub(crate) fn jitters_by(&self) -> Option<Jitter> {
        self.jitter
    }

    pub(crate) fn manner(&self) -> Manner {
        self.manner
    }

    /// Where the figures of the calls are, and what invalidates them all.
    pub fn site(&self) -> &'static Site {
        self.site
    }
}

/// Caching without an attribute. The parts of the key are anything that serializes, most often a tuple or an array.
///
/// ```
/// # use memo_core::{Cache, Policy};
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let cache = Cache::builder().build()?;
/// let lengths = Policy::named("docs-lengths").expiration(300);
///
/// let length = cache.get_or_compute(&("acme", 42), &lengths, || "acme".len());
/// assert_eq!(length, 4);
///
/// let parsed = cache.try_get_or_compute(&"17", &Policy::named("docs-parsed"), || "17".parse::<u8>());
/// assert_eq!(parsed?, 17);
/// # Ok(())
/// # }
/// ```
impl Cache {
    /// The cached value for these parts, or what `body` returns, which is stored.
    pub fn get_or_compute<V>(
        &self,
        parts: &(impl KeyPart + ?Sized),
        policy: &Policy,
        body: impl FnOnce() -> V,
    ) -> V
    where
        V: Cacheable + Portable,
    {
        call::call(
            policy.site,
            key_of(parts),
            ByPolicy::new(self, policy, KeepAll::NEW),
            body,
        )
    }

    /// [`get_or_compute`](Self::get_or_compute) for a body that may fail: an `Err` is returned and not stored, and callers who
    /// waited for it try for themselves.
    ///
    /// # Errors
    ///
    /// Those of `body`.
    pub fn try_get_or_compute<V, E>(
        &self,
        parts: &(impl KeyPart + ?Sized),
        policy: &Policy,
        body: impl FnOnce() -> Result<V, E>,
    ) -> Result<V, E>
    where
        V: Cacheable + Portable,
        E: 'static,
    {
        call::call(
            policy.site,
            key_of(parts),
            ByPolicy::new(self, policy, KeepOkAlone::NEW),
            body,
        )
    }

    /// [`get_or_compute`](Self::get_or_compute) for a future, which is polled on a miss only.
    pub fn get_or_compute_async<V>(
        &self,
        parts: &(impl KeyPart + ?Sized),
        policy: &Policy,
        body: impl Future<Output = V>,
    ) -> impl Future<Output = V>
    where
        V: Cacheable + Portable,
    {
        call::call_async(policy.site, move || {
            let rules = ByPolicy::new(self, policy, KeepAll::NEW);
            (key_of(parts), rules, body)
        })
    }

    /// [`try_get_or_compute`](Self::try_get_or_compute) for a future, which is polled on a miss only.
    ///
    /// # Errors
    ///
    /// Those of `body`.
    pub fn try_get_or_compute_async<V, E>(
        &self,
        parts: &(impl KeyPart + ?Sized),
        policy: &Policy,
        body: impl Future<Output = Result<V, E>>,
    ) -> impl Future<Output = Result<V, E>>
    where
        V: Cacheable + Portable,
        E: 'static,
    {
        call::call_async(policy.site, move || {
            let rules = ByPolicy::new(self, policy, KeepOkAlone::NEW);
            (key_of(parts), rules, body)
        })
    }

    /// The name that the entry of these parts has in a store outside the process.
    pub fn key(&self, parts: &(impl KeyPart + ?Sized), policy: &Policy) -> String {
        self.entry_of::<()>(parts, policy).key()
    }

    /// Drops the value of type `V` for these parts; answers whether there was one.
    ///
    /// A value that is being computed meanwhile is not stored.
    pub fn invalidate<V>(&self, parts: &(impl KeyPart + ?Sized), policy: &Policy) -> bool
    where
        V: Cacheable + Portable,
    {
        self.entry_of::<V>(parts, policy).invalidate()
    }

    /// [`invalidate`](Self::invalidate) without blocking the thread.
    pub async fn invalidate_async<V>(
        &self,
        parts: &(impl KeyPart + ?Sized),
        policy: &Policy,
    ) -> bool
    where
        V: Cacheable + Portable,
    {
        let entry = self.entry_of::<V>(parts, policy);
        entry.drop_value(Waits::Async).await
    }

    fn entry_of<V>(&self, parts: &(impl KeyPart + ?Sized), policy: &Policy) -> AnyEntry<V>
    where
        V: Cacheable + Portable,
    {
        AnyEntry::of_policy(self, policy, key_of(parts))
    }
}

pub(super) fn key_of(parts: &(impl KeyPart + ?Sized)) -> Key {
    let mut key = Key::new();
    key.part(parts);
    key
}

/// The rules of a call that follows a policy.
struct ByPolicy<'a, K> {
    cache: &'a Cache,
    policy: Policy,
    keep: PhantomData<fn() -> K>,
}

impl<'a, K> ByPolicy<'a, K> {
    fn new(cache: &'a Cache, policy: &Policy, _: K) -> Self {
        Self {
            cache,
            policy: *policy,
            keep: PhantomData,
        }
    }
}

impl<R, K: Keep<R, Value: Portable>> Ruling<R> for ByPolicy<'_, K> {
    type Keep = K;

    fn weigh(&self, value: &K::Value) -> usize {
        serialised_weight(value)
    }

    fn keeps(&self, _: &K::Value) -> bool {
        true
    }

    fn expiration(&self) -> Option<Expiration> {
        Some(self.policy.expiration)
    }

    fn jitter(&self) -> Option<Jitter> {
        self.policy.jitter
    }

    fn forces(&self) -> bool {
        false
    }

    fn cache(&self) -> Option<&Cache> {
        Some(self.cache)
    }

    fn wire(&self) -> Option<Wire<K::Value>> {
        Some(Wire::NEW)
    }

    fn manner(&self) -> Option<Manner> {
        Some(self.policy.manner)
    }
}
