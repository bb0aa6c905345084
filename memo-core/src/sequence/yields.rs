//! What of an item is kept, and what one call asks of the cache: the rules of a sequence.

use std::marker::PhantomData;
use std::time::Duration;

use crate::cache::{Cache, Policy};
use crate::codec::Wire;
use crate::expiration::{Expiration, Jitter};
use crate::far::Manner;
use crate::keep::{Comparison, KeepAll, KeepOk, KeepOkAlone, Kept, Same, is_err};
use crate::keyring::Keyring;
use crate::value::Portable;

/// How an item and what is kept of it belong together.
pub trait Yield<R>: Copy + Send + Sync + 'static {
    /// What is stored.
    type Value: 'static;

    /// Compares two values; `None` where nobody knows how.
    const SAME: Option<Comparison<Self::Value>>;

    /// The part of an item that may be stored: nothing of an `Err`.
    fn value(item: &R) -> Option<&Self::Value>;

    /// The item that a stored value stands for.
    fn revive(value: Self::Value) -> R;
}

impl<R: 'static, S: Same<R>> Yield<R> for KeepAll<S> {
    type Value = R;

    const SAME: Option<Comparison<R>> = S::SAME;

    fn value(item: &R) -> Option<&R> {
        (!is_err(item)).then_some(item)
    }

    fn revive(value: R) -> R {
        value
    }
}

macro_rules! keep_ok {
    ($($keep:ident)*) => {$(
        impl<T: 'static, E, S: Same<T>> Yield<Result<T, E>> for $keep<S> {
            type Value = T;

            const SAME: Option<Comparison<T>> = S::SAME;

            fn value(item: &Result<T, E>) -> Option<&T> {
                item.as_ref().ok()
            }

            fn revive(value: T) -> Result<T, E> {
                Ok(value)
            }
        }
    )*};
}

keep_ok!(KeepOk KeepOkAlone);

/// What one call asks of the cache beyond its key. It owns what it was given, so that a body may consume the arguments.
#[derive(Debug)]
pub struct ItemRules<R, K: Yield<R>> {
    pub(super) asked: Asked,
    pub(super) wire: Wire<K::Value>,
    keep: PhantomData<fn() -> (R, K)>,
}

/// The part that knows no type.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asked {
    pub(super) expiration: Option<Expiration>,
    pub(super) jitter: Option<Jitter>,
    pub(super) force: bool,
    pub(super) cache: Option<Cache>,
    pub(super) keyring: Option<Keyring>,
    pub(super) manner: Option<Manner>,
}

/// The rules where the attribute says nothing. Here the bounds on the items are checked, and nowhere else.
#[inline]
pub fn item_rules<R, K: Yield<R, Value: Portable>>(_: Kept<R, K>) -> ItemRules<R, K> {
    ItemRules::new(Asked::default())
}

impl<R, K: Yield<R, Value: Portable>> ItemRules<R, K> {
    /// The rules of a call that follows a policy.
    pub(crate) fn of_policy(cache: &Cache, policy: &Policy, _: K) -> Self {
        Self::new(Asked {
            expiration: Some(policy.expires_in()),
            jitter: policy.jitters_by(),
            manner: Some(policy.manner()),
            cache: Some(cache.clone()),
            ..Asked::default()
        })
    }

    fn new(asked: Asked) -> Self {
        Self {
            asked,
            wire: Wire::comparing(K::SAME),
            keep: PhantomData,
        }
    }
}

/// The words of the attribute that are expressions.
impl<R, K: Yield<R>> ItemRules<R, K> {
    /// `expiration = …`
    #[inline]
    pub fn expires_in(mut self, lifetime: Duration) -> Self {
        self.asked.expiration = Some(lifetime.into());
        self
    }

    /// `force_overwrite = …`
    #[inline]
    pub fn force(mut self, force: bool) -> Self {
        self.asked.force = force;
        self
    }

    /// `cache = …`
    #[inline]
    pub fn cache(mut self, cache: &Cache) -> Self {
        self.asked.cache = Some(cache.clone());
        self
    }

    /// `encryption_key = …`
    #[inline]
    pub fn encryption_key(mut self, keyring: &Keyring) -> Self {
        self.asked.keyring = Some(keyring.clone());
        self
    }

    /// The rules, once they are no longer those of a call.
    pub(crate) fn for_an_entry(self) -> (Asked, Wire<K::Value>) {
        let asked = Asked {
            cache: Some(self.asked.bound_cache()),
            ..self.asked
        };
        (asked, self.wire)
    }
}

impl Asked {
    /// The cache of the call.
    pub(crate) fn bound_cache(&self) -> Cache {
        self.cache.clone().unwrap_or_else(crate::cache)
    }
}
