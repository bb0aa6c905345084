//! What only real servers can show: values far larger than what they take at once, and programs that share them.

mod large;
mod processes;
mod strangers;

use memo::{Cache, CacheBuilder, Memcached, Redis};
use memo_testkit::servers::{MemcachedServer, RedisServer};

/// The URLs of a Redis, and of a memcached as it is but for room: its items have a mebibyte at most.
fn servers() -> [String; 2] {
    use std::sync::LazyLock;
    static MEMCACHED: LazyLock<MemcachedServer> =
        LazyLock::new(|| MemcachedServer::with(&["-m", "512"]));
    [RedisServer::shared().url(), MEMCACHED.url()]
}

/// A cache over the server of this URL, as patient as a busy machine asks for.
fn over(url: &str) -> CacheBuilder {
    let cache = Cache::builder().deadline(std::time::Duration::from_secs(30));
    match url.starts_with("redis") {
        true => cache.backend(Redis::connect(url).expect("a URL")),
        false => cache.backend(Memcached::connect(url).expect("a URL")),
    }
}
