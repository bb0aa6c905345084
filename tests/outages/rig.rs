//! A server, a proxy in front of it, a cache behind that, and a way of calling.

use std::any::Any;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use memo::backend::Availability;
use memo::{Cache, Event, Memcached, Redis, with_cache, with_cache_async};
use memo_testkit::Recorder;
use memo_testkit::servers::{MemcachedServer, Proxy, RedisServer};
use tokio::runtime::Runtime;

use crate::{calls, machine};

/// The deadline of one operation. Long beside what a busy machine adds.
pub(crate) const DEADLINE: Duration = Duration::from_millis(500);

/// What a call must not cost: a second deadline.
pub(crate) const TOO_LONG: Duration = Duration::from_millis(1000);

/// Within so long a cache has healed.
const CONVALESCENCE: Duration = Duration::from_secs(30);

/// How often a test is tried on a machine that has no time for it.
const TRIES: u32 = 6;

/// Which store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Store {
    Redis,
    Memcached,
}

/// Who calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Blocking,
    /// In a runtime of tokio's.
    Tokio,
    /// Under an executor that is not tokio's.
    Futures,
}

/// One of each.
#[derive(Debug)]
pub(crate) struct Rig {
    pub(crate) store: Store,
    pub(crate) way: Way,
    pub(crate) server: Arc<Server>,
    pub(crate) proxy: Arc<Proxy>,
    pub(crate) cache: Cache,
    pub(crate) recorder: Recorder,
    runtime: Arc<Runtime>,
    /// Tells its calls from those of others.
    pub(crate) test: u64,
    /// The next argument that nobody used.
    next: Arc<AtomicU64>,
}

/// A server of either kind.
#[derive(Debug)]
pub(crate) enum Server {
    Redis(RedisServer),
    Memcached(MemcachedServer),
}

/// What is to be arranged.
pub(crate) struct Plan {
    pub(crate) redis: &'static [&'static str],
    pub(crate) memcached: &'static [&'static str],
    /// What stands before the host in a URL.
    pub(crate) credentials: &'static str,
    pub(crate) is_absent: bool,
}

impl Plan {
    pub(crate) const USUAL: Self = Self {
        redis: &[],
        memcached: &[],
        credentials: "",
        is_absent: false,
    };
}

/// Runs a test on both stores, in all ways, at the same time.
pub(crate) fn everywhere(test: impl Fn(&Rig) + Sync) {
    planned(&[Store::Redis, Store::Memcached], &Plan::USUAL, test);
}

/// Runs a test on these stores, in all ways, at the same time.
pub(crate) fn planned(stores: &[Store], plan: &Plan, test: impl Fn(&Rig) + Sync) {
    let test = &test;
    thread::scope(|scope| {
        let mut threads = Vec::new();
        for &store in stores {
            for way in [Way::Blocking, Way::Tokio, Way::Futures] {
                let thread = thread::Builder::new()
                    .name(format!("{store:?}, {way:?}"))
                    .spawn_scoped(scope, move || {
                        try_out(&|| test(&Rig::new(store, way, plan)))
                    });
                threads.push(thread.expect("a thread can be started"));
            }
        }
        for thread in threads {
            if let Err(panic) = thread.join() {
                resume_unwind(panic);
            }
        }
    });
}

/// Runs a test; again if it failed while the machine had no time for it, which is told.
fn try_out(test: &dyn Fn()) {
    machine::watch();
    for attempt in 1..TRIES {
        let begin = Instant::now();
        let Err(panic) = catch_unwind(AssertUnwindSafe(test)) else {
            return;
        };
        let Some(late) = machine::lateness_since(begin) else {
            resume_unwind(panic);
        };
        tell_of_another_try(attempt, &*panic, late);
    }
    test();
}

/// What a test says is shown where it fails in the end; this is shown in any case.
fn tell_of_another_try(attempt: u32, panic: &(dyn Any + Send), late: Duration) {
    let thread = thread::current();
    let who = thread.name().unwrap_or("a test").to_owned();
    let said = panic.downcast_ref::<String>().map(String::as_str);
    let said = said.or_else(|| panic.downcast_ref::<&str>().copied());
    let _ = writeln!(
        io::stderr(),
        "TRIED AGAIN ({who}; try {attempt} of {TRIES} failed): {}. Meanwhile the machine was {late:?} late.",
        said.unwrap_or("it panicked without a word")
    );
}

impl Rig {
    fn new(store: Store, way: Way, plan: &Plan) -> Self {
        static TESTS: AtomicU64 = AtomicU64::new(0);
        let server = match store {
            Store::Redis => Server::Redis(RedisServer::with(plan.redis)),
            Store::Memcached => Server::Memcached(MemcachedServer::with(plan.memcached)),
        };
        if plan.is_absent {
            server.kill();
        }
        let proxy = Proxy::before(server.address());
        let recorder = Recorder::new();
        // Without a server, a proxy would still let clients in.
        let address = if plan.is_absent {
            server.address()
        } else {
            proxy.address()
        };
        Self {
            cache: cache(store, plan, address, &recorder),
            store,
            way,
            server: Arc::new(server),
            proxy: Arc::new(proxy),
            recorder,
            runtime: Arc::new(Runtime::new().expect("a runtime can be started")),
            test: TESTS.fetch_add(1, Ordering::Relaxed),
            next: Arc::default(),
        }
    }

