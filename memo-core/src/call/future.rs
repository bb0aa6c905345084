//! The driver of asynchronous calls.

use std::pin::{Pin, pin};

use super::{Call, Errand, Step, hit};
use crate::clock::Stopwatch;
use crate::flight::Waits;
use crate::key::Key;
use crate::rules::Ruling;
use crate::site::Site;

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
    match hit(site, &key, &rules) {
        Some(outcome) => outcome,
        None => {
            let body = pin!(Some(body));
            miss(&Call::new(site, &key, &rules, Waits::Async), Body(body)).await
        }
    }
}

async fn miss<R: 'static, U: Ruling<R>, F: Future<Output = R>>(
    call: &Call<'_, R, U>,
    mut body: Body<'_, F>,
) -> R {
    let mut step = call.start();
    loop {
        step = match step {
            Step::Done(outcome) => return outcome,
            Step::Wait(flight) => call.landed(flight.await),
            Step::Run(errand) => return run(call, errand, body).await,
            Step::Bypass => return body.output().await,
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
    call.finish(errand, outcome, watch.elapsed())
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
