//! Which entry expires next.

use std::collections::BTreeSet;

use crate::Tick;
use crate::entry::Entry;

/// Seats in the order in which their entries expire.
///
/// Exact rather than bucketed: expiries mostly grow with time, so an insertion lands at the end of
/// the tree, and a removal leaves nothing behind to be skipped later.
#[derive(Default)]
pub(crate) struct Deadlines {
    order: BTreeSet<(Tick, usize)>,
}

impl Deadlines {
    pub(crate) fn add(&mut self, entry: &Entry) {
        if entry.expires_at() != Tick::MAX {
            self.order.insert((entry.expires_at(), entry.seat()));
        }
    }

    pub(crate) fn remove(&mut self, entry: &Entry) {
        if entry.expires_at() != Tick::MAX {
            self.order.remove(&(entry.expires_at(), entry.seat()));
        }
    }

    /// The next expiry.
    pub(crate) fn next(&self) -> Option<Tick> {
        self.order.first().map(|&(tick, _)| tick)
    }

    /// The seat of an entry whose time has passed, the longest passed first.
    pub(crate) fn overdue(&self, now: Tick) -> Option<usize> {
        self.order
            .first()
            .filter(|(tick, _)| *tick <= now)
            .map(|&(_, seat)| seat)
    }
}
