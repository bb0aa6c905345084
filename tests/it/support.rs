//! What tests of several files need: a backend that does as it is told, gates, deadlines.

use std::collections::HashMap;
use std::fmt;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use memo::backend::{Answer, Backend, Bytes, Capability, Fault, FaultKind, Group, Item, Name};
use memo::{Cache, Event, Waits};

use crate::store::{self, Isolated};

/// A counter that says how often a body ran.
#[derive(Debug, Default)]
pub(crate) struct Runs(AtomicU64);

impl Runs {
    pub(crate) const fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    pub(crate) fn add(&self) -> u64 {
        self.0.fetch_add(1, Ordering::SeqCst) + 1
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }
}

/// A gate that is shut until somebody opens it.
#[derive(Debug, Default)]
pub(crate) struct Gate(AtomicBool);

impl Gate {
    pub(crate) const fn new() -> Self {
        Self(AtomicBool::new(false))
    }

    pub(crate) fn open(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    pub(crate) fn is_open(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }

    pub(crate) fn pass(&self) {
        until(|| self.is_open());
    }
}

/// Waits, and lets other threads run.
pub(crate) fn until(is_so: impl Fn() -> bool) {
    while !is_so() {
        thread::yield_now();
    }
}

/// Waits for what is done in the background, and fails if it never is.
#[track_caller]
pub(crate) fn eventually(case: &str, is_so: impl Fn() -> bool) {
    let end = Instant::now() + Duration::from_secs(60);
    while !is_so() {
        assert!(Instant::now() < end, "{case}: it never came to that");
        thread::yield_now();
    }
}

/// Waits until so many calls wait for a leader.
pub(crate) fn until_waiting(test: &Isolated, calls: usize) {
    until(|| waiting(test) >= calls);
}

/// How many calls have waited for a leader.
pub(crate) fn waiting(test: &Isolated) -> usize {
    test.recorder()
        .count(|event| matches!(event, Event::Waiting { .. }))
}

/// Runs a test that hangs where it fails.
pub(crate) fn in_time(test: impl FnOnce() + Send + 'static) {
    let (done, end) = channel();
    // By its name the thread is known as this test's.
    let named = thread::Builder::new().name(store::test());
    let test = named.spawn(move || {
        test();
        let _ = done.send(());
    });
    let test = test.expect("a thread can be had");
    match end.recv_timeout(Duration::from_secs(120)) {
        Err(RecvTimeoutError::Timeout) => panic!("it waits for itself"),
        _ => test.join().expect("the test itself fails"),
    }
}

/// Polls a future once.
pub(crate) fn poll<F: Future + ?Sized>(future: &mut Pin<Box<F>>) -> Poll<F::Output> {
    future
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()))
}

/// Where an operation of a [`Scripted`] backend is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Step {
    BeforeGet,
    AfterGet,
    BeforeSet,
    AfterSet,
    BeforeDelete,
}

/// What happens there.
pub(crate) enum Act {
    Go,
    Fail,
    Panic,
    /// Is not ready, and never wakes who waits.
    Hang,
}

type Script = Arc<dyn Fn(Step) -> Act + Send + Sync>;

/// A store in a map, outside the process as far as the cache knows, that does at each step what the test's script says.
#[derive(Clone)]
pub(crate) struct Scripted(Arc<Inner>);

/// What becomes of a write that arrives late.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Late {
    TimesOut,
    Hangs,
}

struct Inner {
    values: Mutex<HashMap<String, Bytes>>,
    script: Mutex<Script>,
    late: Mutex<(Option<Late>, Vec<Item>)>,
    capability: Capability,
}

impl Scripted {
    pub(crate) fn new() -> Self {
        Self::with(Capability::of(200, 1 << 20))
    }

    pub(crate) fn with(capability: Capability) -> Self {
        store::is_scripted();
        Self(Arc::new(Inner {
            values: Mutex::default(),
            script: Mutex::new(Arc::new(|_| Act::Go)),
            late: Mutex::default(),
            capability,
        }))
    }

    /// Does from now on what `script` says.
    pub(crate) fn script(&self, script: impl Fn(Step) -> Act + Send + Sync + 'static) {
        *self.0.script.lock().expect("no script is being set") = Arc::new(script);
    }

