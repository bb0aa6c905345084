//! The driver of asynchronous calls.
//!
//! The future of a call is written by hand for what it costs while the body is polled: in a recursion each level of it is on the stack, unoptimized
//! in tests. So what comes before and after the body is in functions that have returned by then, and what is large is in boxes. A hit
//! allocates nothing.

use std::marker::PhantomData;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::far::Delivery;
use super::{Call, End, Errand, Next, Ready, Step, hit};
use crate::clock::Stopwatch;
use crate::key::Key;
use crate::rules::{Ruling, Value};
use crate::site::Site;
use crate::waits::Waits;

/// Answers an asynchronous call of `site` from the cache, or by a body, when it is polled.
///
/// `make` gives key, rules and body at the first poll. Until then the future is no larger than what that holds, which is the arguments.
/// Dropped while it leads, it hands over to a caller who waits for it.
#[inline]
pub fn call_async<R, U, F, C>(site: &'static Site, make: C) -> impl Future<Output = R>
where
    R: 'static,
    U: Ruling<R>,
    F: Future<Output = R>,
    C: FnOnce() -> (Key, U, F),
{
    Calling {
        stage: Stage::Begin(site, make),
        prepare,
        deliver,
        outcome: PhantomData,
    }
}

/// A call under way. The futures of `prepare` and `deliver` have no names, so that they are `Send` where what they hold is.
struct Calling<R, U: Ruling<R>, F, C, P, PF, D, DF> {
    stage: Stage<R, U, F, C, PF, DF>,
    prepare: P,
    deliver: D,
    outcome: PhantomData<fn() -> R>,
}

/// Where a call is.
///
/// The body goes before what it was computed for, which another caller may have then.
enum Stage<R, U: Ruling<R>, F, C, PF, DF> {
    /// Nobody has looked yet.
    Begin(&'static Site, C),
    /// There is something to be waited for.
    Prepare(Pin<Box<F>>, Pin<Box<PF>>),
    Run(Pin<Box<F>>, Box<Running<R, U>>),
    /// As if there were no cache.
    Bypass(Pin<Box<F>>),
    /// The backend is to have the value.
    Deliver {
        /// Its arguments stay to the end, as in any call.
        _body: Pin<Box<F>>,
        delivering: Pin<Box<DF>>,
    },
    Over,
}

/// What a call has while its body runs.
struct Running<R, U: Ruling<R>> {
    errand: Errand,
    call: Box<Call<R, U>>,
    watch: Stopwatch,
}

/// What is pinned is in boxes.
impl<R, U: Ruling<R>, F, C, P, PF, D, DF> Unpin for Calling<R, U, F, C, P, PF, D, DF> {}

impl<R, U, F, C, P, PF, D, DF> Future for Calling<R, U, F, C, P, PF, D, DF>
where
    R: 'static,
    U: Ruling<R>,
    F: Future<Output = R>,
    C: FnOnce() -> (Key, U, F),
    P: Fn(Box<Call<R, U>>) -> PF,
    PF: Future<Output = Prepared<R, U>>,
    D: Fn(Box<Call<R, U>>, Box<Delivery<Value<R, U>>>) -> DF,
    DF: Future<Output = R>,
{
    type Output = R;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<R> {
        if !self.stage.runs()
            && let Some(poll) = self.approach(context)
        {
            return poll;
        }
        match self.stage.poll_body(context) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(outcome) => self.conclude(outcome, context),
        }
    }
}

impl<R, U: Ruling<R>, F: Future<Output = R>, C, PF, DF> Stage<R, U, F, C, PF, DF> {
    fn runs(&self) -> bool {
        matches!(self, Self::Run(..) | Self::Bypass(_))
    }

    /// This is what is on the stack while the body is polled.
    fn poll_body(&mut self, context: &mut Context<'_>) -> Poll<R> {
        match self {
            Self::Run(body, running) => {
                let turn = running.errand.surroundings.begin_poll(context.waker());
                match turn.waker() {
                    Some(waker) => body.as_mut().poll(&mut Context::from_waker(waker)),
                    None => body.as_mut().poll(context),
                }
            }
            Self::Bypass(body) => body.as_mut().poll(context),
            _ => unreachable!("no body runs in another stage"),
        }
    }
}

impl<R, U, F, C, P, PF, D, DF> Calling<R, U, F, C, P, PF, D, DF>
where
    R: 'static,
    U: Ruling<R>,
    F: Future<Output = R>,
    C: FnOnce() -> (Key, U, F),
    P: Fn(Box<Call<R, U>>) -> PF,
    PF: Future<Output = Prepared<R, U>>,
    D: Fn(Box<Call<R, U>>, Box<Delivery<Value<R, U>>>) -> DF,
    DF: Future<Output = R>,
{
    /// Everything but the body; `None` when it is the body's turn.
    #[inline]
    fn approach(&mut self, context: &mut Context<'_>) -> Option<Poll<R>> {
        if !matches!(self.stage, Stage::Begin(..)) {
            return self.go_on(context);
        }
        let Stage::Begin(site, make) = mem::replace(&mut self.stage, Stage::Over) else {
            return None;
        };
        let (key, rules, body) = make();
        match hit(site, &key, &rules) {
            Some(outcome) => Some(Poll::Ready(outcome)),
            None => self.miss(site, (key, rules, body), context),
        }
    }

    #[cold]
    #[inline(never)]
    fn miss(
        &mut self,
        site: &'static Site,
        (key, rules, body): (Key, U, F),
        context: &mut Context<'_>,
    ) -> Option<Poll<R>> {
        let body = Box::pin(body);
        let call = Box::new(Call::new(site, key, rules, Waits::Async));
        self.stage = Stage::Prepare(body, Box::pin((self.prepare)(call)));
        self.go_on(context)
    }

    #[cold]
    #[inline(never)]
    fn go_on(&mut self, context: &mut Context<'_>) -> Option<Poll<R>> {
        let ready = match &mut self.stage {
            Stage::Prepare(_, preparing) => match preparing.as_mut().poll(context) {
                Poll::Ready(ready) => ready,
                Poll::Pending => return Some(Poll::Pending),
            },
            Stage::Deliver { delivering, .. } => {
                let poll = delivering.as_mut().poll(context);
                if poll.is_ready() {
                    self.stage = Stage::Over;
                }
                return Some(poll);
            }
            Stage::Run(..) | Stage::Bypass(_) => return None,
            Stage::Begin(..) | Stage::Over => {
                panic!("a future is not polled again when it was ready")
            }
        };
        self.prepared(ready)
    }

    fn prepared(&mut self, (call, ready): Prepared<R, U>) -> Option<Poll<R>> {
        let Stage::Prepare(body, _) = mem::replace(&mut self.stage, Stage::Over) else {
            return None;
        };
        self.stage = match ready {
            Ready::Done(outcome) => return Some(Poll::Ready(outcome)),
            Ready::Run(errand) => Stage::Run(
                body,
                Box::new(Running {
                    errand,
                    call,
                    watch: Stopwatch::start(),
                }),
            ),
            Ready::Bypass => Stage::Bypass(body),
        };
        None
    }

    #[inline(never)]
    fn conclude(&mut self, outcome: R, context: &mut Context<'_>) -> Poll<R> {
        let Stage::Run(body, running) = mem::replace(&mut self.stage, Stage::Over) else {
            return Poll::Ready(outcome);
        };
        let Running {
            errand,
            call,
            watch,
        } = *running;
        let delivery = match call.finish(errand, outcome, watch.elapsed()) {
            End::Done(outcome) => return Poll::Ready(outcome),
            End::Ship(delivery) => delivery,
        };
        let delivering = Box::pin((self.deliver)(call, delivery));
        self.stage = Stage::Deliver {
            _body: body,
            delivering,
        };
        self.go_on(context).unwrap_or(Poll::Pending)
    }
}

/// What has come of preparing, and the call that it was for.
type Prepared<R, U> = (Box<Call<R, U>>, Ready<R>);

async fn prepare<R: 'static, U: Ruling<R>>(call: Box<Call<R, U>>) -> Prepared<R, U> {
    let ready = ready(&call).await;
    (call, ready)
}

