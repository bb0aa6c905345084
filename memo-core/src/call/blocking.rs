//! The driver of blocking calls.

use super::{Call, Errand, Step, hit};
use crate::clock::Stopwatch;
use crate::flight::Waits;
use crate::key::Key;
use crate::rules::Ruling;
use crate::site::Site;

/// Answers a call of `site` from the cache, or by `body`.
#[inline]
pub fn call<R: 'static, U: Ruling<R>>(
    site: &'static Site,
    key: Key,
    rules: U,
    body: impl FnOnce() -> R,
) -> R {
    match hit(site, &key, &rules) {
        Some(outcome) => outcome,
        None => miss(&Call::new(site, &key, &rules, Waits::Blocking), body),
    }
}

#[cold]
#[inline(never)]
fn miss<R: 'static, U: Ruling<R>>(call: &Call<'_, R, U>, body: impl FnOnce() -> R) -> R {
    let mut step = call.start();
    loop {
        step = match step {
            Step::Done(outcome) => return outcome,
            Step::Wait(flight) => call.landed(flight.wait()),
            Step::Run(errand) => return run(call, errand, body),
            Step::Bypass => return body(),
        };
    }
}

fn run<R: 'static, U: Ruling<R>>(
    call: &Call<'_, R, U>,
    errand: Errand,
    body: impl FnOnce() -> R,
) -> R {
    let watch = Stopwatch::start();
    let outcome = errand.surroundings.run(body);
    call.finish(errand, outcome, watch.elapsed())
}
