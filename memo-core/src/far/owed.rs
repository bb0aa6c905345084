//! Owed deletions: what a backend was to delete and did not. Until that is made up for, what it has under such a name is not served in this process.
//!
//! A debt is paid by a deletion, or by a write of that very name, that began after the debt was made and succeeded. Debts are collected in the
//! background: when a server is available again, when the first of them could be paid, and else after pauses that grow.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, Weak};
use std::task::{Wake, Waker};
use std::time::{Duration, Instant};

use super::unresolved::Unresolved;
use crate::alarm;
use crate::backend::{Answer, DynBackend, Name};
use crate::background;
use crate::clock::Time;
use crate::threads::lock;
use crate::waits::{Waits, at_once};

/// How many names are remembered. Beyond that everything that is older is not served, see [`Owed::spoils`].
const MOST: usize = 4096;
/// How far the clocks of processes may be apart, in seconds, for that rule to hold.
const SKEW: u32 = 60;
/// How many names are deleted at once.
const WINDOW: usize = 64;
/// How long one round waits for a backend that fails.
const PATIENCE: Duration = Duration::from_secs(1);
/// The pauses between rounds: the first, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(16));

/// The debts of one cache.
pub(crate) struct Owed {
    ledger: Mutex<Ledger>,
    /// How many names are in the ledger, for those who need not lock it.
    many: AtomicUsize,
    /// What was created until then, in seconds as entries have them, is not served; 0 where there is no such time.
    spoiled_until: AtomicU32,
    time: Time,
    /// What may have been written, or may be written still.
    pub(super) writes: Unresolved,
    /// Whom to collect from. What holds the backend's alerts must not be held by us.
    backend: OnceLock<Weak<dyn DynBackend>>,
}

/// When an operation began, among the debts that were made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Mark(u64);

impl Owed {
    pub(crate) fn new(time: Time) -> Arc<Self> {
        Arc::new(Self {
            ledger: Mutex::new(Ledger::new(MOST)),
            many: AtomicUsize::new(0),
            spoiled_until: AtomicU32::new(0),
            time,
            writes: Unresolved::new(),
            backend: OnceLock::new(),
        })
    }

    /// Has debts collected from this backend.
    pub(crate) fn to(&self, backend: &Arc<dyn DynBackend>) {
        // There is one backend to a cache.
        let _ = self.backend.set(Arc::downgrade(backend));
    }

    /// How many deletions are owed.
    #[inline]
    pub(crate) fn many(&self) -> usize {
        self.many.load(Ordering::Relaxed)
    }

    /// Whether what is under this name is not to be served.
    #[inline]
    pub(crate) fn has(&self, name: &Name) -> bool {
        self.many() > 0 && lock(&self.ledger).has(name)
    }

    /// Whether an entry of this age is not to be served, because more deletions were owed than are remembered by name.
    #[inline]
    pub(crate) fn spoils(&self, created: u32) -> bool {
        match self.spoiled_until.load(Ordering::Relaxed) {
            0 => false,
            until => created <= until,
        }
    }

    /// To be asked before an operation that may pay.
    pub(crate) fn mark(&self) -> Mark {
        lock(&self.ledger).mark()
    }

    /// What is under this name is replaced or gone, by an operation that began at `mark`.
    pub(crate) fn pay(&self, name: &Name, mark: Mark) {
        if self.many() > 0 {
            self.change(|ledger| ledger.pay(std::slice::from_ref(name), mark));
        }
    }

    /// A deletion that is owed unless it is [settled](Debt::settled). What was being written before is not served from here on, whenever it lands.
    pub(crate) fn debt<'a>(self: &'a Arc<Self>, name: &'a Name) -> Debt<'a> {
        self.fence(name);
        Debt {
            owed: self,
            name,
            mark: self.mark(),
            is_settled: false,
        }
    }

    /// Has nothing collected because time passes.
    #[cfg(all(test, feature = "backend", not(shuttle)))]
    pub(super) fn is_never_reminded(&self) {
        lock(&self.ledger).is_reminded = true;
    }

    fn owe(self: &Arc<Self>, name: &Name) {
        let (is_noted, pause) = self.change(|ledger| (ledger.owe(name), ledger.pause()));
        if !is_noted {
            self.spoil();
        }
        // What was to replace it may have been written, and nobody knows.
        self.fence(name);
        self.remind(pause);
    }

    /// Has everything not served that exists now: more is to be remembered by name than there is room for.
    pub(super) fn spoil(&self) {
        let until = self.time.wall_seconds().saturating_add(SKEW);
        self.spoiled_until.fetch_max(until, Ordering::Relaxed);
    }

