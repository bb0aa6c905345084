//! The entries of asynchronous functions.

use std::fmt;
use std::ops::Deref;

use super::{AnyEntry, Entry, entry};
use crate::backend::Fault;
use crate::context;
use crate::expiration::Expiration;
use crate::explain::Explanation;
use crate::keep::Keep;
use crate::key::Key;
use crate::rules::Rules;
use crate::site::Site;
use crate::waits::Waits;

/// The entry of an asynchronous function. What may have to wait, with backends outside the process, is `async`.
pub struct AsyncEntry<R>(AnyAsyncEntry<R>);

/// What the entries of all asynchronous functions have in common.
pub struct AnyAsyncEntry<R>(Entry<R>);

impl<T, E> AsyncEntry<Result<T, E>> {
    /// The stored value, if it is there and fresh. Nothing is computed or counted.
    pub async fn peek(&self) -> Option<T> {
        self.0.peek().await.and_then(Result::ok)
    }

    /// Stores a value as if a call had just computed it. A computation under way will not overwrite it.
    pub fn put(&self, value: T) -> impl Future<Output = ()> + Send + use<'_, T, E> {
        self.0.put(Ok(value))
    }
}

impl<R> AnyAsyncEntry<R> {
    /// The stored value, if it is there and fresh. Nothing is computed or counted.
    pub async fn peek(&self) -> Option<R> {
        let entry = self.entry();
        if context::is_ending() {
            return None;
        }
        entry.stored.look(entry, Waits::Async).await
    }

    /// Stores a value as if a call had just computed it. A computation under way will not overwrite it.
    pub fn put(&self, value: R) -> impl Future<Output = ()> + Send + use<'_, R> {
        let entry = self.entry();
        entry.stored.store(entry, value, Waits::Async)
    }

    /// The name of the entry in a store outside the process, within the namespace of the cache.
    pub fn key(&self) -> String {
        self.0.key()
    }

    /// Drops the value; answers whether there was one.
    ///
    /// A value that is being computed meanwhile is not stored, and calls that start later do not wait for it.
    pub async fn invalidate(&self) -> bool {
        self.entry().drop_value(Waits::Async).await
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
    pub async fn try_invalidate(&self) -> Result<bool, Fault> {
        self.entry().try_drop_value(Waits::Async).await
    }

    /// Why the next call with these arguments, made here and now, would be a hit or a miss.
    pub async fn explain(&self) -> Explanation {
        let verdict = self.entry().verdict(Waits::Async).await;
        self.entry().explained(verdict)
    }

    fn entry(&self) -> &AnyEntry<R> {
        &self.0.0
    }
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
    from_entry(entry(site, key, rules))
}

/// An entry, for asynchronous code.
pub(super) fn from_entry<R>(entry: Entry<R>) -> AsyncEntry<R> {
    AsyncEntry(AnyAsyncEntry(entry))
}

impl<R> Deref for AsyncEntry<R> {
    type Target = AnyAsyncEntry<R>;
    fn deref(&self) -> &AnyAsyncEntry<R> {
        &self.0
    }
}

impl<R> fmt::Debug for AsyncEntry<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsyncEntry")
            .field("function", &self.0.0.site.name())
            .finish_non_exhaustive()
    }
}
