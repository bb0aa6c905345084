//! What a cache and its backend tell each other beside the operations.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// What a cache asks of its backend.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Terms {
    /// The longest that one operation may take, connecting and trying again included.
    pub deadline: Duration,
    /// Whom to tell when a server becomes unavailable, or available again.
    pub alerts: Alerts,
}

/// Whether a server is being asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Availability {
    /// It is asked.
    Up,
    /// It failed, and is not asked for a while.
    Down,
    /// It failed, and one question behind the scenes finds out whether it answers again.
    Probing,
}

/// How a server is, and what has become of what it was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServerStats {
    /// Which one: host and port, or the path of a socket. Never a password.
    pub server: Arc<str>,
    /// Whether it is being asked.
    pub availability: Availability,
    /// Operations that it was asked to do.
    pub asked: u64,
    /// Operations that failed because of it.
    pub failed: u64,
    /// Operations that were tried a second time.
    pub retried: u64,
    /// Operations that it was not asked to do, because it had failed before.
    pub spared: u64,
    /// How often it became unavailable.
    pub outages: u64,
}

/// Whom a backend tells that a server is not asked any more ([`Availability::Down`]), or is asked again ([`Availability::Up`]). Under no lock: whoever
/// is told may call the cache.
#[derive(Clone)]
pub struct Alerts(Arc<Listener>);

type Listener = dyn Fn(&Arc<str>, Availability) + Send + Sync;

impl Alerts {
    /// Tells `listener`: the server, and how it is now.
    pub fn to(listener: impl Fn(&Arc<str>, Availability) + Send + Sync + 'static) -> Self {
        Self(Arc::new(listener))
    }

    /// Tells of a change.
    pub fn tell(&self, server: &Arc<str>, availability: Availability) {
        (self.0)(server, availability);
    }
}

impl Terms {
    /// Terms with this deadline, and nobody to tell.
    pub fn within(deadline: Duration) -> Self {
        Self {
            deadline,
            alerts: Alerts::to(|_, _| {}),
        }
    }
}

impl Default for Terms {
    /// A quarter of a second, and nobody to tell.
    fn default() -> Self {
        Self::within(Duration::from_millis(250))
    }
}

impl ServerStats {
    /// A server that was not asked for anything yet.
    pub fn of(server: Arc<str>) -> Self {
        Self {
            server,
            availability: Availability::Up,
            asked: 0,
            failed: 0,
            retried: 0,
            spared: 0,
            outages: 0,
        }
    }
}

impl fmt::Debug for Alerts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Alerts(..)")
    }
}
