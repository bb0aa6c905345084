//! A store behind a network, caches in front of it, and those who use them.

use std::any::Any;
use std::collections::BTreeMap;
use std::env;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use memo::backend::{Availability, ServerStats};
use memo::{Cache, Event, Memcached, Observer, Redis};
use memo_testkit::servers::{Break, MemcachedServer, Proxy, RedisServer};
use tokio::runtime::Runtime;

use crate::functions::{ASYNC, BLOCKING};
use crate::history::{Key, What};
use crate::tasks;

/// How many keys each function has.
pub(crate) const KEYS: u64 = 3;
const THREADS: usize = 5;
const TASKS: usize = 12;
/// For how much longer a combination may go on until it has tried enough.
const MOST: Duration = Duration::from_secs(60);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Store {
    Memory,
    Redis,
    Memcached,
}

/// How many caches there are, which stand for processes, and what orders them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Caches {
    /// One, which is held to what was acknowledged in it.
    Alone,
    /// Two, and functions with a `lock`: what one has acknowledged holds in the other, but for who joins a call there that began before.
    Ordered,
    /// Two, and functions without: what is being computed while the other invalidates may be stored. What nobody was computing then may not be read.
    Unordered,
}

/// Everything that one combination needs.
pub(crate) struct World {
    pub(crate) store: Store,
    pub(crate) caches_are: Caches,
    pub(crate) caches: Vec<Cache>,
    pub(crate) blocking: Vec<Vec<Key>>,
    pub(crate) asynchronous: Vec<Vec<Arc<Key>>>,
    pub(crate) figures: Figures,
    pub(crate) seed: u64,
    began: Instant,
    time: Duration,
    _site: Option<Site>,
}

/// What happens to what passes, and how patient those who ask are.
pub(crate) struct Network {
    pub(crate) breaks: Break,
    pub(crate) deadline: Duration,
}

/// A server, and the proxy in front of it. Both end with it.
struct Site {
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
    seen: Arc<Seen>,
    old: AtomicU64,
    first: Mutex<Option<String>>,
}

/// What the caches say of themselves.
#[derive(Debug, Default)]
struct Seen {
    bodies: AtomicU64,
    faults: AtomicU64,
    outages: AtomicU64,
    /// By function: reads that the store answered.
    hits: Mutex<BTreeMap<&'static str, u64>>,
}

/// What proves something, when there was so much of it.
const LEAST: u64 = 100;
/// The same for the hits of each function.
const LEAST_HITS: u64 = 2;

impl World {
    pub(crate) fn with(store: Store, network: fn(u64) -> Network, caches_are: Caches) -> Self {
        let seed = setting("MEMO_MODEL_SEED").unwrap_or_else(|| {
            let now = std::time::SystemTime::UNIX_EPOCH.elapsed();
            now.map_or(1, |now| now.as_nanos() as u64)
        });
        let seconds = setting("MEMO_MODEL_SECONDS").unwrap_or(3);
        let Network { breaks, deadline } = network(seed);
        let site = Site::of(store, breaks);
        let keys = |name| (0..KEYS).map(move |number| Key::new(name, number));
        let figures = Figures::default();
        let number = if caches_are == Caches::Alone { 1 } else { 2 };
        let caches = (0..number).map(|_| cache(store, site.as_ref(), deadline, &figures.seen));
        let caches = caches.collect();
        Self {
            store,
            caches_are,
            caches,
            blocking: BLOCKING
                .iter()
                .map(|each| keys(each.name).collect())
                .collect(),
            asynchronous: ASYNC
                .iter()
                .map(|each| keys(each.name).map(Arc::new).collect())
                .collect(),
            figures,
            seed,
            began: Instant::now(),
            time: Duration::from_secs(seconds),
            _site: site,
        }
    }

    /// Whether a function takes part. Near copies are for one process, and without a lock as good as any.
    pub(crate) fn has(&self, function: &str) -> bool {
        let has_lock = function.starts_with("locked");
        match self.caches_are {
            Caches::Alone => true,
            Caches::Ordered => has_lock,
            Caches::Unordered => !has_lock && !function.starts_with("near"),
        }
    }

    /// Whether an operation may be given up midway. A write that is given up may be served in other processes, at any later time, where nothing orders them.
    pub(crate) fn can_be_dropped(&self, writes: bool) -> bool {
        !writes || self.caches_are != Caches::Unordered
    }

