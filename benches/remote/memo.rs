//! memo, over a server.

use std::time::Duration;

use memo::backend::Backend;
use memo::{Cache, Error, Policy};

use crate::record::{MOST, Record, Size};
use crate::{awaiting, blocking};

/// A machine that is busy with 64 threads may be slow; a call that went without the store would be no hit.
const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Clone)]
pub(crate) struct Memoized {
    cache: Cache,
    policy: Policy,
}

impl Memoized {
    /// A cache over this backend, which has all values.
    pub(crate) fn over(backend: impl Backend, size: Size) -> Result<Self, Error> {
        let cache = Cache::builder().backend(backend).deadline(PATIENCE);
        let cache = cache.build()?;
        let policy = Policy::named(size.name);
        for number in 0..MOST {
            cache.get_or_compute(&number, &policy, || Record::new(number, size));
        }
        Ok(Self { cache, policy })
    }
}

impl blocking::Client for Memoized {
    fn get(&self, number: usize) -> Record {
        let body = || panic!("a hit runs no body");
        self.cache.get_or_compute(&number, &self.policy, body)
    }
}

impl awaiting::Client for Memoized {
    async fn get(&self, number: usize) -> Record {
        let body = async { panic!("a hit runs no body") };
        let call = self.cache.get_or_compute_async(&number, &self.policy, body);
        call.await
    }
}
