//! Unresolved writes: what a backend was handed and has not answered for. Nobody waits for them any more, and they may land at any time, on top of
//! anything.
//!
//! That is harmless while nothing supersedes them: what they write is what a call has just computed. An invalidation, a `put`, a refresh or a removal
//! fences them off: from then on what such a write leaves is absent for this process wherever it is met, and where it has landed it is deleted once more. A
//! write is forgotten when the backend answers so long after it was given up that it cannot be under way any more; one of chunks, whose head has a random
//! number, is forgotten before that when it was seen to have landed.

mod ledger;

use std::hash::RandomState;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::task::{Wake, Waker};
use std::time::{Duration, Instant};

use self::ledger::{Found, Ledger, Print, Seen};
use super::load::once_each;
use super::save::LINGER;
use super::{Owed, Remains};
use crate::alarm;
use crate::backend::{Answer, Bytes, DynBackend, Group, Name};
use crate::background;
use crate::threads::lock;
use crate::waits::{Waits, at_once};

/// How long something that was sent may be under way to a backend that answers: a packet that is sent again after losses, a request behind others in a
/// buffer. Counted by a clock that nobody sets, from the first answer after the write was given up.
const UNDER_WAY: Duration = Duration::from_secs(30);
/// How many entries are looked at with one question: their heads may be whole values.
const WINDOW: usize = 16;
/// How long one round of looking waits for a backend that fails.
const MAX_LOST: Duration = Duration::from_secs(1);

/// The unresolved writes of one cache.
pub(super) struct Unresolved {
    ledger: Mutex<Ledger>,
    /// How many entries have one, for those who need not lock the ledger.
    many: AtomicUsize,
}

/// A write that a backend is handed. Dropped before it has [ended](Attempt::ended) it is unresolved, also where the future that waits for the backend is
/// given up.
pub(crate) struct Attempt<'a> {
    owed: &'a Arc<Owed>,
    name: &'a Name,
    id: u64,
}

impl<'a> Attempt<'a> {
    /// Notes a write, before the backend is handed any of it.
    pub(super) fn begin(
        owed: &'a Arc<Owed>,
        name: &'a Name,
        head: &Bytes,
        chunks: (Remains, bool),
    ) -> Self {
        let head = Print::Whole(head.clone());
        let id = owed
            .writes
            .change(|ledger| ledger.begin(name, head, chunks));
        Self { owed, name, id }
    }

    /// Says that the backend has answered: whether it was done. A fault that leaves that open leaves it unresolved.
    pub(super) fn ended(self, how: &Answer<bool>) {
        let (name, id) = (self.name, self.id);
        let is_done = match how {
            Ok(is_done) => *is_done,
            Err(fault) if fault.is_refusal() => false,
            Err(_) => return,
        };
        self.owed.writes.change(|ledger| match is_done {
            true => ledger.landed(name, id, Instant::now()),
            false => ledger.forget(name, id),
        });
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        let Self { owed, name, id } = *self;
        let now = Instant::now();
        let is_noted = owed.writes.change(|ledger| ledger.give_up(name, id, now));
        if !is_noted {
            owed.spoil();
        }
        owed.remind_to_look();
    }
}

/// What the rest of the road asks.
impl Owed {
    /// Whether this is the head of a write that was superseded before it landed.
    pub(super) fn is_fenced(self: &Arc<Self>, name: &Name, head: &[u8]) -> bool {
        let is_fenced = !self.writes.is_empty()
            && self
                .writes
                .change(|ledger| ledger.meet(name, head, Instant::now()));
        if is_fenced {
            self.look_soon();
        }
        is_fenced
    }

    /// Fences off the writes of a name.
    pub(super) fn fence(&self, name: &Name) {
        if !self.writes.is_empty() {
            self.writes
                .change(|ledger| ledger.fence(name, Instant::now()));
        }
    }

    /// Fences off the writes of a group.
    pub(crate) fn fence_group(&self, group: Group) {
        if !self.writes.is_empty() {
            self.writes
                .change(|ledger| ledger.fence_group(group, Instant::now()));
        }
    }

    /// Has chunks deleted for which there will be no head, some of which may be under way.
    pub(super) fn stray(self: &Arc<Self>, name: &Name, chunks: Remains) {
        if chunks.is_none() {
            return;
        }
        self.writes.change(|ledger| {
            let id = ledger.begin(name, Print::None, (chunks, false));
            // Where there is no room they stay: they are in nobody's way.
            ledger.give_up(name, id, Instant::now())
        });
        self.remind_to_look();
    }
}

#[cfg(all(test, feature = "backend", not(shuttle)))]
impl Owed {
    pub(super) fn waits_for_late_writes(&self, under_way: Duration) {
        self.writes.change(|ledger| ledger.under_way = under_way);
    }

