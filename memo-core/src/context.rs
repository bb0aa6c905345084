//! What a thread knows about the call it is in: the scope, the bound cache, its counter lane, the flights it leads.
//!
//! A hit reads the few bytes of [`Here`]. Everything else is touched on the slow road only.

use std::cell::{Cell, RefCell};
use std::panic::resume_unwind;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::thread;

use crate::cache::Cache;
use crate::flight::{FlightId, Heart, Turn};
use crate::stats::Lane;

/// How the memoized calls made in a scope treat the cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Read, and store what was missing.
    Normal,
    /// Compute, and store.
    Refresh,
    /// As if there were no cache.
    Bypass,
}

impl Mode {
    /// Puts the mode in place and answers the one before. Nothing inside a bypass reads or writes.
    fn replace(self) -> Self {
        HERE.with(|here| match here.mode.get() {
            Self::Bypass => Self::Bypass,
            _ => here.mode.replace(self),
        })
    }
}

thread_local! {
    static HERE: Here = const { Here::new() };
    static LANE_OWNER: RefCell<Option<Lane>> = const { RefCell::new(None) };
    static CACHE: RefCell<Option<Cache>> = const { RefCell::new(None) };
    static LEADING: RefCell<Vec<FlightId>> = const { RefCell::new(Vec::new()) };
    static LAST_CALL: LastCall = const { LastCall };
}

/// What a hit looks at. It has no destructor, so it is there as long as its thread is.
struct Here {
    mode: Cell<Mode>,
    /// Whether calls go to a cache other than the installed one.
    bound: Cell<bool>,
    life: Cell<Life>,
    lane: Cell<u8>,
}

/// Where a thread is, seen from its thread-locals.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Life {
    /// It has made no call that read a cache.
    New,
    Going,
    /// Its thread-locals are being dropped. Those that reading and changing a store needs may be gone.
    Ending,
}

/// Dropped before the thread-locals of the store, because it is touched after them: see [`enter_thread`].
struct LastCall;

impl Drop for LastCall {
    fn drop(&mut self) {
        HERE.with(|here| here.life.set(Life::Ending));
    }
}

impl Here {
    const fn new() -> Self {
        Self {
            mode: Cell::new(Mode::Normal),
            bound: Cell::new(false),
            life: Cell::new(Life::New),
            lane: Cell::new(UNCLAIMED),
        }
    }
}

const UNCLAIMED: u8 = u8::MAX;

/// Whether nothing special holds: the normal mode, the installed cache, and a thread that goes on.
#[inline]
pub(crate) fn is_plain() -> bool {
    HERE.with(|here| {
        here.mode.get() == Mode::Normal && !here.bound.get() && here.life.get() == Life::Going
    })
}

/// Says that this thread has read a store. Thread-locals are dropped in the reverse order of their first use, so from here on the
/// thread learns that it ends while the store can still be read.
pub(crate) fn enter_thread() {
    HERE.with(|here| {
        if here.life.get() == Life::New && LAST_CALL.try_with(|_| ()).is_ok() {
            here.life.set(Life::Going);
        }
    });
}

pub(crate) fn mode() -> Mode {
    HERE.with(|here| here.mode.get())
}

/// How a call that is made here and now treats its cache.
pub(crate) fn mode_of_call(forces: bool, is_enabled: bool) -> Mode {
    match mode() {
        _ if !is_enabled || is_ending() => Mode::Bypass,
        Mode::Normal if forces => Mode::Refresh,
        mode => mode,
    }
}

/// The cache bound by the innermost [`with_cache`], if any.
pub(crate) fn bound_cache() -> Option<Cache> {
    CACHE
        .try_with(|cache| cache.borrow().clone())
        .ok()
        .flatten()
}

/// This thread's lane in the striped counters.
#[inline]
pub(crate) fn lane() -> u8 {
    match HERE.with(|here| here.lane.get()) {
        UNCLAIMED => claim_lane(),
        lane => lane,
    }
}

