//! The driver of asynchronous calls.

use std::pin::{Pin, pin};

use super::far::Delivery;
use super::{Call, End, Errand, Next, Ready, Step, hit};
use crate::clock::Stopwatch;
use crate::key::Key;
use crate::rules::{Ruling, Value};
use crate::site::Site;
use crate::waits::Waits;

/// Answers an asynchronous call of `site` from the cache, or by `body`.
///
/// Dropped while it leads, it hands over to a caller who waits for it.
#[inline]
pub async fn call_async<R: 'static, U: Ruling<R>, F: Future<Output = R>>(
    site: &'static Site,
    key: Key,
    rules: U,
    body: F,
) -> R {
    if let Some(outcome) = hit(site, &key, &rules) {
        return outcome;
    }
    let body = pin!(Some(body));
    miss(&Call::new(site, &key, &rules, Waits::Async), Body(body)).await
}

async fn miss<R: 'static, U: Ruling<R>, F: Future<Output = R>>(
    call: &Call<'_, R, U>,
    mut body: Body<'_, F>,
) -> R {
    let errand = match prepare(call).await {
        Ready::Done(outcome) => return outcome,
        Ready::Run(errand) => Some(errand),
        Ready::Bypass => None,
    };
    match errand {
        Some(errand) => run(call, errand, body).await,
        None => body.output().await,
    }
}

async fn prepare<R: 'static, U: Ruling<R>>(call: &Call<'_, R, U>) -> Ready<R> {
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

/// A cancelled call drops its parameters from the last to the first: the body is gone before another caller may run his.
async fn run<R: 'static, U: Ruling<R>, F: Future<Output = R>>(
    call: &Call<'_, R, U>,
    errand: Errand,
    mut body: Body<'_, F>,
) -> R {
    let watch = Stopwatch::start();
    let outcome = errand.surroundings.run_async(body.output()).await;
    let delivery = match call.finish(errand, outcome, watch.elapsed()) {
        End::Done(outcome) => return outcome,
        End::Ship(delivery) => delivery,
    };
    deliver(call, delivery).await
}

async fn deliver<R: 'static, U: Ruling<R>>(
    call: &Call<'_, R, U>,
    mut delivery: Box<Delivery<Value<R, U>>>,
) -> R {
    let surroundings = delivery.surroundings();
    let answer = surroundings.run_async(call.ship(&mut delivery)).await;
    call.delivered(*delivery, answer)
}

/// A body that stays where it was pinned, so that it is not copied into every future on the way, and can be dropped from afar.
struct Body<'b, F>(Pin<&'b mut Option<F>>);

impl<F: Future> Body<'_, F> {
    async fn output(&mut self) -> F::Output {
        let body = self.0.as_mut().as_pin_mut();
        body.expect("a body is there until it is dropped").await
    }
}

impl<F> Drop for Body<'_, F> {
    fn drop(&mut self) {
        self.0.set(None);
    }
}
