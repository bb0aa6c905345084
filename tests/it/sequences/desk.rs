//! A cache that is asked for sequences, in every manner that there is.

#[cfg(feature = "stream")]
use std::pin::Pin;

#[cfg(feature = "stream")]
use futures::{Stream, StreamExt, stream};
use memo::backend::Capability;
use memo::{CacheBuilder, Event, Policy, Portable, Torn};

use super::source::{Source, lines};
#[cfg(feature = "encrypt")]
use crate::shelf::ring;
use crate::shelf::{Shelf, outside};
use crate::store;
use crate::support::eventually;

/// How a sequence is asked for, and how it lives.
#[derive(Clone, Copy, Debug)]
pub(super) struct Way {
    pub(super) asynchronous: bool,
    #[cfg_attr(
        not(feature = "encrypt"),
        expect(dead_code, reason = "nothing is sealed")
    )]
    sealed: bool,
    pub(super) place: Place,
}

/// Where the store is, and what it can do.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Place {
    /// Outside of the process, with nothing optional.
    Bare,
    /// Outside of the process; it probes, cuts lives short and knows groups.
    Able,
    /// In the process.
    Here,
}

impl Place {
    /// Those that this run has.
    fn all() -> &'static [Self] {
        match store::is_outside() {
            true => &[Self::Bare, Self::Able],
            false => &[Self::Bare, Self::Able, Self::Here],
        }
    }
}

impl Way {
    /// Every one that the features of this build give.
    pub(super) fn all() -> Vec<Self> {
        Self::at(Place::all())
    }

    /// Those in such places.
    pub(super) fn at(places: &[Place]) -> Vec<Self> {
        let mut ways = Vec::new();
        let either = |is_there: bool| 0..=u8::from(is_there);
        for &place in places {
            for asynchronous in either(cfg!(feature = "stream")) {
                for sealed in either(cfg!(feature = "encrypt")) {
                    ways.push(Self {
                        asynchronous: asynchronous == 1,
                        sealed: sealed == 1,
                        place,
                    });
                }
            }
        }
        ways
    }

    /// The blocking ones, where that makes no difference.
    pub(super) fn blocking() -> Vec<Self> {
        let mut ways = Self::all();
        ways.retain(|way| !way.asynchronous);
        ways
    }

    pub(super) fn capability(self, max_value_bytes: usize) -> Capability {
        let mut capability = outside(max_value_bytes);
        let able = self.place != Place::Bare;
        capability.in_process = self.place == Place::Here;
        capability.groups = able;
        capability.probes = able;
        capability.expires_early = able;
        capability
    }

    /// A cache over a store that takes values of so many bytes.
    pub(super) fn desk(self, max_value_bytes: usize) -> Desk {
        self.desk_with(max_value_bytes, |cache| cache)
    }

    pub(super) fn desk_with(
        self,
        max_value_bytes: usize,
        describe: impl FnOnce(CacheBuilder) -> CacheBuilder,
    ) -> Desk {
        let capability = self.capability(max_value_bytes);
        self.over(Shelf::with(capability, |cache| describe(self.keyed(cache))))
    }

    pub(super) fn over(self, shelf: Shelf) -> Desk {
        Desk {
            shelf,
            way: self,
            policy: self.policy("sequences"),
        }
    }

    /// With the keys that sealed sequences need, also those that are asked for without a policy.
    pub(super) fn keyed(self, cache: CacheBuilder) -> CacheBuilder {
        #[cfg(feature = "encrypt")]
        let cache = match self.sealed {
            true => cache.keyring(ring(1)).encrypt_all(),
            false => cache,
        };
        cache
    }

    pub(super) fn policy(self, name: &str) -> Policy {
        let policy = Policy::named(name).expiration(3600);
        #[cfg(feature = "encrypt")]
        let policy = if self.sealed {
            policy.encrypt()
        } else {
            policy
        };
        policy
    }
}

/// `on_drop`
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum OnDrop {
    Discard,
    Finish,
    Keep,
}

/// `on_torn`
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum OnTorn {
    Panic,
    Error,
    End,
}

/// What an item may be instead.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Failed {
    /// The body says so.
    Body(usize),
    Torn(Torn),
}

impl From<Torn> for Failed {
    fn from(torn: Torn) -> Self {
        Self::Torn(torn)
    }
}

pub(super) type Attempt = Result<String, Failed>;

/// A sequence that is being read.
pub(super) type Items<V> = Box<dyn Iterator<Item = V> + Send>;

/// A cache, asked in one way.
#[derive(Clone, Debug)]
pub(super) struct Desk {
    pub(super) shelf: Shelf,
    pub(super) way: Way,
    pub(super) policy: Policy,
}

macro_rules! as_asked {
    ($items:expr, $on_drop:expr) => {{
        let items = $items;
        match $on_drop {
            OnDrop::Discard => items,
            OnDrop::Finish => items.finish_on_drop(),
            OnDrop::Keep => items.keep_on_drop(),
        }
    }};
    ($items:expr, $on_drop:expr, $on_torn:expr) => {{
        let items = as_asked!($items, $on_drop);
        match $on_torn {
            OnTorn::Panic => items,
            OnTorn::Error => items.error_if_torn(),
            OnTorn::End => items.end_if_torn(),
        }
    }};
}

