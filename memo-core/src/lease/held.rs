//! A lease in our hands, kept alive until it is used or given back.

use std::future::poll_fn;
use std::process;
use std::sync::{Arc, Condvar, Mutex, PoisonError, Weak};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

use crate::backend::{Answer, DynBackend, Item, Name, Token};
use crate::threads::lock;
use crate::waits::{Waits, at_once};
use crate::{alarm, background, context};

/// The right to fill one name. Dropped unused, it is given back: by this thread if it may block, else by the background thread.
///
/// The background thread extends it every third of its time, so that two questions may fail. A forked child has a copy and no right.
pub(crate) struct Lease(Arc<Desk>);

/// What a lease and those who keep it alive share.
struct Desk {
    backend: Arc<dyn DynBackend>,
    name: Name,
    time: Duration,
    waits: Waits,
    process: u32,
    state: Mutex<State>,
    settled: Condvar,
}

/// No operation is done, and no waker woken or dropped, under its lock.
struct State {
    standing: Standing,
    /// Whether the backend is being asked for more time. What it answers may be another token.
    is_extending: bool,
    /// Of the holder, who waits until that is over.
    waker: Option<Waker>,
    /// When to ask next.
    due: Instant,
    /// Whether it is given back by the background thread, whoever holds it.
    is_hasty: bool,
}

#[derive(Clone, Copy)]
enum Standing {
    Kept(Token),
    /// Ours, for one more operation.
    Used(Token),
    Over,
}

/// What is left to do when the backend was asked for more time.
enum After {
    AskLater,
    /// Its holder left meanwhile.
    GiveBack(Token),
    Nothing,
}

impl Lease {
    /// Keeps what was granted for `time`.
    pub(crate) fn keep(
        backend: &Arc<dyn DynBackend>,
        name: &Name,
        token: Token,
        time: Duration,
        waits: Waits,
    ) -> Self {
        let desk = Arc::new(Desk {
            backend: Arc::clone(backend),
            name: name.clone(),
            time,
            waits,
            process: process::id(),
            state: Mutex::new(State {
                standing: Standing::Kept(token),
                is_extending: false,
                waker: None,
                due: Instant::now(),
                is_hasty: false,
            }),
            settled: Condvar::new(),
        });
        desk.remind();
        Self(desk)
    }

    /// Whether it is known to be over: what is computed under it cannot be stored.
    pub(crate) fn is_over(&self) -> bool {
        matches!(lock(&self.0.state).standing, Standing::Over)
    }

    /// Stores by it; `false` where it is over.
    pub(crate) async fn fill(&self, item: Item) -> Answer<bool> {
        let Some(token) = self.stop_keeping().await else {
            return Ok(false);
        };
        let filled = self.0.backend.fill(item, token, self.0.waits).await;
        match filled {
            Ok(_) => self.end(),
            // The caller has waited once, and need not wait for this as well.
            Err(_) => lock(&self.0.state).is_hasty = true,
        }
        filled
    }

    /// Says that it is over, because its name was deleted.
    pub(crate) fn end(&self) {
        lock(&self.0.state).standing = Standing::Over;
    }

    /// The token as it is now, which stays as it is from here on; ready at once for a blocking caller.
    async fn stop_keeping(&self) -> Option<Token> {
        let desk = &*self.0;
        if !desk.is_here() {
            return None;
        }
        match desk.waits {
            Waits::Blocking => {
                let state = lock(&desk.state);
                let settled = desk.settled.wait_while(state, |state| state.is_extending);
                settled.unwrap_or_else(PoisonError::into_inner).use_up()
            }
            Waits::Async => poll_fn(|context| desk.poll_settled(context)).await,
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let desk = &self.0;
        if !desk.is_here() {
            return;
        }
        let (token, is_hasty) = {
            let mut state = lock(&desk.state);
            (state.let_go(), state.is_hasty)
        };
        let Some(token) = token else { return };
        match desk.waits {
            Waits::Blocking if !is_hasty => context::on_living_thread(|| desk.give_back(token)),
            _ => {
                let desk = Arc::clone(desk);
                // Where that cannot be done it ends by itself.
                background::run(Box::new(move || desk.give_back(token)));
            }
        }
    }
}

impl Desk {
    /// Whether this is the process that the lease was granted to, and not a fork of it.
    fn is_here(&self) -> bool {
        self.process == process::id()
    }

    fn poll_settled(&self, context: &Context<'_>) -> Poll<Option<Token>> {
        let waker = context.waker().clone();
        let mut state = lock(&self.state);
        if !state.is_extending {
            return Poll::Ready(state.use_up());
        }
        let older = state.waker.replace(waker);
        drop(state);
        drop(older);
        Poll::Pending
    }

    /// Asks for more time in a third of it.
    fn remind(self: &Arc<Self>) {
        let pause = (self.time / 3).max(Duration::from_millis(1));
        lock(&self.state).due = Instant::now() + pause;
        let reminder = Arc::new(Reminder(Arc::downgrade(self)));
        alarm::wake_in(pause, reminder.into());
    }