    /// Whether the time of the combination is over, and something was tried in it; or that takes too long.
    pub(crate) fn is_over(&self) -> bool {
        let took = self.began.elapsed();
        took >= self.time && (self.lacks().is_empty() || took >= self.time + MOST)
    }

    /// Whether a cache leaves its server alone.
    pub(crate) fn is_cut_off(&self, cache: usize) -> bool {
        let servers = self.caches[cache].servers();
        let is_down = |server: &ServerStats| server.availability == Availability::Down;
        servers.iter().any(is_down)
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
        world.judge_all();
    }

    /// Judges what a read returned.
    pub(crate) fn judge(&self, key: &Key, (task, cache): (usize, usize), floor: u64, value: u64) {
        self.figures.reads.fetch_add(1, Ordering::Relaxed);
        if value >= floor {
            return key.note(task, cache, What::Has(value));
        }
        key.note(task, cache, What::HasOld(value));
        if self.figures.old.fetch_add(1, Ordering::Relaxed) == 0 {
            *lock(&self.figures.first) = Some(key.history());
        }
    }

    fn judge_all(&self) {
        let account = self.account();
        eprintln!("{account}");
        if let Some(history) = &*lock(&self.figures.first) {
            panic!(
                "a value was read that is older than an acknowledged change. {account}\n{history}"
            );
        }
        let lacks = self.lacks();
        assert!(lacks.is_empty(), "too few {lacks:?}: {account}");
    }

    /// Returns what there was too little of to prove anything.
    fn lacks(&self) -> Vec<&'static str> {
        let (figures, seen) = (&self.figures, &self.figures.seen);
        let mut counts = vec![
            ("bodies", number(&seen.bodies)),
            ("drops", number(&figures.dropped)),
            ("acknowledged changes", number(&figures.acknowledged)),
            ("hits", lock(&seen.hits).values().sum()),
        ];
        counts.retain(|(_, count)| *count < LEAST);
        let blocking = BLOCKING.iter().map(|each| each.name);
        let functions = blocking.chain(ASYNC.iter().map(|each| each.name));
        let functions = functions.filter(|function| self.has(function));
        let without = functions.filter(|function| seen.hits_of(function) < LEAST_HITS);
        counts
            .into_iter()
            .map(|(what, _)| what)
            .chain(without)
            .collect()
    }

    fn account(&self) -> String {
        let (figures, seen) = (&self.figures, &self.figures.seen);
        let hits = lock(&seen.hits).clone();
        format!(
            "seed {}, {:?}, {:?}: {} reads, {} of them too old, {} hits; {} bodies, {} operations dropped, {} changes, {} of them acknowledged; {} faults, \
             {} outages; hits: {:?}",
            self.seed,
            self.store,
            self.caches_are,
            number(&figures.reads),
            number(&figures.old),
            hits.values().sum::<u64>(),
            number(&seen.bodies),
            number(&figures.dropped),
            number(&figures.changes),
            number(&figures.acknowledged),
            number(&seen.faults),
            number(&seen.outages),
            hits,
        )
    }
}

impl Seen {
    fn hits_of(&self, function: &str) -> u64 {
        lock(&self.hits).get(function).copied().unwrap_or(0)
    }
}

impl Observer for Seen {
    fn on(&self, event: &Event) {
        let counter = match event {
            Event::Hit { function } => {
                let function = function.rsplit("::").next().unwrap_or(function);
                *lock(&self.hits).entry(function).or_default() += 1;
                return;
            }
            Event::Computed { .. } => &self.bodies,
            Event::Faulty { .. } => &self.faults,
            Event::Server {
                availability: Availability::Down,
                ..
            } => &self.outages,
            _ => return,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }
}

fn number(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Site {
    fn of(store: Store, breaks: Break) -> Option<Self> {
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
        proxy.set(breaks);
        Some(Self {
            proxy,
            _server: server,
        })
    }
}

fn cache(store: Store, site: Option<&Site>, deadline: Duration, seen: &Arc<Seen>) -> Cache {
    let cache = Cache::builder().deadline(deadline).observer(seen.clone());
    let address = site.map(|site| site.proxy.address());
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
