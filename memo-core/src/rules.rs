//! What one call asks of the cache beyond its key: the words of the attribute that are expressions.

use std::marker::PhantomData;
use std::time::Duration;

use crate::backend::Fault;
use crate::cache::Cache;
use crate::codec::Wire;
use crate::expiration::{Expiration, Jitter};
use crate::far::Manner;
use crate::fault::FromFault;
use crate::keep::{Keep, Kept, Nothing};
use crate::keyring::Keyring;
use crate::value::{Portable, own_weight, serialised_weight};

/// The rules of a call. Each word of the attribute replaces one argument; the shape of the call stays.
pub struct Rules<'a, R, K: Keep<R>, W, P, E> {
    weigh: W,
    keep_if: P,
    expires: E,
    others: Others<'a, R, K::Value>,
    keep: PhantomData<fn() -> (R, K)>,
}

/// The rules whose type does not change with what is written.
struct Others<'a, R, V> {
    force: bool,
    cache: Option<&'a Cache>,
    keyring: Option<&'a Keyring>,
    wire: Option<Wire<V>>,
    strict: Option<Strict<R>>,
}

/// Rules as the road reads them.
pub trait Ruling<R> {
    /// How outcome and value belong together.
    type Keep: Keep<R>;

    /// What the value weighs, in bytes.
    fn weigh(&self, value: &Value<R, Self>) -> usize;
    /// Whether the value may be stored.
    fn keeps(&self, value: &Value<R, Self>) -> bool;
    /// The expiration, where the call has its own.
    fn expiration(&self) -> Option<Expiration>;
    /// The jitter, where the call has its own.
    fn jitter(&self) -> Option<Jitter> {
        None
    }
    /// Whether the call wants a new value.
    fn forces(&self) -> bool;
    /// The cache that the function is bound to.
    fn cache(&self) -> Option<&Cache>;
    /// The keys of the function, where it has its own.
    fn keyring(&self) -> Option<&Keyring> {
        None
    }
    /// What takes values out of the process, if they may leave it.
    fn wire(&self) -> Option<Wire<Value<R, Self>>>;
    /// What the backend's fault becomes, where the caller wants to know of it.
    fn strict(&self) -> Option<Strict<R>> {
        None
    }
    /// How values leave it, where the call has its own say.
    fn manner(&self) -> Option<Manner> {
        None
    }
}

/// What is stored of an outcome `R` under rules `U`.
pub(crate) type Value<R, U> = <<U as Ruling<R>>::Keep as Keep<R>>::Value;

/// Weighs by a function that captures nothing.
pub(crate) type WeighBy<V> = fn(&V) -> usize;
/// Makes an outcome of a backend's fault.
pub(crate) type Strict<R> = fn(Fault) -> R;
/// Keeps every value.
pub(crate) type KeepAny<V> = fn(&V) -> bool;
/// Has no expiration of its own.
pub(crate) type AsTheSiteSays = fn() -> Option<Expiration>;

/// The rules where the attribute says nothing: the value can leave the process.
#[inline]
pub fn rules<R, K: Keep<R, Value: Portable>>(kept: Kept<R, K>) -> Start<R, K> {
    start(kept, serialised_weight, anywhere(K::SAME))
}

/// The rules of `large_data` and `encrypt`: the value lives as bytes.
#[inline]
pub fn bytes_rules<R, K: Keep<R, Value: Portable>>(kept: Kept<R, K>) -> Start<R, K> {
    start(kept, serialised_weight, Some(Wire::comparing(K::SAME)))
}

/// What takes any value out of the process, where a cache may ask for that: one with a backend, or that encrypts all. Elsewhere it would cost the
/// compiler some milliseconds for each type and never be used.
#[cfg(any(feature = "backend", feature = "encrypt"))]
#[inline]
fn anywhere<V: Portable + 'static>(same: Option<fn(&V, &V) -> bool>) -> Option<Wire<V>> {
    Some(Wire::comparing(same))
}

#[cfg(not(any(feature = "backend", feature = "encrypt")))]
#[inline]
fn anywhere<V: Portable + 'static>(_: Option<fn(&V, &V) -> bool>) -> Option<Wire<V>> {
    None
}

/// The rules of `local`: the value stays in the process.
#[inline]
pub fn local_rules<R, K: Keep<R>>(kept: Kept<R, K>) -> Start<R, K> {
    start(kept, own_weight, None)
}

/// The rules that matter to an entry: filters do not, because what is put is meant.
pub(crate) struct ForAnEntry<V, W, E> {
    pub(crate) weigh: W,
    pub(crate) expires: E,
    pub(crate) keyring: Option<Keyring>,
    pub(crate) wire: Option<Wire<V>>,
    pub(crate) manner: Option<Manner>,
}

/// Rules to which no expression has been added.
pub(crate) type Start<R, K> = Rules<
    'static,
    R,
    K,
    WeighBy<<K as Keep<R>>::Value>,
    KeepAny<<K as Keep<R>>::Value>,
    AsTheSiteSays,