    fn extend(self: &Arc<Self>) {
        if !self.is_here() {
            return;
        }
        let Some(token) = lock(&self.state).begin_extending() else {
            return;
        };
        let extension = self
            .backend
            .extend(&self.name, token, self.time, Waits::Blocking);
        match self.extended(at_once(extension)) {
            After::AskLater => self.remind(),
            After::GiveBack(token) => self.give_back(token),
            After::Nothing => {}
        }
    }

    fn extended(&self, answer: Answer<Option<Token>>) -> After {
        let mut state = lock(&self.state);
        let after = state.extended(answer);
        let waker = state.waker.take();
        drop(state);
        self.settled.notify_all();
        waker.into_iter().for_each(Waker::wake);
        after
    }

    fn give_back(&self, token: Token) {
        let given = self.backend.release(&self.name, token, Waits::Blocking);
        // If the backend fails, the lease ends by itself.
        let _ = at_once(given);
    }
}

impl State {
    /// `None` where there is nothing to extend, and where the alarm rings early because it has no thread.
    fn begin_extending(&mut self) -> Option<Token> {
        match self.standing {
            Standing::Kept(token) if !self.is_extending && Instant::now() >= self.due => {
                self.is_extending = true;
                Some(token)
            }
            _ => None,
        }
    }

    fn extended(&mut self, answer: Answer<Option<Token>>) -> After {
        self.is_extending = false;
        match (self.standing, answer) {
            (Standing::Kept(_), Ok(Some(token))) => {
                self.standing = Standing::Kept(token);
                After::AskLater
            }
            (Standing::Kept(_), Ok(None)) => {
                self.standing = Standing::Over;
                After::Nothing
            }
            (Standing::Kept(_), Err(_)) => After::AskLater,
            (_, Ok(Some(token))) => After::GiveBack(token),
            (_, Ok(None) | Err(_)) => After::Nothing,
        }
    }

    fn use_up(&mut self) -> Option<Token> {
        match self.standing {
            Standing::Kept(token) | Standing::Used(token) => {
                self.standing = Standing::Used(token);
                Some(token)
            }
            Standing::Over => None,
        }
    }

    /// Ends it; answers what is to be given back, unless whoever is extending it does that.
    fn let_go(&mut self) -> Option<Token> {
        match std::mem::replace(&mut self.standing, Standing::Over) {
            Standing::Kept(token) | Standing::Used(token) if !self.is_extending => Some(token),
            _ => None,
        }
    }
}

/// Rings at a desk, if somebody still sits there.
struct Reminder(Weak<Desk>);

impl Wake for Reminder {
    fn wake(self: Arc<Self>) {
        if let Some(desk) = self.0.upgrade() {
            background::run(Box::new(move || desk.extend()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::{Fault, FaultKind};

    const FIRST: Token = Token(1);
    const SECOND: Token = Token(2);

    fn kept() -> State {
        State {
            standing: Standing::Kept(FIRST),
            is_extending: false,
            waker: None,
            due: Instant::now(),
            is_hasty: false,
        }
    }

    fn fails() -> Answer<Option<Token>> {
        Err(Fault::new(FaultKind::Timeout, "as planned"))
    }

    #[test]
    fn what_was_extended_is_used_by_its_newest_token() {
        let mut state = kept();
        assert_eq!(state.begin_extending(), Some(FIRST));
        assert_eq!(state.begin_extending(), None, "once at a time");
        assert!(matches!(state.extended(Ok(Some(SECOND))), After::AskLater));
        assert_eq!(state.use_up(), Some(SECOND));
        assert_eq!(state.begin_extending(), None, "the token stays as it is");
        assert_eq!(state.let_go(), Some(SECOND));
        assert_eq!(state.let_go(), None, "it is given back once");
    }

    #[test]
    fn a_question_that_fails_is_asked_again() {
        let mut state = kept();
        assert_eq!(state.begin_extending(), Some(FIRST));
        assert!(matches!(state.extended(fails()), After::AskLater));
        assert_eq!(state.begin_extending(), Some(FIRST));
    }

    #[test]
    fn a_lease_that_was_lost_is_neither_used_nor_given_back() {
        let mut state = kept();
        assert_eq!(state.begin_extending(), Some(FIRST));
        assert!(matches!(state.extended(Ok(None)), After::Nothing));
        assert_eq!(state.begin_extending(), None);
        assert_eq!((state.use_up(), state.let_go()), (None, None));
    }

    #[test]
    fn a_holder_who_leaves_during_an_extension_has_it_given_back_by_the_newest_token() {
        let mut state = kept();
        assert_eq!(state.begin_extending(), Some(FIRST));
        assert_eq!(state.let_go(), None);
        let after = state.extended(Ok(Some(SECOND)));
        assert!(matches!(after, After::GiveBack(SECOND)));
    }

    #[test]
    fn an_alarm_that_rings_early_extends_nothing() {
        let mut state = kept();
        state.due = Instant::now() + Duration::from_secs(3600);
        assert_eq!(state.begin_extending(), None);
    }
}