#[cold]
fn claim_lane() -> u8 {
    let lane = Lane::claim();
    let index = lane.index();
    // A thread that is ending could not give an own lane back: it counts on the shared one.
    let kept = LANE_OWNER
        .try_with(|owner| owner.replace(Some(lane)))
        .is_ok();
    let index = if kept { index } else { Lane::SHARED };
    HERE.with(|here| here.lane.set(index));
    index
}

/// The flights whose bodies are running on this thread's stack, outermost first.
pub(crate) fn leading() -> Vec<FlightId> {
    LEADING
        .try_with(|leading| leading.borrow().clone())
        .unwrap_or_default()
}

/// Whether the thread's thread-locals are being dropped: its calls run without the cache.
pub(crate) fn is_ending() -> bool {
    HERE.with(|here| here.life.get() == Life::Ending)
        || LEADING.try_with(|_| ()).is_err()
        || CACHE.try_with(|_| ()).is_err()
}

/// Makes a change that must not be left out, on another thread if this one is ending.
pub(crate) fn on_living_thread<S: Send>(change: impl FnOnce() -> S + Send) -> S {
    if !is_ending() {
        return change();
    }
    let done = thread::scope(|scope| scope.spawn(change).join());
    done.unwrap_or_else(|panic| resume_unwind(panic))
}

/// What holds while a piece of code runs; put back when it returns, panics or suspends.
#[derive(Clone, Default)]
pub(crate) struct Surroundings {
    pub(crate) mode: Option<Mode>,
    pub(crate) cache: Option<Cache>,
    /// Whether no cache is bound, where `cache` is none; otherwise the one that is bound stays.
    pub(crate) is_unbound: bool,
    pub(crate) leading: Option<FlightId>,
    /// What the leader says when it is polled.
    pub(crate) heart: Option<Arc<Heart>>,
    /// The flights of another thread or task whose work this is.
    pub(crate) carried: Vec<FlightId>,
}

impl Surroundings {
    /// What holds here and now, to be put in place elsewhere.
    fn here() -> Self {
        let cache = bound_cache();
        Self {
            mode: Some(mode()),
            is_unbound: cache.is_none(),
            cache,
            leading: None,
            heart: None,
            carried: leading(),
        }
    }

    pub(crate) fn mode(mode: Mode) -> Self {
        Self {
            mode: Some(mode),
            ..Self::default()
        }
    }

    pub(crate) fn cache(cache: Cache) -> Self {
        Self {
            cache: Some(cache),
            ..Self::default()
        }
    }

    pub(crate) fn run<R>(&self, body: impl FnOnce() -> R) -> R {
        let _restored = self.enter();
        body()
    }

    /// The surroundings hold during each poll, so that they follow the future from thread to thread.
    pub(crate) fn run_async<F: Future>(&self, body: F) -> Surrounded<F> {
        Surrounded {
            surroundings: self.clone(),
            body: Box::pin(body),
        }
    }

    /// Polls while they hold.
    #[inline]
    pub(crate) fn poll<R>(
        &self,
        context: &mut Context<'_>,
        poll: impl FnOnce(&mut Context<'_>) -> R,
    ) -> R {
        let polling = self.begin_poll(context.waker());
        match polling.waker() {
            Some(waker) => poll(&mut Context::from_waker(waker)),
            None => poll(context),
        }
    }

    /// Puts them in place for one poll by `waker`.
    #[inline(never)]
    pub(crate) fn begin_poll(&self, waker: &Waker) -> Polling {
        let restored = self.enter();
        let turn = self.heart.as_ref().map(|heart| heart.beat(waker));
        Polling {
            turn,
            _restored: restored,
        }
    }

    fn enter(&self) -> Restore {
        if is_ending() {
            return Restore {
                mode: Some(Mode::Bypass.replace()),
                cache: None,
                leads: 0,
            };
        }
        let mode = self.mode.map(Mode::replace);
        let cache = match &self.cache {
            Some(cache) => Some(Bound::bind(Some(cache.clone()), true)),
            None if self.is_unbound && HERE.with(|here| here.bound.get()) => {
                Some(Bound::bind(None, false))
            }
            None => None,
        };
        let leads = self.carried.len() + usize::from(self.leading.is_some());
        if leads > 0 {
            LEADING.with_borrow_mut(|leading| {
                leading.extend(self.carried.iter().copied().chain(self.leading))
            });
        }
        Restore { mode, cache, leads }
    }
}

/// A future in its surroundings. It is in a box: where it is kept it takes next to no room, and on the stack neither.
pub(crate) struct Surrounded<F> {
    surroundings: Surroundings,
    body: Pin<Box<F>>,
}

impl<F: Future> Future for Surrounded<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let Self { surroundings, body } = &mut *self;
        surroundings.poll(context, |context| body.as_mut().poll(context))
    }
}