    pub(super) fn gives_up_at_most(&self, writes: usize) {
        self.writes.change(|ledger| ledger.max_given_up = writes);
    }

    pub(super) fn has_late_writes(&self) -> bool {
        !self.writes.is_empty()
    }
}

/// Looking whether writes have landed, in the background.
impl Owed {
    fn remind_to_look(self: &Arc<Self>) {
        if let Some(pause) = self.writes.change(|ledger| ledger.pause(Instant::now())) {
            let reminder = Reminder(Arc::downgrade(self));
            alarm::wake_in(pause, Waker::from(Arc::new(reminder)));
        }
    }

    fn look_soon(self: &Arc<Self>) {
        if !self.writes.change(Ledger::may_look) {
            return;
        }
        let owed = Arc::clone(self);
        if !background::run(Box::new(move || owed.look())) {
            self.writes.change(|ledger| ledger.is_looking = false);
        }
    }

    fn look(self: &Arc<Self>) {
        self.writes.change(|ledger| ledger.is_looking = false);
        let names = self.writes.change(|ledger| ledger.due(Instant::now()));
        if let Some(backend) = self.backend() {
            self.look_at_all(&*backend, &names);
        }
        self.remind_to_look();
    }

    fn look_at_all(&self, backend: &dyn DynBackend, names: &[Name]) {
        let mut lost = Duration::ZERO;
        for window in names.chunks(WINDOW) {
            if lost < MAX_LOST && self.look_at(backend, window, &mut lost).is_ok() {
                continue;
            }
            // They may belong to several servers, one of which is there.
            for name in window {
                let name = std::slice::from_ref(name);
                if lost >= MAX_LOST || self.look_at(backend, name, &mut lost).is_err() {
                    self.writes
                        .change(|ledger| ledger.look_later(&name[0], Instant::now()));
                }
            }
        }
    }

    fn look_at(&self, backend: &dyn DynBackend, names: &[Name], lost: &mut Duration) -> Answer<()> {
        let began = Instant::now();
        let heads = at_once(backend.get_many(names, Waits::Blocking));
        let heads = heads.and_then(|heads| once_each(names, heads));
        let heads = heads.inspect_err(|_| *lost += began.elapsed())?;
        for (name, head) in names.iter().zip(heads) {
            let seen = self
                .writes
                .change(|ledger| ledger.see(name, head.as_deref(), began));
            for write in seen {
                self.clear(backend, name, write);
            }
        }
        Ok(())
    }

    /// Gives up what a write has left that is not in force. It was looked at just now: what is newer stays, as far as one can see.
    fn clear(&self, backend: &dyn DynBackend, name: &Name, seen: Seen) {
        let chunks = seen.chunks.names(name);
        let is_cleared = match seen.found {
            Found::InForce => true,
            Found::Lost if seen.lingers => linger(backend, &chunks),
            Found::Lost => delete(backend, &chunks),
            Found::TooLate => delete(backend, &[vec![name.clone()], chunks].concat()),
        };
        self.writes.change(|ledger| match (is_cleared, seen.found) {
            (false, _) => ledger.look_later(name, Instant::now()),
            (true, Found::TooLate) => ledger.cleared(name, seen.id, Instant::now()),
            (true, _) => ledger.forget(name, seen.id),
        });
    }
}

fn delete(backend: &dyn DynBackend, names: &[Name]) -> bool {
    names.is_empty() || at_once(backend.delete_many(names, Waits::Blocking)).is_ok()
}

/// Has the chunks of a sequence expire when its readers are done.
fn linger(backend: &dyn DynBackend, chunks: &[Name]) -> bool {
    match backend.capability().expires_early {
        _ if chunks.is_empty() => true,
        true => at_once(backend.expire_many(chunks, LINGER.into(), Waits::Blocking)).is_ok(),
        false => delete(backend, chunks),
    }
}

impl Unresolved {
    pub(super) fn new() -> Self {
        Self {
            ledger: Mutex::new(Ledger::new(RandomState::new(), UNDER_WAY)),
            many: AtomicUsize::new(0),
        }
    }

    #[inline]
    fn is_empty(&self) -> bool {
        self.many.load(Ordering::SeqCst) == 0
    }

    fn change<T>(&self, change: impl FnOnce(&mut Ledger) -> T) -> T {
        let mut ledger = lock(&self.ledger);
        let changed = change(&mut ledger);
        self.many.store(ledger.len(), Ordering::SeqCst);
        changed
    }
}

/// Looks when its time has come, if the cache is still there.
struct Reminder(Weak<Owed>);

impl Wake for Reminder {
    fn wake(self: Arc<Self>) {
        if let Some(owed) = self.0.upgrade() {
            owed.writes.change(|ledger| ledger.reminded_at = None);
            owed.look_soon();
        }
    }
}
