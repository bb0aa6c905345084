//! The attribute works where a macro hands it what its own caller wrote: literals, expressions, types and names.

#[path = "../support.rs"]
mod support;

use std::pin::Pin;
use std::sync::LazyLock;
use std::time::Duration;

use memo::{Cache, Keyring, Secret, memoize, memoize_iter};

use support::{Runs, block_on};

static RUNS: Runs = Runs::new();

static CACHE: LazyLock<Cache> = LazyLock::new(|| Cache::builder().build().expect("a cache"));

static KEYS: LazyLock<Keyring> =
    LazyLock::new(|| Keyring::single(&Secret::random().expect("random numbers")));

macro_rules! by_literals {
    ($vis:vis $name:ident($n:ident: $t:ty) -> $r:ty, $key:literal, $time:literal, $v:literal, $id:literal $body:block) => {
        #[memoize(key = $key, expiration = $time, jitter = $time, version = $v, name = $id, lock = $time, near = $time)]
        $vis fn $name($n: $t) -> $r $body
    };
}

macro_rules! by_expressions {
    ($name:ident($n:ident: $t:ty), [$($key:expr),*], $time:expr, $fresh:expr, $keep:expr, $weigh:expr, $cache:expr) => {
        #[memoize(key = [$($key),*], expiration = $time, force_overwrite = $fresh, cache_if = $keep, weigh = $weigh, cache = $cache)]
        async fn $name($n: $t) -> Option<u64> {
            RUNS.count();
            Some(u64::from($n))
        }
    };
}

macro_rules! sealed {
    ($name:ident($n:ident: $t:ty), $keys:expr, $compress:literal, $codec:literal, $schema:literal, $none:literal, $v:expr) => {
        #[memoize(encrypt, encryption_key = $keys, compress = $compress, codec = $codec, schema = $schema, cache_none = $none, version = $v)]
        fn $name($n: $t) -> Option<$t> {
            RUNS.count();
            Some($n)
        }
    };
}

macro_rules! in_an_impl {
    ($name:ident($n:ident: $t:ty), $entry:ident, $memo:path, $key:expr, $($skipped:ident),*) => {
        impl Shop {
            #[memoize(key = $key, skip($($skipped),*), entry = $entry, crate = $memo)]
            fn $name(&self, $n: $t) -> $t {
                RUNS.count();
                $n
            }
        }
    };
}

macro_rules! sequence {
    ($vis:vis $name:ident($n:ident: $t:ty), $key:literal, $time:literal, $v:literal, $drop:literal, $torn:literal, $body:expr) => {
        #[memoize_iter(key = $key, expiration = $time, version = $v, on_drop = $drop, on_torn = $torn)]
        $vis fn $name($n: $t) -> impl Iterator<Item = $t> {
            RUNS.count();
            $body
        }
    };
}

macro_rules! list {
    ($name:ident($n:ident: $t:ty) -> $r:ty, [$key:expr], $cache:expr) => {
        #[memoize_iter(key = [$key], cache = $cache)]
        async fn $name($n: $t) -> $r {
            RUNS.count();
            vec![$n]
        }
    };
}

macro_rules! by_types {
    ($name:ident($n:pat => $t:ty) -> $r:ty, $body:expr) => {
        #[memoize]
        fn $name($n: $t) -> $r {
            $body
        }
    };
}

struct Shop;

by_literals!(pub(crate) twice(n: u32) -> u32, "twice:{n}", "5m", 2, "twice" {
    RUNS.count();
    n * 2
});
by_expressions!(
    load(n: u32),
    [n + 1],
    Duration::from_secs(60 + u64::from(n)),
    n == 0,
    |value| value.is_some(),
    |_| 8,
    CACHE
);
sealed!(hidden(n: u32), KEYS, false, "msgpack", false, false, 3);
in_an_impl!(item(n: u64), item_entry, ::memo, "item:{n}", self);
sequence!(pub(crate) up(n: u64), "up:{n}", 60, 1, "keep", "end_with_event", 0..n);
by_types!(sum((a, b) => (u64, u64)) -> Result<u64, String>, {
    RUNS.count();
    a.checked_add(b).ok_or_else(|| "too much".to_owned())
});
by_types!(later(n => u64) -> Pin<Box<dyn Future<Output = u64> + Send>>, Box::pin(async move {
    RUNS.count();
    n
}));
list!(one(n: u64) -> Vec<u64>, [n], CACHE);

fn main() {
    assert_eq!([twice(2), twice(2)], [4, 4]);
    assert_eq!(twice::entry(2).key(), ":twice:2@2");
    assert_eq!([block_on(load(1)), block_on(load(1))], [Some(1), Some(1)]);
    assert_eq!([hidden(1), hidden(1)], [Some(1), Some(1)]);
    assert_eq!([Shop.item(1), Shop.item(1)], [1, 1]);
    assert_eq!(Shop.item_entry(1).peek(), Some(1));
    RUNS.assert(4);
    assert_eq!([up(3).count(), up(3).count()], [3, 3]);
    assert_eq!([block_on(one(1)), block_on(one(1))], [[1], [1]]);
    RUNS.assert(2);
    assert_eq!([sum((1, 2)), sum((1, 2))], [Ok(3), Ok(3)]);
    assert_eq!([block_on(later(1)), block_on(later(1))], [1, 1]);
    RUNS.assert(2);
}