/// One poll in certain surroundings.
pub(crate) struct Polling {
    turn: Option<Turn>,
    _restored: Restore,
}

impl Polling {
    /// What to poll with, if it is another waker.
    pub(crate) fn waker(&self) -> Option<&Waker> {
        self.turn.as_ref().map(Turn::waker)
    }
}

/// The cache that was bound before.
struct Bound {
    cache: Option<Cache>,
    bound: bool,
}

impl Bound {
    fn bind(cache: Option<Cache>, bound: bool) -> Self {
        Self {
            cache: CACHE.replace(cache),
            bound: HERE.with(|here| here.bound.replace(bound)),
        }
    }
}

struct Restore {
    mode: Option<Mode>,
    cache: Option<Bound>,
    /// How many flights were put on the stack.
    leads: usize,
}

impl Drop for Restore {
    fn drop(&mut self) {
        if self.leads > 0 {
            LEADING.with_borrow_mut(|leading| {
                leading.truncate(leading.len().saturating_sub(self.leads))
            });
        }
        if let Some(before) = self.cache.take() {
            Bound::bind(before.cache, before.bound);
        }
        if let Some(mode) = self.mode {
            HERE.with(|here| here.mode.set(mode));
        }
    }
}

/// Runs `body` so that every memoized call directly inside it computes its value and stores it.
///
/// The calls that those bodies make in turn read the cache as always. Nothing that is already being computed is joined,
/// because it may have begun before the reason for the refresh. Threads and tasks that `body` starts are outside the scope: [`in_scope`] and
/// [`in_scope_blocking`] take them in.
///
/// ```
/// # use memo_core as memo;
/// let cache = memo::Cache::builder().build()?;
/// let policy = memo::Policy::named("docs-refresh");
/// let old = cache.get_or_compute(&1, &policy, || 1);
/// let new = memo::refresh(|| cache.get_or_compute(&1, &policy, || 2));
/// assert_eq!((old, new), (1, 2));
/// assert_eq!(cache.get_or_compute(&1, &policy, || 3), 2);
/// # Ok::<(), memo::Error>(())
/// ```
pub fn refresh<R>(body: impl FnOnce() -> R) -> R {
    Surroundings::mode(Mode::Refresh).run(body)
}

/// [`refresh`] for a future: the scope holds whenever the future is polled, on any thread. Tasks that it spawns are outside, unless by [`in_scope`].
pub fn refresh_async<R>(body: impl Future<Output = R>) -> impl Future<Output = R> {
    Surroundings::mode(Mode::Refresh).run_async(body)
}

/// Runs `body` as if nothing were memoized: no memoized call inside it, at any depth, reads or writes a cache.
///
/// Threads and tasks that `body` starts are outside the scope: [`in_scope`] and [`in_scope_blocking`] take them in.
///
/// ```
/// # use memo_core as memo;
/// let cache = memo::Cache::builder().build()?;
/// let policy = memo::Policy::named("docs-bypass");
/// cache.get_or_compute(&1, &policy, || 1);
/// assert_eq!(memo::bypass(|| cache.get_or_compute(&1, &policy, || 2)), 2);
/// assert_eq!(cache.get_or_compute(&1, &policy, || 3), 1);
/// # Ok::<(), memo::Error>(())
/// ```
pub fn bypass<R>(body: impl FnOnce() -> R) -> R {
    Surroundings::mode(Mode::Bypass).run(body)
}

