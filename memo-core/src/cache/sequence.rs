//! Sequences without an attribute.

use super::adhoc::key_of;
use super::{Cache, Policy};
use crate::entry::{Entry, items_entry};
use crate::keep::{KeepAll, KeepOkAlone};
use crate::key::KeyPart;
use crate::sequence::{self, CachedIter, ItemRules};
#[cfg(feature = "stream")]
use crate::sequence::{CachedStream, OnPoll};
use crate::value::Portable;
use crate::waits::Waits;

/// Caching of sequences without an attribute.
///
/// ```
/// # use memo_core::{Cache, Policy};
/// let cache = Cache::builder().build()?;
/// let squares = Policy::named("docs-items").expiration(300);
///
/// let sum: u64 = cache.iter(&("up to", 4), &squares, || (0..4).map(|n| n * n)).sum();
/// assert_eq!(sum, 14);
/// let again = cache.iter(&("up to", 4), &squares, || -> Vec<u64> { unreachable!("it is stored") });
/// assert_eq!(again.last(), Some(9));
///
/// assert!(cache.invalidate_items::<u64>(&("up to", 4), &squares));
/// # Ok::<(), memo_core::Error>(())
/// ```
impl Cache {
    /// The cached items for these parts, or those of `body`, which are stored as they pass.
    pub fn iter<V, F, B>(
        &self,
        parts: &(impl KeyPart + ?Sized),
        policy: &Policy,
        body: F,
    ) -> CachedIter<V, KeepAll, F, B::IntoIter>
    where
        V: Portable + 'static,
        F: FnOnce() -> B,
        B: IntoIterator<Item = V>,
    {
        let rules = ItemRules::of_policy(self, policy, KeepAll::NEW);
        sequence::iter(policy.site(), key_of(parts), rules, body)
    }

    /// [`iter`](Self::iter) for items that may be errors: an `Err` is given to the caller, and nothing is stored.
    pub fn try_iter<V, E, F, B>(
        &self,
        parts: &(impl KeyPart + ?Sized),
        policy: &Policy,
        body: F,
    ) -> CachedIter<Result<V, E>, KeepOkAlone, F, B::IntoIter>
    where
        V: Portable + 'static,
        F: FnOnce() -> B,
        B: IntoIterator<Item = Result<V, E>>,
    {
        let rules = ItemRules::of_policy(self, policy, KeepOkAlone::NEW);
        sequence::iter(policy.site(), key_of(parts), rules, body)
    }

    /// [`iter`](Self::iter) for a stream. Nothing happens before it is polled.
    #[cfg(feature = "stream")]
    pub fn stream<V, F, S>(
        &self,
        parts: &(impl KeyPart + ?Sized),
        policy: &Policy,
        body: F,
    ) -> CachedStream<V, KeepAll, OnPoll<F>, S>
    where
        V: Portable + 'static,
        F: FnOnce() -> S,
        S: futures_core::Stream<Item = V>,
    {
        let rules = ItemRules::of_policy(self, policy, KeepAll::NEW);
        sequence::stream(policy.site(), key_of(parts), rules, OnPoll::new(body))
    }

    /// [`try_iter`](Self::try_iter) for a stream. Nothing happens before it is polled.
    #[cfg(feature = "stream")]
    pub fn try_stream<V, E, F, S>(
        &self,
        parts: &(impl KeyPart + ?Sized),
        policy: &Policy,
        body: F,
    ) -> CachedStream<Result<V, E>, KeepOkAlone, OnPoll<F>, S>
    where
        V: Portable + 'static,
        F: FnOnce() -> S,
        S: futures_core::Stream<Item = Result<V, E>>,
    {
        let rules = ItemRules::of_policy(self, policy, KeepOkAlone::NEW);
        sequence::stream(policy.site(), key_of(parts), rules, OnPoll::new(body))
    }

    /// Drops the sequence of items `V` for these parts; answers whether there was one.
    ///
    /// One that is being produced meanwhile is not stored. Whoever reads one already goes on to its end.
    pub fn invalidate_items<V>(&self, parts: &(impl KeyPart + ?Sized), policy: &Policy) -> bool
    where
        V: Portable + 'static,
    {
        self.items_entry_of::<V>(parts, policy).invalidate()
    }

    /// [`invalidate_items`](Self::invalidate_items) without blocking the thread.
    pub async fn invalidate_items_async<V>(
        &self,
        parts: &(impl KeyPart + ?Sized),
        policy: &Policy,
    ) -> bool
    where
        V: Portable + 'static,
    {
        let entry = self.items_entry_of::<V>(parts, policy);
        entry.drop_value(Waits::Async).await
    }

    fn items_entry_of<V>(&self, parts: &(impl KeyPart + ?Sized), policy: &Policy) -> Entry<Vec<V>>
    where
        V: Portable + 'static,
    {
        let rules = ItemRules::<V, KeepAll>::of_policy(self, policy, KeepAll::NEW);
        items_entry(policy.site(), key_of(parts), rules)
    }
}
