//! Whether an asynchronous leader is polled when it has been woken.
//!
//! A future that nobody polls does nothing, however often it is woken, and whoever waits for it waits for ever. From outside two things can be
//! seen: the waker that a leader was polled with was woken, and no poll has followed; and the task that polled it last has had a turn without
//! polling it.
//!
//! Leaders within leaders share the waker of the outermost: a chain of wakers as deep as a recursion would be as deep a recursion to wake.

use std::cell::RefCell;
use std::mem;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Wake, Waker};

use crate::threads::lock;

/// How the leaders of a flight were polled last.
#[derive(Default)]
pub(super) struct Pulse(Mutex<Beat>);

#[derive(Clone, Default)]
struct Beat {
    polls: u64,
    task: Option<Arc<Task>>,
    /// Which of the task's turns it was.
    turn: u64,
}

/// What a follower sees of its leader.
pub(super) struct Seen {
    /// How often it was polled.
    pub(super) polls: u64,
    /// Whether it has been woken, or left out, and not polled since.
    pub(super) is_due: bool,
    /// Whether the task that polled it last is the one that looks.
    pub(super) is_here: bool,
}

impl Pulse {
    /// `None` before the first poll. `waker` is the one of the poll in which this is asked.
    pub(super) fn look(&self, waker: &Waker) -> Option<Seen> {
        let Beat { polls, task, turn } = lock(&self.0).clone();
        let task = task?;
        let here = match current(waker) {
            Some(current) => current.waker(),
            None => Some(Arc::new(waker.clone())),
        };
        let there = task.waker();
        let is_here = match (&here, &there) {
            // One without data is that of nobody, or of everybody.
            (Some(here), Some(there)) => here.will_wake(there) && !here.data().is_null(),
            _ => false,
        };
        Some(Seen {
            polls,
            is_due: task.is_due(turn),
            is_here,
        })
    }

    fn beat(&self, task: &Arc<Task>) {
        let mut beat = lock(&self.0);
        beat.polls += 1;
        beat.turn = task.turn();
        let is_known = beat
            .task
            .as_ref()
            .is_some_and(|known| Arc::ptr_eq(known, task));
        let older = (!is_known).then(|| beat.task.replace(task.clone()));
        drop(beat);
        drop(older);
    }
}

/// What polls a leader, up to the next one above that has a waker of its own.
#[derive(Default)]
struct Task {
    waker: Mutex<Option<Arc<Waker>>>,
    woken: AtomicBool,
    polling: AtomicBool,
    turns: AtomicU64,
}

impl Task {
    /// Its present turn or, between two, the next one.
    fn turn(&self) -> u64 {
        self.turns.load(Ordering::Acquire) + 1
    }

    fn is_due(&self, turn: u64) -> bool {
        let is_owed = self.woken.load(Ordering::Acquire) && !self.polling.load(Ordering::Acquire);
        is_owed || self.turns.load(Ordering::Acquire) > turn
    }

    fn waker(&self) -> Option<Arc<Waker>> {
        lock(&self.waker).clone()
    }

    /// Wakers are the executor's code: cloned and dropped under no lock.
    fn begin_turn(&self, waker: &Waker) {
        let is_known = self.waker().is_some_and(|known| known.will_wake(waker));
        if !is_known {
            let waker = Arc::new(waker.clone());
            drop(lock(&self.waker).replace(waker));
        }
        self.polling.store(true, Ordering::Release);
        self.woken.store(false, Ordering::Release);
    }

    fn end_turn(&self) {
        self.turns.fetch_add(1, Ordering::AcqRel);
        self.polling.store(false, Ordering::Release);
    }

    fn is(self: &Arc<Self>, waker: &Waker) -> bool {
        waker.data() == Arc::as_ptr(self).cast()
    }
}

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.woken.store(true, Ordering::Release);
        if let Some(waker) = self.waker() {
            waker.wake_by_ref();
        }
    }
}

thread_local! {
    /// Whose turn it is on this thread.
    static TURN: RefCell<Option<Arc<Task>>> = const { RefCell::new(None) };
}

/// The task whose turn it is, if `waker` is its waker: between the two there may be others, which poll what they were asked to poll.
fn current(waker: &Waker) -> Option<Arc<Task>> {
    let turn = TURN.try_with(|turn| turn.borrow().clone()).ok().flatten();
    turn.filter(|task| task.is(waker))
}