/// [`bypass`] for a future: the scope holds whenever the future is polled, on any thread. Tasks that it spawns are outside, unless by [`in_scope`].
pub fn bypass_async<R>(body: impl Future<Output = R>) -> impl Future<Output = R> {
    Surroundings::mode(Mode::Bypass).run_async(body)
}

/// Runs `body` with `cache` in the place of the installed one, for calls that are not bound by `cache = …`.
///
/// Threads and tasks that `body` starts are outside the scope, and use the installed cache. [`in_scope`] and [`in_scope_blocking`] take them in;
/// [`require_scope`](crate::require_scope) has nothing cached where that was forgotten.
///
/// ```
/// # use memo_core as memo;
/// let own = memo::Cache::builder().namespace("own").build()?;
/// memo::with_cache(&own, || {
///     assert_eq!(memo::cache().namespace(), "own");
///     let outside = std::thread::spawn(|| memo::cache().namespace().to_owned());
///     let inside = std::thread::spawn(memo::in_scope_blocking(|| memo::cache().namespace().to_owned()));
///     assert_eq!((outside.join().unwrap(), inside.join().unwrap()), (String::new(), "own".to_owned()));
/// });
/// # Ok::<(), memo::Error>(())
/// ```
pub fn with_cache<R>(cache: &Cache, body: impl FnOnce() -> R) -> R {
    Surroundings::cache(cache.clone()).run(body)
}

/// [`with_cache`] for a future: the scope holds whenever the future is polled, on any thread. Tasks that it spawns are outside, unless by [`in_scope`].
pub fn with_cache_async<R, F: Future<Output = R>>(
    cache: &Cache,
    body: F,
) -> impl Future<Output = R> + use<R, F> {
    Surroundings::cache(cache.clone()).run_async(body)
}

/// Takes a future along into the scopes that hold where this is called: [`with_cache`], [`refresh`], [`bypass`] and the asynchronous ones. They hold whenever the
/// future is polled, in whatever task and on whatever thread, also after the scopes themselves have ended.
///
/// For what is spawned: a task is polled by the runtime, which is in no scope. In the body of a memoized function it also tells whose work the task does, so that a call of
/// that very key from there computes instead of waiting for itself.
///
/// ```
/// # use memo_core as memo;
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let tenant = memo::Cache::builder().namespace("tenant-a").build()?;
/// memo::with_cache_async(&tenant, async {
///     let page = async { memo::cache().namespace().to_owned() };
///     assert_eq!(tokio::spawn(memo::in_scope(page)).await?, "tenant-a");
///     // A `spawn_blocking` takes a closure along.
///     let page = memo::in_scope_blocking(|| memo::cache().namespace().to_owned());
///     assert_eq!(tokio::task::spawn_blocking(page).await?, "tenant-a");
///     Ok(())
/// })
/// .await
/// # })
/// # }
/// ```
pub fn in_scope<F: Future>(future: F) -> impl Future<Output = F::Output> {
    let scope = Surroundings::here();
    scope.run_async(future)
}

/// [`in_scope`] for a closure, which may then run on any thread.
///
/// ```
/// # use memo_core as memo;
/// let cache = memo::Cache::builder().build()?;
/// let policy = memo::Policy::named("docs-in-scope");
/// let mut runs = 0;
/// memo::bypass(|| {
///     let two_calls = memo::in_scope_blocking(|| {
///         for _ in 0..2 {
///             cache.get_or_compute(&1, &policy, || runs += 1);
///         }
///     });
///     std::thread::scope(|scope| {
///         scope.spawn(two_calls);
///     });
/// });
/// assert_eq!(runs, 2);
/// # Ok::<(), memo::Error>(())
/// ```
pub fn in_scope_blocking<R>(body: impl FnOnce() -> R) -> impl FnOnce() -> R {
    let scope = Surroundings::here();
    move || scope.run(body)
}
