//! Stores of bytes: what a backend is, and the one in this process.

#[cfg(any(feature = "memory", feature = "backend"))]
mod deadline;
mod erased;
mod fault;
#[cfg(any(feature = "memory", feature = "backend"))]
mod guarded;
#[cfg(feature = "memory")]
mod memory;
mod name;
mod terms;

use std::fmt::Debug;
use std::time::Duration;

pub use bytes::Bytes;

pub(crate) use self::erased::{Boxed, DynBackend};
pub use self::fault::{Fault, FaultKind};
#[cfg(any(feature = "memory", feature = "backend"))]
pub(crate) use self::guarded::Guarded;
#[cfg(feature = "memory")]
pub use self::memory::Memory;
pub use self::name::{Group, Name};
pub use self::terms::{Alerts, Availability, ServerStats, Terms};
use crate::expiration::Expiration;
use crate::waits::Waits;

/// What an operation of a backend answers.
pub type Answer<T> = Result<T, Fault>;

/// A store of opaque bytes under opaque names, with an expiry each.
///
/// Every operation is a future. With [`Waits::Blocking`] it must be ready when it is first polled: do the work with blocking I/O. With
/// [`Waits::Async`] it must not block the thread. A store in this process need not look at the argument.
///
/// A [`Fault`] says that the operation may or may not have happened, or may happen later; but for those that [refuse](FaultKind::Full) it, which are
/// `Auth`, `Busy`, `Full`, `TooLarge` and `Unsupported`. What sets a value is sent to a store once: a second try would leave two that may land, at different
/// times. Nothing here panics, whatever the store answers.
///
/// Names of one text are one name, but a store that knows groups may take those of two groups for two. An expiration of no time, or of
/// less than the store can measure, is a short one, never none. `memo_testkit::conformance` has all of this as tests.
pub trait Backend: Debug + Send + Sync + 'static {
    /// What people call it: `"memory"`, `"redis"`.
    fn kind(&self) -> &'static str;

    /// What it can do. Asked once, when the cache is built.
    fn capability(&self) -> Capability;

    /// What the cache asks of it. Told once, when the cache is built, before the first operation.
    fn accept(&mut self, terms: &Terms) {
        let _ = terms;
    }

    /// How the servers behind it are, one by one; none where there are no servers.
    fn servers(&self) -> Vec<ServerStats> {
        Vec::new()
    }

    /// Returns whether an asynchronous runtime is polling a future on this thread, so that an operation that blocks here holds up everything else that the runtime has to do on
    /// it. Asked once for each function, in debug builds: see [`Event::BlockedRuntime`](crate::Event::BlockedRuntime).
    fn is_on_runtime(&self) -> bool {
        false
    }

    /// The values under these names, in their order; `None` for what is not there or has expired. A name may be asked for twice.
    fn get_many(
        &self,
        names: &[Name],
        waits: Waits,
    ) -> impl Future<Output = Answer<Vec<Option<Bytes>>>> + Send;

    /// Stores all of these, in place of what was there. `Ok` only when all are stored; otherwise some may be. A value that is too large is
    /// refused or stored whole; what it would have replaced may be gone.
    fn set_many(&self, items: Vec<Item>, waits: Waits) -> impl Future<Output = Answer<()>> + Send;

    /// Removes these; answers how many were there. A name that is leased and has no value yet may be counted.
    fn delete_many(
        &self,
        names: &[Name],
        waits: Waits,
    ) -> impl Future<Output = Answer<usize>> + Send;

    /// Which of these names have a value, in their order, without the values. Optional: [`Capability::probes`].
    fn probe_many(
        &self,
        names: &[Name],
        waits: Waits,
    ) -> impl Future<Output = Answer<Vec<bool>>> + Send {
        let _ = (names, waits);
        async { Err(Fault::unsupported("probe_many")) }
    }

    /// Cuts lives short: has what is under these names expire when so much time has passed; answers how many were there.
    ///
    /// The caller gives no more time than each has left, as far as it can know: a store may take the time as it is given, without a look
    /// at what is left, or keep the earlier of the two ends. [`Expiration::never`] leaves every end as it is. Nothing comes back to life,
    /// and a value that is set later brings its own time. Optional: [`Capability::expires_early`].
    fn expire_many(
        &self,
        names: &[Name],
        expiration: Expiration,
        waits: Waits,
    ) -> impl Future<Output = Answer<usize>> + Send {
        let _ = (names, expiration, waits);
        async { Err(Fault::unsupported("expire_many")) }
    }

    /// Removes everything of a group and ends its leases; answers how much was removed. Optional: [`Capability::groups`].
    fn delete_group(
        &self,
        group: Group,
        waits: Waits,
    ) -> impl Future<Output = Answer<usize>> + Send {
        let _ = (group, waits);
        async { Err(Fault::unsupported("delete_group")) }
    }

    /// Adds to the counter of this name, which begins at 0, and answers the sum. The expiry counts from the first addition. Deleting the
    /// name deletes the counter; what else is done with it as a value is up to the store. Optional: [`Capability::counters`].
    fn add(
        &self,
        name: &Name,
        more: u64,
        expiration: Expiration,
        waits: Waits,
    ) -> impl Future<Output = Answer<u64>> + Send {
        let _ = (name, more, expiration, waits);
        async { Err(Fault::unsupported("add")) }
    }

    /// The value under this name; or, where there is none, the right to fill it, given to one caller at a time and for at most `time`.
    /// Setting or deleting the name ends the right. Until it is filled, nothing is there for [`get_many`](Self::get_many) and
    /// [`probe_many`](Self::probe_many). Optional: [`Capability::leases`].
    ///
    /// The caller chooses the token, at random, and asks for one lease with it: so a caller who never learns of the grant, because the
    /// reply is lost or nobody waits for it any more, can [release](Self::release) it. Asked once more by the token that has the right, it is
    /// [granted](Lease::Granted) once more.
    fn lease(
        &self,
        name: &Name,
        token: Token,
        time: Duration,
        waits: Waits,
    ) -> impl Future<Output = Answer<Lease>> + Send {
        let _ = (name, token, time, waits);
        async { Err(Fault::unsupported("lease")) }
    }

    /// Gives the right to fill a name to `token` for `time`, whatever is there: a value goes, and so does the right of everybody else. Optional:
    /// [`Capability::leases`].
    fn seize(
        &self,
        name: &Name,
        token: Token,
        time: Duration,
        waits: Waits,
    ) -> impl Future<Output = Answer<()>> + Send {
        let _ = (name, token, time, waits);
        async { Err(Fault::unsupported("seize")) }
    }

    /// Gives the right to fill a name to `token` as well, for `time` from now, if `holder` is the one who got it last; `false` if that is not so. Both may fill the name then: the one
    /// who does so first ends the right of both. At least the last four keep their right. Optional: [`Capability::leases`].
    fn join(
        &self,
        name: &Name,
        holder: Token,
        token: Token,
        time: Duration,
        waits: Waits,
    ) -> impl Future<Output = Answer<bool>> + Send {
        let _ = (name, holder, token, time, waits);
        async { Err(Fault::unsupported("join")) }
    }

    /// Stores an item by the right of a lease; `false` if the lease is over: its time has passed, or the name was set or deleted since. Optional:
    /// [`Capability::leases`].
    fn fill(
        &self,
        item: Item,
        token: Token,
        waits: Waits,
    ) -> impl Future<Output = Answer<bool>> + Send {
        let _ = (item, token, waits);
        async { Err(Fault::unsupported("fill")) }
    }

    /// Keeps a lease for `time` from now, and with it those who have [joined](Self::join); `false` if the lease is over. Optional: [`Capability::leases`].
    fn extend(
        &self,
        name: &Name,
        token: Token,
        time: Duration,
        waits: Waits,
    ) -> impl Future<Output = Answer<bool>> + Send {
        let _ = (name, token, time, waits);
        async { Err(Fault::unsupported("extend")) }
    }

    /// Gives a lease back unused, so that another caller may have it at once; `false` if the token has no lease, as where it is over, or was not granted
    /// yet. Optional: [`Capability::leases`].
    fn release(
        &self,
        name: &Name,
        token: Token,
        waits: Waits,
    ) -> impl Future<Output = Answer<bool>> + Send {
        let _ = (name, token, waits);
        async { Err(Fault::unsupported("release")) }
    }
}

