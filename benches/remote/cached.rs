//! The Redis stores of `cached`.

use std::time::Duration;

use cached::{AsyncRedisCache, ConcurrentCached, ConcurrentCachedAsync, RedisCache};

use crate::record::{MOST, Record, Size};
use crate::{Outcome, awaiting, blocking};

const TTL: Duration = Duration::from_secs(3600);

pub(crate) struct Blocking(RedisCache<usize, Record>);

#[derive(Clone)]
pub(crate) struct Awaiting(AsyncRedisCache<usize, Record>);

impl Blocking {
    pub(crate) fn connect(url: &str, size: Size) -> Outcome<Self> {
        let store = RedisCache::builder(format!("sync-{}", size.name))
            .ttl(TTL)
            .connection_string(url)
            .connection_pool_max_size(MOST as u32)
            .build()?;
        for number in 0..MOST {
            store.cache_set(number, Record::new(number, size))?;
        }
        Ok(Self(store))
    }
}

impl blocking::Client for Blocking {
    fn get(&self, number: usize) -> Record {
        let found = self.0.cache_get(&number).expect("the server is there");
        found.expect("the value is there")
    }
}

impl Awaiting {
    pub(crate) async fn connect(url: &str, size: Size) -> Outcome<Self> {
        let store = AsyncRedisCache::builder(format!("async-{}", size.name))
            .ttl(TTL)
            .connection_string(url)
            .build()
            .await?;
        for number in 0..MOST {
            let record = Record::new(number, size);
            store.async_cache_set(number, record).await?;
        }
        Ok(Self(store))
    }
}

impl awaiting::Client for Awaiting {
    async fn get(&self, number: usize) -> Record {
        let found = self.0.async_cache_get(&number).await;
        let found = found.expect("the server is there");
        found.expect("the value is there")
    }
}