async fn ready<R: 'static, U: Ruling<R>>(call: &Call<R, U>) -> Ready<R> {
    let mut next = match call.start() {
        Step::Done(outcome) => return Ready::Done(outcome),
        Step::Next(next) => next,
    };
    loop {
        // No outcome outlives a turn: it need not be `Send`.
        let step = match next {
            Next::Wait(flight) => call.waited(flight.await),
            Next::Fetch(errand) => {
                let answer = errand.surroundings.run_async(call.fetch()).await;
                call.fetched(errand, answer)
            }
            Next::Claim(errand) => {
                let claim = call.claim(errand.begin_claiming());
                let claim = errand.surroundings.run_async(claim).await;
                errand.end_claiming();
                call.claimed(errand, claim)
            }
            Next::Run(errand) => return Ready::Run(errand),
            Next::Bypass => return Ready::Bypass,
        };
        next = match step {
            Step::Done(outcome) => return Ready::Done(outcome),
            Step::Next(next) => next,
        };
    }
}

async fn deliver<R: 'static, U: Ruling<R>>(
    call: Box<Call<R, U>>,
    mut delivery: Box<Delivery<Value<R, U>>>,
) -> R {
    let surroundings = delivery.surroundings();
    let answer = surroundings.run_async(call.ship(&mut delivery)).await;
    call.delivered(*delivery, answer)
}
