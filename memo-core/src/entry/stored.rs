//! What an entry does that depends on the type of its value and the rules of its function.

use std::marker::PhantomData;

use super::{AnyEntry, Place};
use crate::backend::Boxed;
use crate::cache::{Delivered, end};
use crate::codec::Wire;
use crate::context;
use crate::event::{Event, Unstored};
use crate::expiration::Expiration;
use crate::far::{Course, Load, Manner, Problem, Spot, Write};
use crate::keep::Keep;
use crate::near::{Found, KeyRef, Storing, address};
use crate::parcel::Parcel;
use crate::rules::ForAnEntry;
use crate::value::Cacheable;
use crate::waits::Waits;

/// What an entry does, behind the type of its value.
pub(super) trait Stored<R>: Send + Sync {
    fn address<'e>(&self, entry: &'e AnyEntry<R>) -> KeyRef<'e>;
    fn place(&self, entry: &AnyEntry<R>) -> Place;
    fn look<'e>(&'e self, entry: &'e AnyEntry<R>, waits: Waits) -> Boxed<'e, Option<R>>;
    fn store<'e>(&'e self, entry: &'e AnyEntry<R>, outcome: R, waits: Waits) -> Boxed<'e, ()>;
    /// Whether a call could read these bytes, which the backend has for it.
    fn can_read(&self, entry: &AnyEntry<R>, raw: &[u8]) -> bool;
}

/// By the rules of a function; `K` says what of an outcome is stored.
pub(super) struct ByRules<K, V, W, E> {
    rules: ForAnEntry<V, W, E>,
    keep: PhantomData<fn() -> K>,
}

impl<K, V, W, E> ByRules<K, V, W, E> {
    pub(super) fn new(rules: ForAnEntry<V, W, E>) -> Self {
        Self {
            rules,
            keep: PhantomData,
        }
    }

    fn manner<R>(&self, entry: &AnyEntry<R>) -> Manner {
        self.rules.manner.unwrap_or(entry.site.options().manner)
    }

    fn course<R>(&self, entry: &AnyEntry<R>) -> Course<V> {
        let manner = self.manner(entry);
        let keyring = self.rules.keyring.as_ref();
        if entry.key.is_faulty() || !entry.cache.is_enabled() {
            return Course::Near;
        }
        Course::of(
            &entry.cache,
            entry.site,
            &entry.key,
            manner,
            keyring,
            self.rules.wire,
        )
    }
}

impl<R, K, W, E> Stored<R> for ByRules<K, K::Value, W, E>
where
    K: Keep<R>,
    W: Fn(&K::Value) -> usize + Send + Sync,
    E: Fn() -> Option<Expiration> + Send + Sync,
{
    fn address<'e>(&self, entry: &'e AnyEntry<R>) -> KeyRef<'e> {
        address::<K::Value>(entry.site.state().scope, &entry.key)
    }

    fn place(&self, entry: &AnyEntry<R>) -> Place {
        match self.course(entry) {
            // Nothing is stored, and what is to be sealed is not shown either.
            Course::Near if self.manner(entry).encrypt => Place::Nowhere(Problem::NoKeyring),
            course => course.into(),
        }
    }

    fn look<'e>(&'e self, entry: &'e AnyEntry<R>, waits: Waits) -> Boxed<'e, Option<R>> {
        let value = async move {
            match self.course(entry) {
                _ if entry.key.is_faulty() => None,
                Course::Near => entry.near_value::<K::Value>(),
                Course::Far(spot, wire) => entry.far_value(&spot, wire, waits).await,
                Course::Nowhere(_) => None,
            }
        };
        Box::pin(async move { value.await.map(K::revive) })
    }

    fn store<'e>(&'e self, entry: &'e AnyEntry<R>, outcome: R, waits: Waits) -> Boxed<'e, ()> {
        let value = K::part(outcome).ok();
        let Some(value) = value.filter(|_| entry.cache.can_change(entry.site, &entry.key)) else {
            return Box::pin(async {});
        };
        let expiration = (self.rules.expires)();
        match self.course(entry) {
            Course::Near => {
                let weight = (self.rules.weigh)(&value);
                entry.put_near(value, weight, expiration);
                Box::pin(async {})
            }
            Course::Far(spot, wire) => Box::pin(async move {
                entry.put_far(&spot, wire, value, expiration, waits).await;
            }),
            Course::Nowhere(problem) => {
                entry.cache.tell(entry.site.state(), &problem);
                Box::pin(async {})
            }
        }
    }

    fn can_read(&self, entry: &AnyEntry<R>, raw: &[u8]) -> bool {
        let codec = self.manner(entry).codec;
        self.rules
            .wire
            .is_none_or(|wire| (wire.decode)(codec, raw).is_ok())
    }
}

