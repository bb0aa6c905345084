//! What a cache tells those who watch it.

use std::sync::Arc;
use std::time::Duration;

use crate::backend::{Availability, Fault};
use crate::far::Problem;
use crate::reject::Reject;
use crate::threads::contained;

/// Something that happened to one call, or to a server behind the cache. It names the function, never its arguments, key or value.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A cached value answered.
    Hit {
        /// The function, as [`Site::name`](crate::Site::name) gives it.
        function: &'static str,
    },
    /// There was no value to serve.
    Miss {
        /// The function.
        function: &'static str,
        /// Why not.
        reason: Miss,
    },
    /// Another caller is computing the value; the call waits for it.
    Waiting {
        /// The function.
        function: &'static str,
    },
    /// The call has waited for another caller that made no progress: one whose future is not polled any more, or that took longer than
    /// [`follow_timeout`](crate::CacheBuilder::follow_timeout), or whose sequence is not read on for
    /// [`patience`](crate::CacheBuilder::patience). It runs the body itself.
    GaveUpWaiting {
        /// The function.
        function: &'static str,
        /// How long it had waited.
        after: Duration,
    },
    /// Another caller's computation answered.
    Joined {
        /// The function.
        function: &'static str,
    },
    /// The call has the lease of its value: it computes, and no other process does.
    Leased {
        /// The function.
        function: &'static str,
    },
    /// Another process is computing the value; the call waits for it, if it may.
    LeaseHeld {
        /// The function.
        function: &'static str,
    },
    /// The call has waited for another process for as long as [`lease_wait`](crate::CacheBuilder::lease_wait) says: it computes as well, and either may store.
    LeaseJoined {
        /// The function.
        function: &'static str,
    },
    /// The body runs for so long that its lease is not kept any more: other processes compute. See [`lease_wait`](crate::CacheBuilder::lease_wait).
    LeaseEnded {
        /// The function.
        function: &'static str,
    },
    /// The body ran to its end.
    Computed {
        /// The function.
        function: &'static str,
        /// How long it ran.
        took: Duration,
    },
    /// The body panicked, or its future was dropped.
    Abandoned {
        /// The function.
        function: &'static str,
    },
    /// The value is in the cache.
    Stored {
        /// The function.
        function: &'static str,
        /// What it weighs, in bytes.
        weight: usize,
        /// How many other entries had to go.
        evicted: usize,
    },
    /// The value was returned to the caller and not stored.
    Unstored {
        /// The function.
        function: &'static str,
        /// Why not.
        reason: Unstored,
    },
    /// One entry was invalidated.
    Invalidated {
        /// The function.
        function: &'static str,
    },
    /// All entries of a function were invalidated.
    InvalidatedAll {
        /// The function.
        function: &'static str,
        /// How many values went.
        entries: usize,
    },
    /// A backend failed. The call went on without it.
    Faulty {
        /// The function.
        function: &'static str,
        /// What people call the backend.
        backend: &'static str,
        /// What the backend was to do.
        operation: Operation,
        /// How it failed.
        fault: Fault,
    },
    /// The function's values are not cached as it asks. Once for each function and problem.
    NotCached {
        /// The function.
        function: &'static str,
        /// Why not.
        problem: Problem,
    },
    /// An argument's `Serialize` failed, or nests more than 1024 levels, so that no key could be made: the call ran without the cache.
    KeyFailed {
        /// The function.
        function: &'static str,
    },
    /// A blocking call went to a server on a thread on which an asynchronous runtime polls its tasks, and held up all of them until the server answered. Once for each
    /// function, and in debug builds only: make the function an `async fn`, or call it in `spawn_blocking`.
    BlockedRuntime {
        /// The function.
        function: &'static str,
        /// What people call the backend.
        backend: &'static str,
    },
    /// A stored sequence was lost while it was read: its body runs, and goes on where the items stopped.
    Torn {
        /// The function.
        function: &'static str,
        /// How many items had been given out.
        after: u64,
    },
    /// The body of a sequence that was lost yields other items than those that were given out: the sequence ends as `on_torn` says.
    Diverged {
        /// The function.
        function: &'static str,
        /// How many items had been given out.
        after: u64,
    },
    /// A server of the backend is not asked any more, because it failed ([`Availability::Down`]), or is asked again ([`Availability::Up`]).
    Server {
        /// What people call the backend.
        backend: &'static str,
        /// Which server: host and port, or the path of a socket.
        server: Arc<str>,
        /// Whether it is asked.
        availability: Availability,
    },
}