/// Bytes to be stored.
#[derive(Clone, Debug)]
pub struct Item {
    /// Where.
    pub name: Name,
    /// What.
    pub value: Bytes,
    /// For how long.
    pub expiration: Expiration,
}

/// What [`Backend::lease`] answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lease {
    /// There is a value.
    Found(Bytes),
    /// There is none, and the caller may fill it.
    Granted,
    /// There is none, and another caller is filling it: the one of this token, which got the right last.
    Held(Token),
}

/// Who has the right to fill one name, as given by [`Backend::lease`]: a random number that is used for one lease. It means nothing to the backend.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Token(pub u64);

/// What a backend can do, and how much it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Capability {
    /// The longest name, in bytes.
    pub max_name_bytes: usize,
    /// The largest value, in bytes.
    pub max_value_bytes: usize,
    /// Whether values disappear by themselves when they expire.
    pub native_expiry: bool,
    /// Whether it can say what is there without its value.
    pub probes: bool,
    /// Whether it can have values expire earlier than they were to.
    pub expires_early: bool,
    /// Whether it can delete by [`Group`].
    pub groups: bool,
    /// Whether it can count.
    pub counters: bool,
    /// Whether it gives leases.
    pub leases: bool,
    /// Whether its bytes stay in this process.
    pub in_process: bool,
    /// Whether it bounds each of its operations by [`Terms::deadline`] itself. Otherwise the cache does, as far as it can, unless the bytes stay in this
    /// process: an asynchronous operation is dropped, a blocking one cannot be.
    pub keeps_deadlines: bool,
}

impl Capability {
    /// A store with these limits, expiry, and no optional operation.
    pub const fn of(max_name_bytes: usize, max_value_bytes: usize) -> Self {
        Self {
            max_name_bytes,
            max_value_bytes,
            native_expiry: true,
            probes: false,
            expires_early: false,
            groups: false,
            counters: false,
            leases: false,
            in_process: false,
            keeps_deadlines: false,
        }
    }
}
