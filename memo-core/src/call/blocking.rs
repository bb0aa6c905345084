//! The driver of blocking calls.

use super::{Call, End, Errand, Next, Ready, Step, hit};
use crate::clock::Stopwatch;
use crate::key::Key;
use crate::near::DropLater;
use crate::rules::Ruling;
use crate::site::Site;
use crate::waits::{Waits, at_once};

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
        None => miss(&Call::new(site, key, rules, Waits::Blocking), body),
    }
}

#[cold]
#[inline(never)]
fn miss<R: 'static, U: Ruling<R>>(call: &Call<R, U>, body: impl FnOnce() -> R) -> R {
    let errand = match prepare(call) {
        Ready::Done(outcome) => return outcome,
        Ready::Run(errand) => errand,
        Ready::Bypass => return body(),
    };
    let watch = Stopwatch::start();
    let outcome = errand.surroundings.run(body);
    conclude(call, errand, outcome, watch)
}

#[inline(never)]
fn prepare<R: 'static, U: Ruling<R>>(call: &Call<R, U>) -> Ready<R> {
    let mut step = call.start();
    loop {
        let next = match step {
            Step::Done(outcome) => return Ready::Done(outcome),
            Step::Next(next) => next,
        };
        step = match next {
            Next::Wait(flight) => call.waited(flight.wait()),
            Next::Fetch(errand) => {
                let answer = errand.surroundings.run(|| at_once(call.fetch()));
                call.fetched(errand, answer)
            }
            Next::Claim(errand) => {
                let way = errand.begin_claiming();
                let claim = errand.surroundings.run(|| at_once(call.claim(way)));
                errand.end_claiming();
                call.claimed(errand, claim)
            }
            Next::Run(errand) => return Ready::Run(errand),
            Next::Bypass => return Ready::Bypass,
        };
    }
}

#[inline(never)]
fn conclude<R: 'static, U: Ruling<R>>(
    call: &Call<R, U>,
    errand: Errand,
    outcome: R,
    watch: Stopwatch,
) -> R {
    let mut delivery = match call.finish(errand, outcome, watch.elapsed()) {
        End::Done(outcome) => return outcome,
        End::Ship(delivery) => delivery,
    };
    let surroundings = delivery.surroundings();
    // Until the permit is given up, which is later than `at_once` ends.
    let _later = DropLater::begin();
    let answer = surroundings.run(|| at_once(call.ship(&mut delivery)));
    call.delivered(*delivery, answer)
}
