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
        None => miss(&Call::new(site, &key, &rules, Waits::Async), pin!(body)).await,
    }
}

async fn miss<R: 'static, U: Ruling<R>>(
    call: &Call<'_, R, U>,
    body: Pin<&mut impl Future<Output = R>>,
) -> R {
    let mut step = call.start();
    loop {
        step = match step {
            Step::Done(outcome) => return outcome,
            Step::Wait(flight) => call.landed(flight.await),
            Step::Run(errand) => return run(call, errand, body).await,
            Step::Bypass => return body.await,
        };
    }
}

async fn run<R: 'static, U: Ruling<R>>(
    call: &Call<'_, R, U>,
    errand: Errand,
    body: Pin<&mut impl Future<Output = R>>,
) -> R {
    let watch = Stopwatch::start();
    let outcome = errand.surroundings.run_async(body).await;
    call.finish(errand, outcome, watch.elapsed())
}