    pub(super) fn backend(&self) -> Option<Arc<dyn DynBackend>> {
        self.backend.get().and_then(Weak::upgrade)
    }

    fn change<T>(&self, change: impl FnOnce(&mut Ledger) -> T) -> T {
        let mut ledger = lock(&self.ledger);
        let changed = change(&mut ledger);
        self.many.store(ledger.names.len(), Ordering::Relaxed);
        changed
    }
}

/// Collecting.
impl Owed {
    /// Pays what can be paid, in the background and soon.
    pub(crate) fn collect(self: &Arc<Self>) {
        if self.many() == 0 || !lock(&self.ledger).may_collect() {
            return;
        }
        let owed = Arc::clone(self);
        if !background::run(Box::new(move || owed.collect_now())) {
            lock(&self.ledger).is_collecting = false;
        }
    }

    fn remind(self: &Arc<Self>, pause: Option<Duration>) {
        if let Some(pause) = pause {
            alarm::wake_in(pause, Waker::from(Arc::new(Reminder(Arc::downgrade(self)))));
        }
    }

    fn collect_now(self: &Arc<Self>) {
        lock(&self.ledger).is_collecting = false;
        if let Some(backend) = self.backend() {
            self.ask(&*backend);
        }
        let pause = lock(&self.ledger).pause();
        self.remind(pause);
    }

    fn ask(&self, backend: &dyn DynBackend) {
        let mut lost = Duration::ZERO;
        let names = lock(&self.ledger).names();
        for window in names.chunks(WINDOW) {
            if self.delete(backend, window, &mut lost).is_ok() {
                continue;
            }
            // They may belong to several servers, one of which is there.
            for name in window {
                if lost > PATIENCE {
                    return;
                }
                let _ = self.delete(backend, std::slice::from_ref(name), &mut lost);
            }
        }
    }

    fn delete(
        &self,
        backend: &dyn DynBackend,
        names: &[Name],
        lost: &mut Duration,
    ) -> Answer<usize> {
        let (began, mark) = (Instant::now(), self.mark());
        // What was written meanwhile is not to be deleted.
        let names = lock(&self.ledger).still_owed(names);
        if names.is_empty() {
            return Ok(0);
        }
        let deleted = at_once(backend.delete_many(&names, Waits::Blocking));
        match deleted {
            Ok(_) => self.change(|ledger| ledger.pay(&names, mark)),
            Err(_) => *lost += began.elapsed(),
        }
        deleted
    }
}

/// A deletion, or replacement, that is under way. Dropped before it is settled, it is owed: also where the future that was to delete is given up.
pub(crate) struct Debt<'a> {
    owed: &'a Arc<Owed>,
    name: &'a Name,
    mark: Mark,
    is_settled: bool,
}

impl Debt<'_> {
    /// What was there was deleted by an operation that began after this.
    pub(crate) fn paid(self) {
        self.owed.pay(self.name, self.mark);
        self.settled();
    }

    /// Nothing is owed on this account.
    pub(crate) fn settled(mut self) {
        self.is_settled = true;
    }
}

impl Drop for Debt<'_> {
    fn drop(&mut self) {
        if !self.is_settled {
            self.owed.owe(self.name);
        }
    }
}

/// Collects when its time has come, if the cache is still there.
struct Reminder(Weak<Owed>);

impl Wake for Reminder {
    fn wake(self: Arc<Self>) {
        if let Some(owed) = self.0.upgrade() {
            lock(&owed.ledger).is_reminded = false;
            owed.collect();
        }
    }
}

/// What is owed, by name, and since when.
struct Ledger {
    names: HashMap<Name, Mark>,
    most: usize,
    last: Mark,
    next_pause: Duration,
    is_reminded: bool,
    is_collecting: bool,
}

impl Ledger {
    fn new(most: usize) -> Self {
        Self {
            names: HashMap::new(),
            most,
            last: Mark(0),
            next_pause: PAUSES.0,
            is_reminded: false,
            is_collecting: false,
        }
    }

    fn mark(&self) -> Mark {
        self.last
    }

    fn has(&self, name: &Name) -> bool {
        self.names.contains_key(name)
    }

    /// Notes a debt; `false` where there is no room.
    fn owe(&mut self, name: &Name) -> bool {
        self.last.0 += 1;
        if self.names.len() >= self.most && !self.has(name) {
            return false;
        }
        self.names.insert(name.clone(), self.last);
        true
    }

    /// Strikes out what was owed already at `mark`.
    fn pay(&mut self, names: &[Name], mark: Mark) {
        for name in names {
            if self.names.get(name).is_some_and(|since| *since <= mark) {
                self.names.remove(name);
            }
        }
    }

