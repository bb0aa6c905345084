//! What a test's store knows of its names.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use memo::backend::{Group, Item, Name};
use memo::{Clock, Expiration, Tick};
use memo_testkit::ManualClock;

/// What was set, and when it ends by the test's clock.
#[derive(Debug, Default)]
pub(super) struct Book {
    groups: HashMap<Group, HashSet<Name>>,
    ends: HashMap<Name, Tick>,
}

impl Book {
    pub(super) fn set(&mut self, item: &Item, clock: Option<&ManualClock>) {
        let group = self.groups.entry(item.name.group()).or_default();
        group.insert(item.name.clone());
        self.ends.remove(&item.name);
        if let Some(clock) = clock {
            self.shorten(&item.name, item.expiration, clock);
        }
    }

    /// The name ends at this time, if not earlier.
    pub(super) fn shorten(&mut self, name: &Name, expiration: Expiration, clock: &ManualClock) {
        if let Some(time) = expiration.duration() {
            let millis = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
            let end = clock.now().saturating_add(millis.max(1));
            let known = self.ends.entry(name.clone()).or_insert(end);
            *known = end.min(*known);
        }
    }

    /// A lease of this name was given, for so long.
    pub(super) fn lease(&mut self, name: &Name, time: Duration, clock: &ManualClock) {
        self.ends.remove(name);
        self.shorten(name, time.into(), clock);
    }

    /// What has ended by now, and is known no more.
    pub(super) fn ended(&mut self, clock: &ManualClock) -> Vec<Name> {
        let now = clock.now();
        let ended = self.ends.extract_if(|_, end| *end <= now);
        ended.map(|(name, _)| name).collect()
    }

    /// What was set of this group.
    pub(super) fn take_group(&mut self, group: Group) -> Vec<Name> {
        Vec::from_iter(self.groups.remove(&group).unwrap_or_default())
    }
}