impl<R> AnyEntry<R> {
    fn near_value<V: Cacheable>(&self) -> Option<V> {
        let address = address::<V>(self.site.state().scope, &self.key);
        match self.cache.near().find(&address, self.cache.time().exact()) {
            Found::Value(value) => Some(value),
            Found::Expired | Found::Evicted | Found::Absent => None,
        }
    }

    async fn far_value<V: Cacheable>(&self, spot: &Spot, wire: Wire<V>, waits: Waits) -> Option<V> {
        let address = spot.address(address::<V>(self.site.state().scope, &self.key));
        let (load, _) = self.cache.load_far(spot, &address, waits).await;
        match load {
            Load::Found { raw, .. } => (wire.decode)(spot.manner.codec, &raw).ok(),
            Load::Refused(_) | Load::Absent | Load::Faulty(_) => None,
        }
    }

    fn put_near<V: Cacheable>(&self, value: V, weight: usize, expiration: Option<Expiration>) {
        let (site, cache) = (self.site, &self.cache);
        let address = address::<V>(site.state().scope, &self.key);
        let parcel = match Parcel::pack(value, weight, site, cache, expiration, None) {
            Ok(parcel) => parcel,
            Err(reason) => {
                cache.drop_copy(&address);
                return cache.placed(site.state(), Ok(Delivered::Unstored(reason)));
            }
        };
        let store = || {
            cache
                .flights()
                .invalidate(&address, || parcel.store(cache, &address))
        };
        match context::on_living_thread(store) {
            Storing::Stored { weight, evicted } => cache.emit(|| Event::Stored {
                function: site.name(),
                weight,
                evicted,
            }),
            Storing::TooLarge => cache.tell(site.state(), &Problem::OVER_BUDGET),
            Storing::NoStore => {}
        }
    }

    async fn put_far<V: Cacheable>(
        &self,
        spot: &Spot,
        wire: Wire<V>,
        value: V,
        expiration: Option<Expiration>,
        waits: Waits,
    ) {
        let (site, cache) = (self.site, &self.cache);
        let Some(far) = cache.far() else { return };
        let packed = cache.pack_far(far, site, spot, &value, wire, (expiration, None));
        drop(value);
        let address = spot.address(address::<V>(site.state().scope, &self.key));
        self.put_packed(spot, &address, packed, waits).await;
    }

    /// Writes what was packed in place of what is there and of what is being computed.
    pub(super) async fn put_packed(
        &self,
        spot: &Spot,
        address: &KeyRef<'_>,
        packed: Result<Write, Unstored>,
        waits: Waits,
    ) {
        let (site, cache) = (self.site, &self.cache);
        let Some(far) = cache.far() else { return };
        let (permit, before) = cache.flights().seize(address, waits);
        cache.drop_copy(address);
        end(before, waits).await;
        let mut stored = cache.put_far((far, spot), address, packed, waits).await;
        if permit.is_revoked() {
            let removed = cache.remove_far(spot, waits).await;
            stored = Ok(Delivered::removed(Unstored::Voided, removed));
        }
        drop(permit);
        // Whoever set out meanwhile may have fetched what was there before.
        cache.drop_copy(address);
        // Nor may what they write replace the new value: both go.
        cache.flights().revoke(address);
        cache.placed(site.state(), stored);
    }
}
