//! One entry of a memoized function, reached by the arguments of its call.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

use crate::cache::Cache;
use crate::context;
use crate::event::Event;
use crate::expiration::Expiration;
use crate::explain::{Explanation, explain};
use crate::keep::Keep;
use crate::key::Key;
use crate::near::{Found, KeyRef, Storing, address};
use crate::parcel::Parcel;
use crate::rules::Rules;
use crate::site::Site;

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

/// The entry of an asynchronous function. What may have to wait, with backends outside the process, is `async`.
pub struct AsyncEntry<R>(AnyAsyncEntry<R>);

/// What the entries of all asynchronous functions have in common.
pub struct AnyAsyncEntry<R>(Entry<R>);

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
        self.0.look().and_then(Result::ok)
    }

    /// Stores a value as if a call had just computed it. A computation under way will not overwrite it.
    pub fn put(&self, value: T) {
        self.0.store(Ok(value));
    }
}

impl<R> AnyEntry<R> {
    /// The stored value, if it is there and fresh. Nothing is computed or counted.
    pub fn peek(&self) -> Option<R> {
        self.look()
    }

    /// Stores a value as if a call had just computed it. A computation under way will not overwrite it.
    pub fn put(&self, value: R) {
        self.store(value);
    }

    /// The name of the entry in a store outside the process, within the namespace of the cache.
    pub fn key(&self) -> String {
        self.cache.store_name(self.site, &self.key)
    }

    /// Drops the value; answers whether there was one.
    ///
    /// A value that is being computed meanwhile is not stored, and calls that start later do not wait for it.
    pub fn invalidate(&self) -> bool {
        let address = self.stored.address(self);
        self.cache.drop_address(self.site, &self.key, &address)
    }

    /// Why the next call with these arguments, made here and now, would be a hit or a miss.
    pub fn explain(&self) -> Explanation {
        explain(
            &self.cache,
            &self.key,
            &self.stored.address(self),
            self.site,
        )
    }

    fn look(&self) -> Option<R> {
        self.stored.look(self)
    }

    fn store(&self, outcome: R) {
        self.stored.store(self, outcome);
    }
}

/// What an entry does that depends on the type of its value and the rules of its function.
trait Stored<R>: Send + Sync {
    fn address<'e>(&self, entry: &'e AnyEntry<R>) -> KeyRef<'e>;
    fn look(&self, entry: &AnyEntry<R>) -> Option<R>;
    fn store(&self, entry: &AnyEntry<R>, outcome: R);
}

/// The rules that matter to an entry: filters do not, because what is put is meant.
struct ByRules<K, W, E> {
    weigh: W,
    expires: E,
    keep: PhantomData<fn() -> K>,
}