>;

#[inline]
fn start<R, K: Keep<R>>(
    _: Kept<R, K>,
    weigh: WeighBy<K::Value>,
    wire: Option<Wire<K::Value>>,
) -> Start<R, K> {
    Rules {
        weigh,
        keep_if: |_| true,
        expires: || None,
        others: Others {
            force: false,
            cache: None,
            keyring: None,
            wire,
            strict: None,
        },
        keep: PhantomData,
    }
}

impl<'a, R, K: Keep<R>, W, P, E> Rules<'a, R, K, W, P, E> {
    /// `weigh = …`
    #[inline]
    pub fn weigh<F: Fn(&K::Value) -> usize>(self, weigh: F) -> Rules<'a, R, K, F, P, E> {
        let Self {
            keep_if,
            expires,
            others,
            keep,
            ..
        } = self;
        Rules {
            weigh,
            keep_if,
            expires,
            others,
            keep,
        }
    }

    /// `expiration = …`, found out when a value is stored.
    #[inline]
    pub fn expires<F: Fn() -> Duration>(
        self,
        lifetime: F,
    ) -> Rules<'a, R, K, W, P, impl Fn() -> Option<Expiration> + use<R, K, W, P, E, F>> {
        let Self {
            weigh,
            keep_if,
            others,
            keep,
            ..
        } = self;
        Rules {
            weigh,
            keep_if,
            expires: move || Some(lifetime().into()),
            others,
            keep,
        }
    }

    /// `expiration = …`, found out before the body may consume the arguments.
    #[inline]
    pub fn expires_in(
        self,
        lifetime: Duration,
    ) -> Rules<'a, R, K, W, P, impl Fn() -> Option<Expiration> + use<R, K, W, P, E>> {
        self.expires(move || lifetime)
    }

    /// `force_overwrite = …`
    #[inline]
    pub fn force(mut self, force: bool) -> Self {
        self.others.force = force;
        self
    }

    /// `cache = …`
    #[inline]
    pub fn cache(mut self, cache: &'a Cache) -> Self {
        self.others.cache = Some(cache);
        self
    }

    /// `encryption_key = …`
    #[inline]
    pub fn encryption_key(mut self, keyring: &'a Keyring) -> Self {
        self.others.keyring = Some(keyring);
        self
    }

    /// `strict`
    #[inline]
    pub fn strict(mut self) -> Self
    where
        R: FromFault,
    {
        self.others.strict = Some(R::from_fault);
        self
    }

    pub(crate) fn bound_cache(&self) -> Option<&'a Cache> {
        self.others.cache
    }

    /// What an entry needs of the rules, once they are no longer those of a call.
    pub(crate) fn for_an_entry(self) -> ForAnEntry<K::Value, W, E> {
        ForAnEntry {
            weigh: self.weigh,
            expires: self.expires,
            keyring: self.others.keyring.cloned(),
            wire: self.others.wire,
            manner: None,
        }
    }
}

impl<'a, R, K: Keep<R>, W, P: Fn(&K::Value) -> bool, E> Rules<'a, R, K, W, P, E> {
    /// `cache_if = …`
    #[inline]
    pub fn cache_if<F: Fn(&K::Value) -> bool>(
        self,
        filter: F,
    ) -> Rules<'a, R, K, W, impl Fn(&K::Value) -> bool, E> {
        let Self {
            weigh,
            keep_if,
            expires,
            others,
            keep,
        } = self;
        Rules {
            weigh,
            keep_if: move |value: &K::Value| keep_if(value) && filter(value),
            expires,
            others,
            keep,
        }
    }

    /// `cache_none = false`
    #[inline]
    pub fn skip_none<N: Nothing<K::Value>>(
        self,
        _: N,
    ) -> Rules<'a, R, K, W, impl Fn(&K::Value) -> bool, E> {
        self.cache_if(|value| !N::is_none(value))
    }
}

impl<R, K, W, P, E> Ruling<R> for Rules<'_, R, K, W, P, E>
where
    K: Keep<R>,
    W: Fn(&K::Value) -> usize,
    P: Fn(&K::Value) -> bool,
    E: Fn() -> Option<Expiration>,
{
    type Keep = K;

    fn weigh(&self, value: &K::Value) -> usize {
        (self.weigh)(value)
    }

    fn keeps(&self, value: &K::Value) -> bool {
        (self.keep_if)(value)
    }

    fn expiration(&self) -> Option<Expiration> {
        (self.expires)()
    }

    fn forces(&self) -> bool {
        self.others.force
    }

    fn cache(&self) -> Option<&Cache> {
        self.others.cache
    }

    fn keyring(&self) -> Option<&Keyring> {
        self.others.keyring
    }

    fn wire(&self) -> Option<Wire<K::Value>> {
        self.others.wire
    }

    fn strict(&self) -> Option<Strict<R>> {
        self.others.strict
    }
}