impl Event {
    /// The function that the event is about; `None` where it is about a server.
    pub fn function(&self) -> Option<&'static str> {
        Some(match self {
            Self::Server { .. } => return None,
            Self::Hit { function }
            | Self::Miss { function, .. }
            | Self::Waiting { function }
            | Self::GaveUpWaiting { function, .. }
            | Self::Joined { function }
            | Self::Leased { function }
            | Self::LeaseHeld { function }
            | Self::LeaseJoined { function }
            | Self::LeaseEnded { function }
            | Self::Computed { function, .. }
            | Self::Abandoned { function }
            | Self::Stored { function, .. }
            | Self::Unstored { function, .. }
            | Self::Invalidated { function }
            | Self::InvalidatedAll { function, .. }
            | Self::Faulty { function, .. }
            | Self::NotCached { function, .. }
            | Self::KeyFailed { function }
            | Self::BlockedRuntime { function, .. }
            | Self::Torn { function, .. }
            | Self::Diverged { function, .. } => function,
        })
    }
}

/// Why a call found no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Miss {
    /// Nothing is stored: never computed, invalidated, or forgotten long ago.
    Absent,
    /// The value was evicted, not long ago, to make room.
    Evicted,
    /// The value has expired.
    Expired,
    /// The caller asked for a new value: [`refresh`](crate::refresh) or `force_overwrite`.
    Forced,
    /// There is an entry, and it is not to be served.
    Refused(Reject),
    /// The backend failed.
    Fault,
    /// The function's values are not cached: see [`Event::NotCached`].
    NotCached,
}

/// What a backend was asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Operation {
    /// Fetch an entry.
    Get,
    /// Store an entry.
    Set,
    /// Delete one entry, or all of a function.
    Delete,
    /// Lease an entry, so that no other process computes its value.
    Lease,
}

/// Why a computed value was not stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unstored {
    /// The function returned an `Err`.
    Error,
    /// `cache_if` or `cache_none` said no.
    Filtered,
    /// Its lifetime was zero, or over before all of it was there. What it was to replace goes as well.
    Expired,
    /// The entry was invalidated while the value was computed.
    Voided,
    /// The value is heavier than the cache allows.
    TooLarge,
    /// There is no store: the cache has no memory and no backend.
    NoStore,
    /// The codec, or the value's own `Serialize`, refused it.
    Unencodable,
    /// The backend failed.
    Fault,
    /// Another process had the lease of the value for too long, so the call computed as well: see `lock`.
    Leased,
    /// The function's values are not cached: see [`Event::NotCached`].
    NotCached,
    /// The system has no random numbers, which a write to a backend needs.
    NoRandom,
}

/// Somebody who is told of every [`Event`] of a cache, on the thread where it happened.
///
/// It runs inside the caller's call, hits included: be quick, and do not block.
///
/// ```
/// use std::sync::Arc;
/// use std::sync::atomic::{AtomicU64, Ordering};
/// use memo_core::{Cache, Event, Observer, Policy};
///
/// #[derive(Debug, Default)]
/// struct Hits(AtomicU64);
/// impl Observer for Hits {
///     fn on(&self, event: &Event) {
///         if let Event::Hit { .. } = event {
///             self.0.fetch_add(1, Ordering::Relaxed);
///         }
///     }
/// }
///
/// let hits = Arc::new(Hits::default());
/// let cache = Cache::builder().observer(hits.clone()).build()?;
/// let policy = Policy::named("docs-observer");
/// cache.get_or_compute(&1, &policy, || 10);
/// cache.get_or_compute(&1, &policy, || 10);
/// assert_eq!(hits.0.load(Ordering::Relaxed), 1);
/// # Ok::<(), memo_core::Error>(())
/// ```
///
/// An observer that panics is told of the next event all the same; the panic reaches no caller.
pub trait Observer: std::fmt::Debug + Send + Sync {
    /// Called once for each event.
    fn on(&self, event: &Event);
}

/// Tells an observer: the one place where that is done. Whoever calls a memoized function is not to blame for who watches it.
pub(crate) fn tell(observer: &dyn Observer, event: &Event) {
    contained(|| observer.on(event));
}
