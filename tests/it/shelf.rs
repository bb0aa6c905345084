//! A cache over a store in which things go wrong, for tests of what lives in a backend.

use std::time::Duration;

use memo::backend::Capability;
use memo::{Cache, CacheBuilder, Event, Reject, Site, Stats, with_cache, with_cache_async};
use memo_testkit::{Chaos, ManualClock, Recorder};

use crate::store::{self, AnyStore, Telltale};

pub(crate) type Store = Chaos<AnyStore>;

/// A store, and caches over it that share its time.
#[derive(Clone, Debug)]
pub(crate) struct Shelf {
    pub(crate) store: Store,
    pub(crate) cache: Cache,
    pub(crate) recorder: Recorder,
    clock: ManualClock,
    _telltale: Telltale,
}

/// Tests hold operations for as long as they like.
const PATIENT: Duration = Duration::from_secs(30);

/// A store outside of the process that takes values of so many bytes.
pub(crate) fn outside(max_value_bytes: usize) -> Capability {
    Capability::of(250, max_value_bytes)
}

impl Shelf {
    /// A cache over a store that takes values of so many bytes.
    pub(crate) fn new(max_value_bytes: usize) -> Self {
        Self::with(outside(max_value_bytes), |cache| cache)
    }

    pub(crate) fn with(
        capability: Capability,
        describe: impl FnOnce(CacheBuilder) -> CacheBuilder,
    ) -> Self {
        let clock = ManualClock::new();
        let store = AnyStore::with_clock(4 << 20, clock.clone());
        Self::over(Chaos::limited(store, capability), clock, describe)
    }

    /// A store in which operations also go wrong at this rate.
    pub(crate) fn seeded(
        max_value_bytes: usize,
        seed: u64,
        rate: f64,
        describe: impl FnOnce(CacheBuilder) -> CacheBuilder,
    ) -> (Self, Chaos<Store>) {
        Self::troubled(outside(max_value_bytes), seed, rate, describe)
    }

    /// As [`seeded`](Self::seeded), of such a store.
    pub(crate) fn troubled(
        capability: Capability,
        seed: u64,
        rate: f64,
        describe: impl FnOnce(CacheBuilder) -> CacheBuilder,
    ) -> (Self, Chaos<Store>) {
        let plain = Self::with(capability, |cache| cache);
        let troubled = Chaos::seeded(plain.store.clone(), seed, rate);
        let recorder = Recorder::new();
        let builder = Cache::builder()
            .clock(plain.clock.clone())
            .observer(std::sync::Arc::new(recorder.clone()))
            .deadline(PATIENT)
            .seed(seed);
        let builder = store::over(builder, troubled.clone());
        let cache = describe(builder).build().expect("sound");
        let shelf = Self {
            cache,
            _telltale: Telltale::of(&recorder),
            recorder,
            ..plain
        };
        (shelf, troubled)
    }

    fn over(
        store: Store,
        clock: ManualClock,
        describe: impl FnOnce(CacheBuilder) -> CacheBuilder,
    ) -> Self {
        let recorder = Recorder::new();
        let builder = Cache::builder()
            .clock(clock.clone())
            .observer(std::sync::Arc::new(recorder.clone()))
            .deadline(PATIENT)
            .seed(0);
        let builder = store::over(builder, store.clone());
        Self {
            store,
            cache: describe(builder).build().expect("sound"),
            _telltale: Telltale::of(&recorder),
            recorder,
            clock,
        }
    }

    /// Another program's cache over the same store.
    pub(crate) fn beside(&self, describe: impl FnOnce(CacheBuilder) -> CacheBuilder) -> Self {
        Self::over(self.store.clone(), self.clock.clone(), describe)
    }

    pub(crate) fn run<R>(&self, test: impl FnOnce() -> R) -> R {
        with_cache(&self.cache, test)
    }

    pub(crate) async fn run_async<R>(&self, test: impl Future<Output = R>) -> R {
        with_cache_async(&self.cache, test).await
    }

    /// How many bodies a call runs.
    pub(crate) fn computed<R>(&self, call: impl FnOnce() -> R) -> (u64, R) {
        let before = self.cache.stats().computed;
        let value = self.run(call);
        (self.cache.stats().computed - before, value)
    }

    pub(crate) fn advance(&self, seconds: u64) {
        self.advance_by(Duration::from_secs(seconds));
    }

    pub(crate) fn advance_by(&self, time: Duration) {
        self.clock.advance(time);
    }

    /// The names of all that is stored.
    pub(crate) fn names(&self) -> Vec<String> {
        let entries = self.store.entries().into_iter();
        entries.map(|(name, _)| name).collect()
    }

    /// The names of the chunks that are stored, by their index.
    pub(crate) fn chunks(&self) -> Vec<String> {
        let mut names = self.names();
        names.retain(|name| is_chunk(name));
        names.sort_by_key(|name| index(name));
        names
    }

    pub(crate) fn bytes(&self, name: &str) -> Vec<u8> {
        let entries = self.store.entries().into_iter();
        let mut found = entries.filter(|(other, _)| other == name);
        found.next().expect("it is stored").1.to_vec()
    }

    /// Stores these bytes under a name that was once in use.
    pub(crate) fn plant(&self, name: &str, bytes: &[u8]) {
        let names = self.names();
        if !names.iter().any(|other| other == name) {
            self.store.copy(&names[0], name);
        }
        self.store.edit(name, |value| *value = bytes.to_vec());
    }

    /// Why values were not served, since the last time that this was asked.
    pub(crate) fn rejects(&self) -> Vec<Reject> {
        let events = self.recorder.events();
        self.recorder.clear();
        let rejects = events.iter().filter_map(|event| match event {
            Event::Miss {
                reason: memo::Miss::Refused(reject),
                ..
            } => Some(*reject),
            _ => None,
        });
        rejects.collect()
    }
}

pub(crate) fn is_chunk(name: &str) -> bool {
    name.starts_with("~c:")
}

/// Which chunk of its value it is.
pub(crate) fn index(name: &str) -> u32 {
    let digits = name.rsplit('.').next().expect("a last part");
    digits.parse().expect("an index")
}

/// How often a function's entries were refused for this reason.
pub(crate) fn refused(stats: &Stats, reason: Reject) -> u64 {
    let mut counted = stats.refused.iter().filter(|(reject, _)| *reject == reason);
    counted.next().map_or(0, |(_, count)| *count)
}

pub(crate) fn refused_in_all(site: &'static Site) -> u64 {
    site.stats().refused.iter().map(|(_, count)| count).sum()
}

/// A text of this length that does not compress, the same for the same number.
pub(crate) fn noise(seed: u32, length: usize) -> String {
    let mut state = u64::from(seed).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let letter = |_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        char::from(b'!' + (state % 90) as u8)
    };
    (0..length).map(letter).collect()
}

#[cfg(feature = "encrypt")]
pub(crate) fn ring(fill: u8) -> memo::Keyring {
    memo::Keyring::single(&memo::Secret::from_bytes(&[fill; 32]).expect("32 bytes"))
}

/// A cache with a keyring.
#[cfg(feature = "encrypt")]
pub(crate) fn sealed(max_value_bytes: usize) -> Shelf {
    Shelf::with(outside(max_value_bytes), |cache| cache.keyring(ring(1)))
}