    /// Does from now on what is asked.
    pub(crate) fn behave(&self) {
        self.script(|_| Act::Go);
    }

    /// Has writes arrive late from now on, or no more.
    pub(crate) fn delay_writes(&self, how: Option<Late>) {
        self.0.late.lock().expect("no write panics").0 = how;
    }

    /// Has everything arrive that is late.
    pub(crate) fn land(&self) {
        let items = std::mem::take(&mut self.0.late.lock().expect("no write panics").1);
        self.keep(items);
    }

    /// How many entries it has.
    pub(crate) fn len(&self) -> usize {
        self.with_values(|values| values.len())
    }

    fn keep(&self, items: Vec<Item>) {
        self.with_values(|values| {
            let named = |item: Item| (item.name.as_str().to_owned(), item.value);
            values.extend(items.into_iter().map(named));
        });
    }

    /// A cache in front of it.
    pub(crate) fn cache(&self) -> Cache {
        self.isolated().cache().clone()
    }

    /// A test's own cache in front of it.
    pub(crate) fn isolated(&self) -> Isolated {
        Isolated::with(|cache| cache.backend(self.clone())).expect("its names are long enough")
    }

    async fn at(&self, step: Step) -> Answer<()> {
        let script = self.0.script.lock().expect("no script panics here").clone();
        std::future::poll_fn(|_| match script(step) {
            Act::Go => Poll::Ready(Ok(())),
            Act::Fail => Poll::Ready(Err(Fault::new(FaultKind::Timeout, "as planned"))),
            Act::Panic => panic!("as planned"),
            Act::Hang => Poll::Pending,
        })
        .await
    }

    fn with_values<T>(&self, use_them: impl FnOnce(&mut HashMap<String, Bytes>) -> T) -> T {
        use_them(&mut self.0.values.lock().expect("no map panics"))
    }
}

impl fmt::Debug for Scripted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Scripted")
    }
}

impl Backend for Scripted {
    fn kind(&self) -> &'static str {
        "scripted"
    }

    fn capability(&self) -> Capability {
        self.0.capability
    }

    async fn get_many(&self, names: &[Name], _: Waits) -> Answer<Vec<Option<Bytes>>> {
        self.at(Step::BeforeGet).await?;
        let found = self.with_values(|values| {
            names
                .iter()
                .map(|name| values.get(name.as_str()).cloned())
                .collect()
        });
        self.at(Step::AfterGet).await?;
        Ok(found)
    }

    async fn set_many(&self, items: Vec<Item>, _: Waits) -> Answer<()> {
        self.at(Step::BeforeSet).await?;
        let late = {
            let mut late = self.0.late.lock().expect("no write panics");
            if late.0.is_some() {
                late.1.extend(items.iter().cloned());
            }
            late.0
        };
        match late {
            None => self.keep(items),
            Some(Late::TimesOut) => {
                return Err(Fault::new(FaultKind::Timeout, "as planned"));
            }
            Some(Late::Hangs) => std::future::pending().await,
        }
        self.at(Step::AfterSet).await
    }

    async fn delete_many(&self, names: &[Name], _: Waits) -> Answer<usize> {
        self.at(Step::BeforeDelete).await?;
        Ok(self.with_values(|values| {
            let removed = names.iter().filter_map(|name| values.remove(name.as_str()));
            removed.count()
        }))
    }

    async fn delete_group(&self, _: Group, _: Waits) -> Answer<usize> {
        if !self.0.capability.groups {
            return Err(Fault::new(FaultKind::Unsupported, "it knows no groups"));
        }
        self.at(Step::BeforeDelete).await?;
        Ok(self.with_values(|values| values.drain().count()))
    }
}

/// A value that is nested so deep, as serde sees it.
#[derive(Clone, Copy, serde::Deserialize)]
pub(crate) struct Nested(pub(crate) u32);

impl Nested {
    /// Deeper than any stack has room for.
    pub(crate) const ENDLESSLY: Self = Self(10_000_000);
}

impl serde::Serialize for Nested {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.checked_sub(1) {
            Some(less) => serializer.serialize_some(&Self(less)),
            None => serializer.serialize_none(),
        }
    }
}
