//! The memoized functions: small values, large ones and lists, blocking and not, with and without a lock.

use std::pin::Pin;
use std::sync::Arc;
use std::thread;

use memo::backend::Fault;
use memo::{Cache, memoize, memoize_iter, refresh, refresh_async};
use serde::{Deserialize, Serialize};

use crate::history::Key;

/// A value that says of which version of the source it is.
pub(crate) trait Versioned {
    fn of(version: u64) -> Self;
    fn version(&self) -> u64;
}

impl Versioned for u64 {
    fn of(version: u64) -> Self {
        version
    }

    fn version(&self) -> u64 {
        *self
    }
}

impl Versioned for Vec<u64> {
    fn of(version: u64) -> Self {
        vec![version; 4]
    }

    fn version(&self) -> u64 {
        let first = *self.first().expect("a list of four");
        assert_eq!(*self, Self::of(first), "of one version, and whole");
        first
    }
}

/// A value of some size. A text, since those are copied as a whole where nothing is optimized.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Page<const KIB: usize>(u64, String);

impl<const KIB: usize> Versioned for Page<KIB> {
    fn of(version: u64) -> Self {
        let letter = char::from(b'a' + (version % 26) as u8);
        Self(version, String::from(letter).repeat(KIB << 10))
    }

    fn version(&self) -> u64 {
        assert!(*self == Self::of(self.0), "of one version, and whole");
        self.0
    }
}

/// Inline in its entry.
type Middling = Page<60>;
/// In chunks.
type Large = Page<1200>;

/// What a body does: it reads the source, and takes its time over it.
fn read<V: Versioned>(key: &Key) -> V {
    let version = key.version();
    thread::sleep(key.work());
    V::of(version)
}

async fn read_async<V: Versioned>(key: Arc<Key>) -> V {
    let version = key.version();
    tokio::time::sleep(key.work()).await;
    V::of(version)
}

#[memoize(key = "small:{n}", skip(force, key), force_overwrite = force, expiration = 600)]
fn small(n: u64, force: bool, key: &Key) -> u64 {
    read(key)
}

#[memoize(key = "near:{n}", skip(force, key), force_overwrite = force, near = "20s")]
fn near(n: u64, force: bool, key: &Key) -> u64 {
    read(key)
}

#[memoize(key = "middling:{n}", skip(force, key), force_overwrite = force)]
fn middling(n: u64, force: bool, key: &Key) -> Middling {
    read(key)
}

#[memoize(key = "large:{n}", skip(force, key), large_data, compress = false, force_overwrite = force)]
fn large(n: u64, force: bool, key: &Key) -> Large {
    read(key)
}

#[memoize(key = "locked:{n}", skip(force, key), force_overwrite = force, lock = "2s")]
fn locked(n: u64, force: bool, key: &Key) -> u64 {
    read(key)
}

#[memoize(key = "locked-large:{n}", skip(force, key), large_data, compress = false, force_overwrite = force, lock = "2s")]
fn locked_large(n: u64, force: bool, key: &Key) -> Large {
    read(key)
}

#[memoize_iter(key = "items:{n}", skip(force, key), force_overwrite = force)]
fn items(n: u64, force: bool, key: &Key) -> Vec<u64> {
    read(key)
}

#[memoize(key = "small-async:{n}", skip(force, key), force_overwrite = force, expiration = 600)]
async fn small_async(n: u64, force: bool, key: Arc<Key>) -> u64 {
    read_async(key).await
}

#[memoize(key = "near-async:{n}", skip(force, key), force_overwrite = force, near = "20s")]
async fn near_async(n: u64, force: bool, key: Arc<Key>) -> u64 {
    read_async(key).await
}

#[memoize(key = "middling-async:{n}", skip(force, key), force_overwrite = force)]
async fn middling_async(n: u64, force: bool, key: Arc<Key>) -> Middling {
    read_async(key).await
}

#[memoize(key = "large-async:{n}", skip(force, key), large_data, compress = false, force_overwrite = force)]
async fn large_async(n: u64, force: bool, key: Arc<Key>) -> Large {
    read_async(key).await
}

#[memoize(key = "locked-async:{n}", skip(force, key), force_overwrite = force, lock = "2s")]
async fn locked_async(n: u64, force: bool, key: Arc<Key>) -> u64 {
    read_async(key).await
}

#[memoize_iter(key = "items-async:{n}", skip(force, key), force_overwrite = force)]
async fn items_async(n: u64, force: bool, key: Arc<Key>) -> Vec<u64> {
    read_async(key).await
}

/// What can be done with the key of a blocking function.
pub(crate) struct Blocking {
    pub(crate) name: &'static str,
    pub(crate) call: fn(u64, bool, &Key) -> u64,
    pub(crate) refresh: fn(u64, &Key) -> u64,
    pub(crate) peek: fn(u64, &Key) -> Option<u64>,
    pub(crate) put: fn(u64, &Key, u64),
    pub(crate) invalidate: fn(u64, &Key) -> Result<bool, Fault>,
    pub(crate) invalidate_all: fn(&Cache),
}

/// What comes of an operation of an asynchronous function.
type Boxed<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// What can be done with the key of an asynchronous function.
pub(crate) struct Async {
    pub(crate) name: &'static str,
    pub(crate) call: fn(u64, bool, Arc<Key>) -> Boxed<u64>,
    pub(crate) refresh: fn(u64, Arc<Key>) -> Boxed<u64>,
    pub(crate) peek: fn(u64, Arc<Key>) -> Boxed<Option<u64>>,
    pub(crate) put: fn(u64, Arc<Key>, u64) -> Boxed<()>,
    pub(crate) invalidate: fn(u64, Arc<Key>) -> Boxed<Result<bool, Fault>>,
    pub(crate) invalidate_all: fn(Cache) -> Boxed<()>,
}

macro_rules! blocking {
    ($($function:ident)*) => {
        [$(Blocking {
            name: stringify!($function),
            call: |n, force, key| Versioned::version(&$function(n, force, key)),
            refresh: |n, key| Versioned::version(&refresh(|| $function(n, false, key))),
            peek: |n, key| $function::entry(n, false, key).peek().map(|value| Versioned::version(&value)),
            put: |n, key, version| $function::entry(n, false, key).put(Versioned::of(version)),
            invalidate: |n, key| $function::entry(n, false, key).try_invalidate(),
            invalidate_all: |cache| { cache.invalidate_all($function::site()); },
        }),*]
    };
}

macro_rules! asynchronous {
    ($($function:ident)*) => {
        [$(Async {
            name: stringify!($function),
            call: |n, force, key| Box::pin(async move { Versioned::version(&$function(n, force, key).await) }),
            refresh: |n, key| Box::pin(async move { Versioned::version(&refresh_async($function(n, false, key)).await) }),
            peek: |n, key| Box::pin(async move {
                let value = $function::entry(n, false, key).peek().await;
                value.map(|value| Versioned::version(&value))
            }),
            put: |n, key, version| Box::pin(async move { $function::entry(n, false, key).put(Versioned::of(version)).await }),
            invalidate: |n, key| Box::pin(async move { $function::entry(n, false, key).try_invalidate().await }),
            invalidate_all: |cache| Box::pin(async move { cache.invalidate_all_async($function::site()).await; }),
        }),*]
    };
}

pub(crate) static BLOCKING: [Blocking; 7] =
    blocking!(small near middling large locked locked_large items);

pub(crate) static ASYNC: [Async; 6] =
    asynchronous!(small_async near_async middling_async large_async locked_async items_async);
