//! One entry of a memoized function, reached by the arguments of its call.

mod future;
mod items;
mod place;
mod stored;

use std::fmt;
use std::ops::Deref;

pub use self::future::{AnyAsyncEntry, AsyncEntry, async_entry};
pub use self::items::{async_items_entry, items_entry};
pub(crate) use self::place::Place;
use self::stored::{ByRules, Stored};
use crate::backend::{Answer, Fault};
use crate::cache::{Cache, Policy};
use crate::codec::Wire;
use crate::context;
use crate::expiration::Expiration;
use crate::explain::{Explanation, Verdict, explain};
use crate::keep::{Keep, KeepAll};
use crate::key::Key;
use crate::rules::{ForAnEntry, Rules};
use crate::site::Site;
use crate::value::{Cacheable, Portable, serialised_weight};
use crate::waits::{Waits, at_once};

/// The entry of a call with certain arguments: `f::entry(args)`.
///
/// `R` is what the function returns. `peek` and `put` deal in what is stored of it: for a `Result<T, E>` that is `T`.
///
/// ```
/// # use memo_core as memo; use memo_core::__private::{Key, Returns, entry, rules, site}; use memo_core::Site;
/// # fn load_user_entry(id: u64) -> memo::Entry<Result<String, String>> {
/// #     static SITE: Site = site(|| "docs::entry", "entry");
/// #     let mut key = Key::new();
/// #     key.part(&id);
/// #     entry(&SITE, key, rules(Returns::<Result<String, String>>::NEW.__memo_keep()))
/// # }
/// let ada = load_user_entry(42); // `load_user::entry(42)` of a memoized `load_user`
/// assert_eq!(ada.peek(), None);
/// ada.put("Ada".to_owned());
/// assert_eq!(ada.peek(), Some("Ada".to_owned()));
/// assert!(ada.invalidate());
/// assert_eq!(ada.key(), ":docs::entry:~42u64");
/// ```
pub struct Entry<R>(AnyEntry<R>);

/// What the entries of all functions have in common.
pub struct AnyEntry<R> {
    site: &'static Site,
    key: Key,
    cache: Cache,
    stored: Box<dyn Stored<R>>,
}

impl<T, E> Entry<Result<T, E>> {
    /// The stored value, if it is there and fresh. Nothing is computed or counted.
    pub fn peek(&self) -> Option<T> {
        self.0.peek().and_then(Result::ok)
    }

    /// Stores a value as if a call had just computed it. A computation under way will not overwrite it.
    pub fn put(&self, value: T) {
        self.0.put(Ok(value));
    }
}

impl<R> AnyEntry<R> {
    /// The stored value, if it is there and fresh. Nothing is computed or counted.
    pub fn peek(&self) -> Option<R> {
        if context::is_ending() {
            return None;
        }
        at_once(self.stored.look(self, Waits::Blocking))
    }

    /// Stores a value as if a call had just computed it. A computation under way will not overwrite it.
    pub fn put(&self, value: R) {
        let storing = self.stored.store(self, value, Waits::Blocking);
        context::on_living_thread(|| at_once(storing));
    }

    /// The name of the entry in a store outside the process, within the namespace of the cache.
    pub fn key(&self) -> String {
        match self.stored.place(self) {
            Place::Near => self.cache.plain_name(self.site, &self.key, MAX_NAME),
            Place::Far(spot) => spot.name.as_str().to_owned(),
            Place::Nowhere(_) => String::from("~"),
        }
    }

    /// Drops the value; answers whether there was one.
    ///
    /// A value that is being computed meanwhile is not stored, and calls that start later do not wait for it.
    pub fn invalidate(&self) -> bool {
        context::on_living_thread(|| at_once(self.drop_value(Waits::Blocking)))
    }

    /// [`invalidate`](Self::invalidate) for those who must know that it was done: answers whether there was a value to drop, or that the backend
    /// did not say so. Then the deletion is owed: this process serves an older value no more, others may until the backend can be reached from here.
    ///
    /// `Ok` means for this process: no call that begins from here on returns an older value, also where a write that was given up earlier (a dropped call, a
    /// timeout) arrives at the store only now. For other processes: the older value is gone from the store. With `lock` the store refuses whatever was being
    /// computed anywhere; without it, another process may still store what it is computing, and what this one has given up may be seen until it is deleted.
    ///
    /// # Errors
    ///
    /// The fault of the backend, which is an event and a counter as well.
    pub fn try_invalidate(&self) -> Result<bool, Fault> {
        context::on_living_thread(|| at_once(self.try_drop_value(Waits::Blocking)))
    }

    /// Why the next call with these arguments, made here and now, would be a hit or a miss.
    pub fn explain(&self) -> Explanation {
        self.explained(at_once(self.verdict(Waits::Blocking)))
    }

    pub(crate) async fn drop_value(&self, waits: Waits) -> bool {
        self.try_drop_value(waits).await.unwrap_or(false)
    }

    async fn try_drop_value(&self, waits: Waits) -> Answer<bool> {
        let (place, address) = (self.stored.place(self), self.stored.address(self));
        self.cache
            .drop_value(self.site, &self.key, &place, &address, waits)
            .await
    }

    async fn verdict(&self, waits: Waits) -> Verdict {
        let (place, address) = (self.stored.place(self), self.stored.address(self));
        let can_read = |raw: &[u8]| self.stored.can_read(self, raw);
        explain(&self.cache, &self.key, &place, &address, &can_read, waits).await
    }

    fn explained(&self, verdict: Verdict) -> Explanation {
        Explanation {
            function: self.site.name(),
            key: self.key(),
            verdict,
        }
    }
}

/// The longest name that is shown for what has none, since it lives in this process, in bytes.
const MAX_NAME: usize = 200;

impl<V: Cacheable + Portable> AnyEntry<V> {
    /// The entry of a call without an attribute.
    pub(crate) fn of_policy(cache: &Cache, policy: &Policy, key: Key) -> Self {
        let expiration = policy.expires_in();
        let rules = ForAnEntry {
            weigh: serialised_weight::<V>,
            expires: move || Some(expiration),
            keyring: None,
            wire: Some(Wire::NEW),
            manner: Some(policy.manner()),
        };
        Self {
            site: policy.site(),
            key,
            cache: cache.clone(),
            stored: Box::new(ByRules::<KeepAll, _, _, _>::new(rules)),
        }
    }
}

/// Makes the entry of a call.
pub fn entry<R, K, W, P, E>(
    site: &'static Site,
    key: Key,
    rules: Rules<'_, R, K, W, P, E>,
) -> Entry<R>
where
    R: 'static,
    K: Keep<R>,
    W: Fn(&K::Value) -> usize + Send + Sync + 'static,
    E: Fn() -> Option<Expiration> + Send + Sync + 'static,
{
    let cache = rules.bound_cache().cloned().unwrap_or_else(crate::cache);
    let stored = Box::new(ByRules::<K, _, _, _>::new(rules.for_an_entry()));
    Entry(AnyEntry {
        site,
        key,
        cache,
        stored,
    })
}

impl<R> Deref for Entry<R> {
    type Target = AnyEntry<R>;
    fn deref(&self) -> &AnyEntry<R> {
        &self.0
    }
}

impl<R> fmt::Debug for Entry<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry")
            .field("function", &self.site.name())
            .finish_non_exhaustive()
    }
}