fn enter(task: Option<Arc<Task>>) -> Option<Arc<Task>> {
    let before = TURN.try_with(|turn| mem::replace(&mut *turn.borrow_mut(), task));
    before.ok().flatten()
}

/// What a leader says when it is polled.
pub(crate) struct Heart {
    pulse: Arc<Pulse>,
    task: Arc<Task>,
}

impl Heart {
    pub(super) fn of(pulse: &Arc<Pulse>) -> Self {
        Self {
            pulse: pulse.clone(),
            task: Arc::default(),
        }
    }

    /// To be held during a poll by `waker`, and the waker to poll with.
    #[inline(never)]
    pub(crate) fn beat(&self, waker: &Waker) -> Turn {
        if let Some(task) = current(waker) {
            self.pulse.beat(&task);
            return Turn {
                own: None,
                waker: waker.clone(),
            };
        }
        self.task.begin_turn(waker);
        self.pulse.beat(&self.task);
        Turn {
            own: Some((self.task.clone(), enter(Some(self.task.clone())))),
            waker: self.task.clone().into(),
        }
    }
}

/// One poll of a leader.
pub(crate) struct Turn {
    /// Whose turn it is, and whose it was before.
    own: Option<(Arc<Task>, Option<Arc<Task>>)>,
    waker: Waker,
}

impl Turn {
    pub(crate) fn waker(&self) -> &Waker {
        &self.waker
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if let Some((task, before)) = self.own.take() {
            drop(enter(before));
            task.end_turn();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Count(AtomicU64);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    fn waker() -> (Arc<Count>, Waker) {
        let count = Arc::new(Count::default());
        (count.clone(), count.into())
    }

    fn look(pulse: &Pulse, waker: &Waker) -> Seen {
        pulse.look(waker).expect("it was polled")
    }

    #[test]
    fn a_leader_that_was_woken_is_due_until_it_is_polled() {
        let pulse = Arc::new(Pulse::default());
        let (heart, (count, task)) = (Heart::of(&pulse), waker());
        assert!(pulse.look(&task).is_none(), "it was never polled");
        let inner = heart.beat(&task).waker().clone();
        assert!(!look(&pulse, Waker::noop()).is_due);
        inner.wake_by_ref();
        assert_eq!(count.0.load(Ordering::SeqCst), 1, "the wake is passed on");
        assert!(look(&pulse, Waker::noop()).is_due);
        let turn = heart.beat(&task);
        assert!(!look(&pulse, Waker::noop()).is_due);
        inner.wake();
        assert!(!look(&pulse, Waker::noop()).is_due, "it is being polled");
        drop(turn);
        assert!(look(&pulse, Waker::noop()).is_due, "and is to be again");
    }

    #[test]
    fn a_leader_within_another_shares_its_waker_and_is_due_when_a_turn_leaves_it_out() {
        let (outer, inner) = (Arc::new(Pulse::default()), Arc::new(Pulse::default()));
        let (heart, within) = (Heart::of(&outer), Heart::of(&inner));
        let (_, task) = waker();
        let turn = heart.beat(&task);
        let nested = within.beat(turn.waker());
        assert!(nested.waker().will_wake(turn.waker()));
        drop((nested, turn));
        assert!(!look(&inner, &task).is_due);
        drop(heart.beat(&task));
        assert!(look(&inner, &task).is_due);
        assert!(!look(&outer, &task).is_due);
    }

    #[test]
    fn a_task_knows_its_own_leaders_within_others_and_outside() {
        let (first, second) = (Arc::new(Pulse::default()), Arc::new(Pulse::default()));
        let ((_, task), (_, stranger)) = (waker(), waker());
        drop(Heart::of(&first).beat(&task));
        assert!(look(&first, &task).is_here);
        assert!(!look(&first, &stranger).is_here);
        let turn = Heart::of(&second).beat(&task).waker().clone();
        assert!(!look(&first, &turn).is_here, "its turn is over");
        let heart = Heart::of(&second);
        let turn = heart.beat(&task);
        assert!(look(&first, turn.waker()).is_here);
    }

    #[test]
    fn the_waker_that_wakes_nobody_is_no_task() {
        let pulse = Arc::new(Pulse::default());
        drop(Heart::of(&pulse).beat(Waker::noop()));
        assert!(!look(&pulse, Waker::noop()).is_here);
    }
}