/// Asking.
impl Desk {
    /// The items of the first key.
    pub(super) fn read<V, B>(&self, body: impl FnOnce() -> B + Send + 'static) -> Items<V>
    where
        V: Portable + Send + 'static,
        B: Iterator<Item = V> + Send + 'static,
    {
        self.read_key(1, OnDrop::Discard, body)
    }

    pub(super) fn read_key<V, B>(
        &self,
        key: usize,
        on_drop: OnDrop,
        body: impl FnOnce() -> B + Send + 'static,
    ) -> Items<V>
    where
        V: Portable + Send + 'static,
        B: Iterator<Item = V> + Send + 'static,
    {
        let (cache, policy) = (&self.shelf.cache, &self.policy);
        #[cfg(feature = "stream")]
        if self.way.asynchronous {
            let items = cache.stream(&key, policy, move || stream::iter(body()));
            return awaited(as_asked!(items, on_drop));
        }
        Box::new(as_asked!(cache.iter(&key, policy, body), on_drop))
    }

    /// The items of the first key, which may be errors.
    pub(super) fn attempt<B>(
        &self,
        on_torn: OnTorn,
        body: impl FnOnce() -> B + Send + 'static,
    ) -> Items<Attempt>
    where
        B: Iterator<Item = Attempt> + Send + 'static,
    {
        self.attempt_key(1, OnDrop::Discard, on_torn, body)
    }

    pub(super) fn attempt_key<B>(
        &self,
        key: usize,
        on_drop: OnDrop,
        on_torn: OnTorn,
        body: impl FnOnce() -> B + Send + 'static,
    ) -> Items<Attempt>
    where
        B: Iterator<Item = Attempt> + Send + 'static,
    {
        let (cache, policy) = (&self.shelf.cache, &self.policy);
        #[cfg(feature = "stream")]
        if self.way.asynchronous {
            let items = cache.try_stream(&key, policy, move || stream::iter(body()));
            return awaited(as_asked!(items, on_drop, on_torn));
        }
        Box::new(as_asked!(
            cache.try_iter(&key, policy, body),
            on_drop,
            on_torn
        ))
    }

    /// Another program's cache over the same store.
    pub(super) fn beside(&self) -> Self {
        self.way
            .over(self.shelf.beside(|cache| self.way.keyed(cache)))
    }

    /// As the entry of a function does.
    pub(super) fn invalidate(&self) -> bool {
        self.invalidate_key(1)
    }

    pub(super) fn invalidate_key(&self, key: usize) -> bool {
        let cache = &self.shelf.cache;
        cache.invalidate_items::<String>(&key, &self.policy)
    }

    pub(super) fn invalidate_all(&self) {
        self.shelf.cache.invalidate_all(self.policy.site());
    }
}

/// Looking.
impl Desk {
    /// Reads all, and says how many bodies ran for that.
    pub(super) fn whole<V>(&self, source: &Source<V>) -> (u64, Vec<V>)
    where
        V: Portable + Clone + Send + Sync + 'static,
    {
        let before = source.runs();
        let items = self.read(source.body()).collect();
        (source.runs() - before, items)
    }

    /// The next call gives this, and no body runs for it.
    #[track_caller]
    pub(super) fn assert_hit(&self, expected: &[String], case: &str) {
        let source = Source::new(lines(9, 3, 20));
        let (ran, items) = self.whole(&source);
        assert_eq!(items, expected, "{case}");
        assert_eq!(ran, 0, "{case}: a body ran");
    }

    /// Nothing is stored, and the next call gives all.
    #[track_caller]
    pub(super) fn assert_nothing_stored(&self, case: &str) {
        eventually(case, || self.shelf.names().is_empty());
    }

    pub(super) fn count(&self, is_of_kind: impl Fn(&Event) -> bool) -> usize {
        self.shelf.recorder.count(is_of_kind)
    }

    /// After how many items a sequence was lost and its body gave others; since the recorder was cleared.
    pub(super) fn diverged(&self) -> Vec<u64> {
        let events = self.shelf.recorder.events().into_iter();
        let after = events.filter_map(|event| match event {
            Event::Diverged { after, .. } => Some(after),
            _ => None,
        });
        after.collect()
    }

    /// After how many items a sequence was lost; since the recorder was cleared.
    pub(super) fn torn(&self) -> Vec<u64> {
        let events = self.shelf.recorder.events().into_iter();
        let after = events.filter_map(|event| match event {
            Event::Torn { after, .. } => Some(after),
            _ => None,
        });
        after.collect()
    }
}

#[cfg(feature = "stream")]
fn awaited<S: Stream + Send + 'static>(items: S) -> Items<S::Item> {
    Box::new(Awaited(Box::pin(items)))
}

/// A stream, waited for item by item.
#[cfg(feature = "stream")]
struct Awaited<S>(Pin<Box<S>>);

#[cfg(feature = "stream")]
impl<S: Stream> Iterator for Awaited<S> {
    type Item = S::Item;

    fn next(&mut self) -> Option<S::Item> {
        memo_testkit::block_on(self.0.next())
    }
}