    /// The same with a cache that has not talked to the server yet.
    pub(crate) fn anew(&self) -> Self {
        let recorder = Recorder::new();
        Self {
            cache: cache(self.store, &Plan::USUAL, self.proxy.address(), &recorder),
            server: Arc::clone(&self.server),
            proxy: Arc::clone(&self.proxy),
            recorder,
            runtime: Arc::clone(&self.runtime),
            next: Arc::clone(&self.next),
            ..*self
        }
    }

    /// An argument that nobody used.
    pub(crate) fn unused(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    /// Calls the function, which returns what it must; answers how long that took.
    pub(crate) fn call(&self, n: u64) -> Duration {
        let begin = Instant::now();
        let value = match self.way {
            Way::Blocking => with_cache(&self.cache, || calls::short(self.test, n)),
            _ => self.wait_for(calls::short_async(self.test, n)),
        };
        let took = begin.elapsed();
        assert_eq!(value, calls::text(self.test, n));
        took
    }

    /// [`call`](Self::call) under a lock.
    pub(crate) fn call_locked(&self, n: u64) -> Duration {
        let begin = Instant::now();
        let value = match self.way {
            Way::Blocking => with_cache(&self.cache, || calls::locked(self.test, n)),
            _ => self.wait_for(calls::locked_async(self.test, n)),
        };
        let took = begin.elapsed();
        assert_eq!(value, calls::text(self.test, n));
        took
    }

    /// [`call`](Self::call) for so many bytes.
    pub(crate) fn call_bytes(&self, n: u64, len: usize) -> Duration {
        let begin = Instant::now();
        let value = match self.way {
            Way::Blocking => with_cache(&self.cache, || calls::bytes(self.test, n, len)),
            _ => self.wait_for(calls::bytes_async(self.test, n, len)),
        };
        let took = begin.elapsed();
        assert!(value == calls::noise(self.test, n, len), "other bytes");
        took
    }

    /// [`call_bytes`](Self::call_bytes), in chunks.
    pub(crate) fn call_chunks(&self, n: u64, len: usize) -> Duration {
        let begin = Instant::now();
        let value = match self.way {
            Way::Blocking => with_cache(&self.cache, || calls::chunks(self.test, n, len)),
            _ => self.wait_for(calls::chunks_async(self.test, n, len)),
        };
        let took = begin.elapsed();
        assert!(value == calls::noise(self.test, n, len), "other bytes");
        took
    }

    /// Calls the function from so many callers at once, each with an argument of its own; answers how long all of them took together.
    pub(crate) fn call_at_once(&self, arguments: std::ops::Range<u64>) -> Duration {
        let begin = Instant::now();
        match self.way {
            Way::Blocking => thread::scope(|scope| {
                for n in arguments {
                    scope.spawn(move || self.call(n));
                }
            }),
            Way::Tokio => {
                let call = |n| {
                    let (cache, test) = (self.cache.clone(), self.test);
                    async move {
                        let value = with_cache_async(&cache, calls::short_async(test, n)).await;
                        assert_eq!(value, calls::text(test, n));
                    }
                };
                let tasks: Vec<_> = arguments.map(|n| self.runtime.spawn(call(n))).collect();
                for task in tasks {
                    self.runtime.block_on(task).expect("no call panics");
                }
            }
            Way::Futures => {
                let calls = arguments.map(|n| calls::short_async(self.test, n));
                self.wait_for(futures::future::join_all(calls));
            }
        }
        begin.elapsed()
    }

    /// How often the body of a call ran.
    pub(crate) fn runs(&self, n: u64) -> u64 {
        calls::runs(self.test, n)
    }

    /// A call whose value is in the store now; answers its argument.
    pub(crate) fn stored(&self) -> u64 {
        self.stored_by(|n| {
            self.call(n);
        })
    }

    /// An argument of `call` whose value is in the store now. Tried several times: a busy machine may miss a deadline by itself.
    pub(crate) fn stored_by(&self, call: impl Fn(u64)) -> u64 {
        let is_stored = |&n: &u64| {
            call(n);
            call(n);
            self.runs(n) == 1
        };
        let mut arguments = (0..10).map(|_| self.unused());
        let stored = arguments.find(is_stored);
        stored.unwrap_or_else(|| panic!("nothing is stored: {:?}", self.told()))
    }

    /// Has the function called during an outage: it returns each time, and no call costs more than one deadline; soon they cost next to
    /// nothing.
    pub(crate) fn endures(&self) {
        for _ in 0..6 {
            let n = self.unused();
            let took = self.call(n);
            assert!(took < TOO_LONG, "one call took {took:?}");
            assert_eq!(self.runs(n), 1);
        }
        self.is_fast();
    }

    /// Asserts that calls cost next to nothing, and run the body each time.
    pub(crate) fn is_fast(&self) {
        let (n, begin) = (self.unused(), Instant::now());
        let mut took = Vec::new();
        for _ in 0..200 {
            took.push(self.call(n));
            let all = begin.elapsed();
            assert!(
                all < 10 * DEADLINE,
                "{} calls took {all:?}: {:?}",
                took.len(),
                self.cache.servers()
            );
        }
        assert_eq!(self.runs(n), 200, "nothing is stored");
        took.sort_unstable();
        let (median, slow) = (took[100], took[190]);
        assert!(median < DEADLINE / 100, "the median is {median:?}");
        assert!(slow < DEADLINE / 2, "five of a hundred take {slow:?}");
    }

    /// Waits until calls are hits again, without help from anybody.
    pub(crate) fn heals(&self) -> Duration {
        let begin = Instant::now();
        let n = self.unused();
        let mut calls = 0;
        while self.runs(n) == calls {
            assert!(
                begin.elapsed() < CONVALESCENCE,
                "it has not healed in {CONVALESCENCE:?}: {:?}",
                self.recorder.events().last()
            );
            self.call(n);
            calls += 1;
            thread::sleep(Duration::from_millis(10));
        }
        let took = begin.elapsed();
        for _ in 0..10 {
            self.stored();
        }
        took
    }

    /// Asserts that everything that ought to be told of an outage that is over was told.
    pub(crate) fn tells_of_an_outage(&self) {
        assert!(self.faults() > 0);
        let servers = self.cache.servers();
        let [server] = &servers[..] else {
            panic!("one server, and not {servers:?}");
        };
        assert_eq!(server.availability, Availability::Up);
        assert!(server.outages > 0 && server.failed > 0 && server.spared > 0);
        let is_so = |now| {
            let is_so = |event: &Event| matches!(event, Event::Server { availability, .. } if *availability == now);
            self.recorder.count(is_so)
        };
        assert_eq!(is_so(Availability::Down), is_so(Availability::Up));
        assert!(is_so(Availability::Up) > 0);
    }

    /// How often the server was taken to be down.
    pub(crate) fn outages(&self) -> u64 {
        let servers = self.cache.servers();
        servers.iter().map(|server| server.outages).sum()
    }

    /// The faults of the store that were told.
    pub(crate) fn told(&self) -> Vec<Event> {
        let mut events = self.recorder.events();
        events.retain(|event| {
            matches!(
                event,
                Event::Faulty { .. } | Event::Unstored { .. } | Event::Torn { .. }
            )
        });
        events
    }

    /// How many faults of the store were told.
    pub(crate) fn faults(&self) -> usize {
        self.recorder
            .count(|event| matches!(event, Event::Faulty { .. }))
    }

    /// Waits for a future with this cache, in this way.
    pub(crate) fn wait_for<F: Future>(&self, future: F) -> F::Output {
        let future = with_cache_async(&self.cache, future);
        match self.way {
            Way::Tokio => self.runtime.block_on(future),
            _ => futures::executor::block_on(future),
        }
    }
}

fn cache(store: Store, plan: &Plan, server: SocketAddr, recorder: &Recorder) -> Cache {
    let builder = Cache::builder()
        .observer(Arc::new(recorder.clone()))
        .deadline(DEADLINE);
    let credentials = plan.credentials;
    let builder = match store {
        Store::Redis => {
            let url = format!("redis://{credentials}{server}");
            builder.backend(Redis::connect(&url).expect("a sound URL"))
        }
        Store::Memcached => {
            let url = format!("memcached://{credentials}{server}");
            builder.backend(Memcached::connect(&url).expect("a sound URL"))
        }
    };
    builder.build().expect("a sound description")
}

impl Server {
    pub(crate) fn address(&self) -> SocketAddr {
        match self {
            Self::Redis(server) => server.address(),
            Self::Memcached(server) => server.address(),
        }
    }

    pub(crate) fn kill(&self) {
        match self {
            Self::Redis(server) => server.kill(),
            Self::Memcached(server) => server.kill(),
        }
    }

    pub(crate) fn restart(&self) {
        match self {
            Self::Redis(server) => server.restart(),
            Self::Memcached(server) => server.restart(),
        }
    }

    pub(crate) fn pause(&self) {
        match self {
            Self::Redis(server) => server.pause(),
            Self::Memcached(server) => server.pause(),
        }
    }

    pub(crate) fn resume(&self) {
        match self {
            Self::Redis(server) => server.resume(),
            Self::Memcached(server) => server.resume(),
        }
    }
}