    /// All that is owed, the oldest first.
    fn names(&self) -> Vec<Name> {
        let mut names = Vec::from_iter(&self.names);
        names.sort_unstable_by_key(|(_, since)| **since);
        names.into_iter().map(|(name, _)| name.clone()).collect()
    }

    fn still_owed(&self, names: &[Name]) -> Vec<Name> {
        let owed = names.iter().filter(|name| self.has(name));
        owed.cloned().collect()
    }

    /// After how long to collect again; `None` where that is seen to, or nothing is owed.
    fn pause(&mut self) -> Option<Duration> {
        if self.names.is_empty() {
            self.next_pause = PAUSES.0;
            return None;
        }
        if self.is_reminded {
            return None;
        }
        self.is_reminded = true;
        let pause = self.next_pause;
        self.next_pause = (pause * 2).min(PAUSES.1);
        Some(pause)
    }

    /// Whether nobody is about to collect already.
    fn may_collect(&mut self) -> bool {
        !std::mem::replace(&mut self.is_collecting, true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::Group;

    fn name(number: usize) -> Name {
        Name::new(format!("owed:{number}"), Group(1))
    }

    fn owed() -> Arc<Owed> {
        Owed::new(Time::System)
    }

    #[test]
    fn what_is_not_paid_is_owed() {
        let owed = owed();
        drop(owed.debt(&name(1)));
        assert!(owed.has(&name(1)) && !owed.has(&name(2)));
        owed.debt(&name(1)).paid();
        assert_eq!(owed.many(), 0);
        owed.debt(&name(1)).settled();
        assert!(!owed.has(&name(1)));
    }

    #[test]
    fn what_is_settled_otherwise_pays_nothing() {
        let owed = owed();
        drop(owed.debt(&name(1)));
        owed.debt(&name(1)).settled();
        assert!(owed.has(&name(1)));
    }

    #[test]
    fn an_operation_that_began_before_a_debt_does_not_pay_it() {
        let owed = owed();
        let before = owed.mark();
        drop(owed.debt(&name(1)));
        let between = owed.mark();
        owed.pay(&name(1), before);
        assert!(owed.has(&name(1)));
        drop(owed.debt(&name(1)));
        owed.pay(&name(1), between);
        assert!(owed.has(&name(1)), "it was made anew since");
        owed.pay(&name(1), owed.mark());
        assert!(!owed.has(&name(1)));
    }

    #[test]
    fn more_debts_than_are_remembered_spoil_everything_that_is_older() {
        let owed = owed();
        let now = owed.time.wall_seconds();
        (0..MOST).for_each(|number| drop(owed.debt(&name(number))));
        drop(owed.debt(&name(0)));
        assert!(!owed.spoils(0), "there is room for all of them");
        drop(owed.debt(&name(MOST)));
        assert_eq!(owed.many(), MOST);
        assert!(!owed.has(&name(MOST)));
        assert!(owed.spoils(0) && owed.spoils(now));
        assert!(!owed.spoils(now + 10 * SKEW));
    }

    #[test]
    fn debts_are_collected_in_their_order_and_without_those_that_were_paid() {
        let mut ledger = Ledger::new(10);
        for number in [3, 1, 2, 4] {
            ledger.owe(&name(number));
        }
        ledger.pay(&[name(2)], ledger.mark());
        let names = [3, 1, 4].map(name);
        assert!(ledger.names() == names);
        ledger.pay(&[name(1)], ledger.mark());
        assert!(ledger.still_owed(&names) == [3, 4].map(name));
    }

    #[test]
    fn pauses_grow_while_something_is_owed_and_one_is_enough() {
        let mut ledger = Ledger::new(10);
        let again = |ledger: &mut Ledger| {
            ledger.is_reminded = false;
            ledger.pause().map(|pause| pause.as_secs())
        };
        assert_eq!(ledger.pause(), None, "nothing is owed");
        ledger.owe(&name(1));
        assert_eq!(ledger.pause(), Some(PAUSES.0));
        assert_eq!(ledger.pause(), None, "one reminder is set");
        assert_eq!(
            std::array::from_fn(|_| again(&mut ledger)),
            [2, 4, 8, 16, 16].map(Some)
        );
        ledger.pay(&[name(1)], ledger.mark());
        assert_eq!(again(&mut ledger), None);
        ledger.owe(&name(2));
        assert_eq!(again(&mut ledger), Some(PAUSES.0.as_secs()));
    }

    #[test]
    fn at_most_one_collection_waits() {
        let mut ledger = Ledger::new(10);
        assert!(ledger.may_collect());
        assert!(!ledger.may_collect());
    }
}
