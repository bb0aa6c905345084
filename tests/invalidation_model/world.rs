//! A store behind a network, caches in front of it, and those who use them.

use std::any::Any;
use std::env;
use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use memo::{Cache, Memcached, Redis};
use memo_testkit::servers::{Break, MemcachedServer, Proxy, RedisServer};
use tokio::runtime::Runtime;

use crate::functions::{ASYNC, BLOCKING};
use crate::history::{Key, What};
use crate::tasks;

/// How many keys each function has.
pub(crate) const KEYS: u64 = 3;
const THREADS: usize = 5;
const TASKS: usize = 12;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Store {
    Memory,
    Redis,
    Memcached,
}

/// Everything that one combination needs.
pub(crate) struct World {
    pub(crate) store: Store,
    pub(crate) caches: Vec<Cache>,
    pub(crate) blocking: Vec<Vec<Key>>,
    pub(crate) asynchronous: Vec<Vec<Arc<Key>>>,
    pub(crate) figures: Figures,
    pub(crate) seed: u64,
    until: Instant,
    _network: Option<Network>,
}

/// A server, and the proxy in front of it. Both end with it.
struct Network {
    proxy: Proxy,
    _server: Box<dyn Any + Send + Sync>,
}

/// What happened, in numbers.
#[derive(Default)]
pub(crate) struct Figures {
    pub(crate) reads: AtomicU64,
    pub(crate) dropped: AtomicU64,
    pub(crate) changes: AtomicU64,
    pub(crate) acknowledged: AtomicU64,
    old: AtomicU64,
    first: Mutex<Option<String>>,
}

impl World {
    pub(crate) fn with(store: Store, network: fn(u64) -> Break, caches: usize) -> Self {
        let seed = setting("MEMO_MODEL_SEED").unwrap_or_else(|| {
            let now = std::time::SystemTime::UNIX_EPOCH.elapsed();
            now.map_or(1, |now| now.as_nanos() as u64)
        });
        let seconds = setting("MEMO_MODEL_SECONDS").unwrap_or(3);
        let there = Network::of(store, network(seed));
        let keys = |name| (0..KEYS).map(move |number| Key::new(name, number));
        Self {
            store,
            caches: (0..caches).map(|_| cache(store, there.as_ref())).collect(),
            blocking: BLOCKING
                .iter()
                .map(|each| keys(each.name).collect())
                .collect(),
            asynchronous: ASYNC
                .iter()
                .map(|each| keys(each.name).map(Arc::new).collect())
                .collect(),
            figures: Figures::default(),
            seed,
            until: Instant::now() + Duration::from_secs(seconds),
            _network: there,
        }
    }

    /// Whether the time of the combination is over.
    pub(crate) fn is_over(&self) -> bool {
        Instant::now() >= self.until
    }

    /// Has everybody at it, and counts what was read that should not have been.
    pub(crate) fn keeps_its_promise(self) {
        let world = Arc::new(self);
        let runtime = Runtime::new().expect("a runtime can be had");
        let tasks =
            (0..TASKS).map(|task| runtime.spawn(tasks::run_async(world.clone(), THREADS + task)));
        let tasks = tasks.collect::<Vec<_>>();
        thread::scope(|scope| {
            for task in 0..THREADS {
                let world = &world;
                scope.spawn(move || tasks::run(world, task));
            }
        });
        for task in tasks {
            runtime.block_on(task).expect("no task panics");
        }
        world.figures.judge(&world);
    }

    /// Judges what a read returned.
    pub(crate) fn judge(&self, key: &Key, (task, cache): (usize, usize), floor: u64, value: u64) {
        self.figures.reads.fetch_add(1, Ordering::Relaxed);
        if value >= floor {
            return key.note(task, cache, What::Has(value));
        }
        key.note(task, cache, What::HasOld(value));
        if self.figures.old.fetch_add(1, Ordering::Relaxed) == 0 {
            let mut first = self
                .figures
                .first
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            *first = Some(key.history());
        }
    }
}

impl Figures {
    fn judge(&self, world: &World) {
        let number = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let mut account = String::new();
        let _ = write!(
            account,
            "seed {}, {:?}: {} reads, {} of them too old; {} operations dropped, {} changes, {} of them acknowledged",
            world.seed,
            world.store,
            number(&self.reads),
            number(&self.old),
            number(&self.dropped),
            number(&self.changes),
            number(&self.acknowledged),
        );
        eprintln!("{account}");
        let first = self.first.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(history) = &*first {
            panic!(
                "a value was read that is older than an acknowledged change. {account}\n{history}"
            );
        }
        assert!(
            number(&self.reads) > 0 && number(&self.acknowledged) > 0,
            "nothing was tried: {account}"
        );
    }
}

impl Network {
    fn of(store: Store, how: Break) -> Option<Self> {
        let (server, address): (Box<dyn Any + Send + Sync>, _) = match store {
            Store::Memory => return None,
            Store::Redis => {
                let server = RedisServer::start();
                let address = server.address();
                (Box::new(server), address)
            }
            Store::Memcached => {
                let server = MemcachedServer::with(&["-m", "256"]);
                let address = server.address();
                (Box::new(server), address)
            }
        };
        let proxy = Proxy::before(address);
        proxy.set(how);
        Some(Self {
            proxy,
            _server: server,
        })
    }
}

fn cache(store: Store, network: Option<&Network>) -> Cache {
    let cache = Cache::builder();
    let address = network.map(|network| network.proxy.address());
    let cache = match (store, address) {
        (Store::Redis, Some(address)) => {
            cache.backend(Redis::connect(&format!("redis://{address}")).expect("a URL"))
        }
        (Store::Memcached, Some(address)) => {
            cache.backend(Memcached::connect(&format!("memcached://{address}")).expect("a URL"))
        }
        _ => cache,
    };
    cache.build().expect("a cache")
}

fn setting(variable: &str) -> Option<u64> {
    let value = env::var(variable).ok()?;
    let number = value.parse();
    Some(number.unwrap_or_else(|_| panic!("{variable} is a number, not {value:?}")))
}
