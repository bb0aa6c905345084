//! The requests, and what comes of them.

use super::{client, ensure, report};
use crate::airports::{self, Leg};
use crate::figures::Figures;
use crate::routes;
use std::error::Error;
use std::net::SocketAddr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// How many requests are under way at a time.
const CLIENTS: usize = 8;

/// One call in so many may run its query even where all is well: a busy machine misses a deadline now and then.
const FEW: u64 = 20;

/// The same requests every time.
pub(super) struct Load {
    service: SocketAddr,
    requests: Vec<Request>,
}

/// A path, and what must be there.
struct Request {
    path: String,
    answer: String,
}

/// What came of the requests of some time.
#[derive(Default)]
pub(super) struct Phase {
    pub(super) name: &'static str,
    pub(super) times: Vec<Duration>,
    pub(super) calls: u64,
    pub(super) hits: u64,
    pub(super) computed: u64,
    /// What was wrong, if something was.
    pub(super) wrong: Vec<String>,
    /// Whether the last requests were answered by the cache but for a few.
    pub(super) last_is_usual: bool,
}

impl Load {
    /// Everything that the service has, and some of it often.
    pub(super) fn of(service: SocketAddr) -> Self {
        let mut requests = Vec::new();
        for airport in airports::all() {
            requests.push(Request::of(format!("/airport/{}", airport.code), airport));
        }
        for text in ["new", "san", "international", "US", "jp", "o"] {
            requests.push(Request::of(
                format!("/search?q={text}"),
                &airports::search(text),
            ));
        }
        for from in airports::all().iter().step_by(20) {
            let legs = airports::legs_from(from);
            requests.push(Request::of_lines(format!("/from/{}", from.code), &legs));
        }
        requests.push(Request::of_lines(
            "/report".to_owned(),
            &airports::all_legs(),
        ));
        Self { service, requests }
    }

    /// All requests twice, and a line in the report.
    pub(super) fn phase(&self, name: &'static str) -> Result<Phase, Box<dyn Error>> {
        let phase = self.pass(name)?.and(self.pass(name)?);
        report::line(&phase);
        Ok(phase)
    }

    /// All requests once, several at a time.
    ///
    /// # Errors
    /// When an answer is not the right one, or takes too long.
    pub(super) fn pass(&self, name: &'static str) -> Result<Phase, Box<dyn Error>> {
        let before = self.figures()?;
        let next = AtomicUsize::new(0);
        let seen = Mutex::new(Phase {
            name,
            ..Phase::default()
        });
        thread::scope(|scope| {
            for _ in 0..CLIENTS {
                scope.spawn(|| {
                    while let Some(request) =
                        self.requests.get(next.fetch_add(1, Ordering::Relaxed))
                    {
                        let start = Instant::now();
                        let outcome = request.send(self.service);
                        let took = start.elapsed();
                        let mut seen = seen.lock().expect("nobody panics with it");
                        seen.times.push(took);
                        seen.wrong.extend(outcome.err());
                    }
                });
            }
        });
        let after = self.figures()?;
        let mut phase = seen.into_inner()?;
        let (before, after) = (before.total(), after.total());
        phase.calls = after.calls - before.calls;
        phase.hits = after.hits - before.hits;
        phase.computed = after.computed - before.computed;
        phase.last_is_usual = phase.computed * FEW <= phase.calls;
        phase.check()?;
        Ok(phase)
    }

    fn figures(&self) -> Result<Figures, Box<dyn Error>> {
        let text = client::get(self.service, "/stats.json")?;
        Ok(serde_json::from_str(&text)?)
    }
}

impl Request {
    fn of(path: String, answer: &impl serde::Serialize) -> Self {
        let answer = serde_json::to_string(answer).expect("these are plain data");
        Self { path, answer }
    }

    fn of_lines(path: String, legs: &[Leg]) -> Self {
        let answer = legs.iter().map(routes::line).collect();
        Self { path, answer }
    }

    fn send(&self, service: SocketAddr) -> Result<(), String> {
        match client::get(service, &self.path) {
            Ok(answer) if answer == self.answer => Ok(()),
            Ok(_) => Err(format!("`{}`: this is another answer", self.path)),
            Err(error) => Err(format!("`{}`: {error}", self.path)),
        }
    }
}

impl Phase {
    /// This and what came next.
    pub(super) fn and(mut self, next: Self) -> Self {
        self.times.extend(next.times);
        self.wrong.extend(next.wrong);
        Self {
            calls: self.calls + next.calls,
            hits: self.hits + next.hits,
            computed: self.computed + next.computed,
            last_is_usual: next.last_is_usual,
            ..self
        }
    }

    /// The time that this part of the requests stayed within.
    pub(super) fn quantile(&self, part: f64) -> Duration {
        let mut times = self.times.clone();
        times.sort();
        let place = (times.len() as f64 * part) as usize;
        times.get(place).copied().unwrap_or_default()
    }

    fn check(&self) -> Result<(), Box<dyn Error>> {
        if !self.wrong.is_empty() {
            report::line(self);
            return Err(self.wrong.join("\n").into());
        }
        let slowest = self.times.iter().max().copied().unwrap_or_default();
        ensure(slowest < super::PATIENCE, "no answer takes long")
    }
}