impl<R, K, W, E> Stored<R> for ByRules<K, W, E>
where
    K: Keep<R>,
    W: Fn(&K::Value) -> usize + Send + Sync,
    E: Fn() -> Option<Expiration> + Send + Sync,
{
    fn address<'e>(&self, entry: &'e AnyEntry<R>) -> KeyRef<'e> {
        address::<K::Value>(entry.site.state().scope, &entry.key)
    }

    fn look(&self, entry: &AnyEntry<R>) -> Option<R> {
        if entry.key.is_faulty() || context::is_ending() {
            return None;
        }
        match entry
            .cache
            .near()
            .find(&self.address(entry), entry.cache.time().exact())
        {
            Found::Value(value) => Some(K::revive(value)),
            Found::Expired | Found::Evicted | Found::Absent => None,
        }
    }

    fn store(&self, entry: &AnyEntry<R>, outcome: R) {
        if !entry.cache.can_change(entry.site, &entry.key) {
            return;
        }
        let Some(value) = K::value(&outcome) else {
            return;
        };
        let weight = (self.weigh)(value);
        let parcel = Parcel::pack(
            value.clone(),
            weight,
            entry.site,
            &entry.cache,
            (self.expires)(),
            None,
        );
        let address = self.address(entry);
        let cache = &entry.cache;
        let store = || {
            cache
                .flights()
                .invalidate(&address, || parcel.store(cache, &address))
        };
        let stored = context::on_living_thread(store);
        if let Storing::Stored { weight, evicted } = stored {
            entry.cache.emit(|| Event::Stored {
                function: entry.site.name(),
                weight,
                evicted,
            });
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
    let (weigh, expires) = rules.weight_and_expiration();
    let stored = Box::new(ByRules {
        weigh,
        expires,
        keep: PhantomData::<fn() -> K>,
    });
    Entry(AnyEntry {
        site,
        key,
        cache,
        stored,
    })
}

/// Makes the entry of an asynchronous call.
pub fn async_entry<R, K, W, P, E>(
    site: &'static Site,
    key: Key,
    rules: Rules<'_, R, K, W, P, E>,
) -> AsyncEntry<R>
where
    R: 'static,
    K: Keep<R>,
    W: Fn(&K::Value) -> usize + Send + Sync + 'static,
    E: Fn() -> Option<Expiration> + Send + Sync + 'static,
{
    AsyncEntry(AnyAsyncEntry(entry(site, key, rules)))
}

impl<R> Deref for Entry<R> {
    type Target = AnyEntry<R>;
    fn deref(&self) -> &AnyEntry<R> {
        &self.0
    }
}

impl<R> Deref for AsyncEntry<R> {
    type Target = AnyAsyncEntry<R>;
    fn deref(&self) -> &AnyAsyncEntry<R> {
        &self.0
    }
}

impl<T, E> AsyncEntry<Result<T, E>> {
    /// The stored value, if it is there and fresh. Nothing is computed or counted.
    pub async fn peek(&self) -> Option<T> {
        self.0.0.peek()
    }

    /// Stores a value as if a call had just computed it. A computation under way will not overwrite it.
    pub async fn put(&self, value: T) {
        self.0.0.put(value);
    }
}

impl<R> AnyAsyncEntry<R> {
    /// The stored value, if it is there and fresh. Nothing is computed or counted.
    pub async fn peek(&self) -> Option<R> {
        self.0.look()
    }

    /// Stores a value as if a call had just computed it. A computation under way will not overwrite it.
    pub async fn put(&self, value: R) {
        self.0.store(value);
    }

    /// The name of the entry in a store outside the process, within the namespace of the cache.
    pub fn key(&self) -> String {
        self.0.key()
    }

    /// Drops the value; answers whether there was one.
    ///
    /// A value that is being computed meanwhile is not stored, and calls that start later do not wait for it.
    pub async fn invalidate(&self) -> bool {
        self.0.invalidate()
    }

    /// Why the next call with these arguments, made here and now, would be a hit or a miss.
    pub async fn explain(&self) -> Explanation {
        self.0.explain()
    }
}

impl Cache {
    /// Drops a value of type `V`, and voids what is being computed for its key.
    pub(crate) fn drop_entry<V: 'static>(&self, site: &'static Site, key: &Key) -> bool {
        let address = address::<V>(site.state().scope, key);
        self.drop_address(site, key, &address)
    }

    fn drop_address(&self, site: &'static Site, key: &Key, address: &KeyRef<'_>) -> bool {
        if !self.can_change(site, key) {
            return false;
        }
        let dropped = context::on_living_thread(|| {
            self.flights()
                .invalidate(address, || self.near().remove(address))
        });
        self.emit(|| Event::Invalidated {
            function: site.name(),
        });
        dropped
    }

    /// Whether there is an entry to change: a cache that is disabled has none, and neither has a key that could not be made.
    fn can_change(&self, site: &'static Site, key: &Key) -> bool {
        if key.is_faulty() {
            self.emit(|| Event::KeyFailed {
                function: site.name(),
            });
        }
        self.is_enabled() && !key.is_faulty()
    }
}

impl<R> fmt::Debug for Entry<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry")
            .field("function", &self.site.name())
            .finish_non_exhaustive()
    }
}

impl<R> fmt::Debug for AsyncEntry<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsyncEntry")
            .field("function", &self.0.0.site.name())
            .finish_non_exhaustive()
    }
}
