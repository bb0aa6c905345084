//! Whether a server is being asked: a circuit breaker whose half-open probe is nobody's call.

use std::collections::VecDeque;
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::thread;
use std::time::Instant;

use memo_core::backend::{Answer, Availability, Fault, FaultKind, ServerStats};

use crate::Listeners;
use crate::breaker::{Breaker, Pauses};

/// The health of one server, shared by all who ask it. Cloning shares it.
///
/// After three faults in a row that mean "the server is not there" ([`Fault::is_outage`]), or one refused login, the server is left alone. When
/// a pause of about half a second has passed, whoever asks next starts a probe on a thread of its own, and is refused as before; if
/// the probe fails the pause doubles, up to about five seconds. What fails otherwise is the answer of a server that is there.
#[derive(Clone)]
pub struct Health(Arc<Inner>);

/// The permission to ask a server once. Dropped unsettled (a cancelled call), it says nothing about the server.
#[derive(Debug)]
pub struct Admission<'h> {
    health: &'h Health,
    /// The gate that let it through.
    gate: u64,
}

struct Inner {
    server: Arc<str>,
    probe: Box<Probe>,
    /// Even while the server is asked, odd while it is not, and another number after each change.
    gate: AtomicU64,
    /// Whether a success has something to forget.
    troubled: AtomicBool,
    /// When the next probe may start, in nanoseconds since `born`.
    due: AtomicU64,
    born: Instant,
    /// What those are told who are refused.
    refusal: RwLock<Fault>,
    listeners: Listeners,
    state: Mutex<State>,
    counters: Counters,
}

type Probe = dyn Fn() -> Answer<()> + Send + Sync;

struct State {
    breaker: Breaker,
    /// Changes that nobody was told of yet. One thread tells at a time, so that they are told in their order.
    untold: VecDeque<Availability>,
    is_telling: bool,
}

#[derive(Default)]
struct Counters {
    asked: AtomicU64,
    failed: AtomicU64,
    retried: AtomicU64,
    spared: AtomicU64,
    outages: AtomicU64,
}

impl Health {
    /// The health of a server with this label; `probe` asks it whether it answers, blocking, from a thread of its own, and within a deadline.
    ///
    /// `listeners` are told whenever the server is not asked any more ([`Availability::Down`]), and when it is asked again
    /// ([`Availability::Up`]), in this order. On the thread where it happened, and under no lock.
    ///
    /// The probe must not hold the health itself, which holds the probe.
    pub fn new(
        server: impl Into<Arc<str>>,
        listeners: Listeners,
        probe: impl Fn() -> Answer<()> + Send + Sync + 'static,
    ) -> Self {
        Self::with_pauses(server.into(), listeners, probe, Pauses::USUAL)
    }

    fn with_pauses(
        server: Arc<str>,
        listeners: Listeners,
        probe: impl Fn() -> Answer<()> + Send + Sync + 'static,
        pauses: Pauses,
    ) -> Self {
        Self(Arc::new(Inner {
            refusal: RwLock::new(Fault::new(FaultKind::Connect, "not asked")),
            server,
            probe: Box::new(probe),
            gate: AtomicU64::new(0),
            troubled: AtomicBool::new(false),
            due: AtomicU64::new(u64::MAX),
            born: Instant::now(),
            listeners,
            state: Mutex::new(State {
                breaker: Breaker::new(pauses),
                untold: VecDeque::new(),
                is_telling: false,
            }),
            counters: Counters::default(),
        }))
    }

    /// The permission to ask the server; a fault, at once, while it is taken to be down. Costs less than a microsecond.
    #[inline]
    pub fn admit(&self) -> Answer<Admission<'_>> {
        let gate = self.0.gate.load(Acquire);
        if is_shut(gate) {
            return Err(self.refuse());
        }
        self.0.counters.asked.fetch_add(1, Relaxed);
        Ok(Admission { health: self, gate })
    }

    /// Counts an operation that is tried again.
    pub fn retried(&self) {
        self.0.counters.retried.fetch_add(1, Relaxed);
    }

    /// How the server is.
    pub fn stats(&self) -> ServerStats {
        let inner = &*self.0;
        let counters = &inner.counters;
        let mut stats = ServerStats::of(inner.server.clone());
        stats.availability = inner.lock().breaker.availability();
        stats.asked = counters.asked.load(Relaxed);
        stats.failed = counters.failed.load(Relaxed);
        stats.retried = counters.retried.load(Relaxed);
        stats.spared = counters.spared.load(Relaxed);
        stats.outages = counters.outages.load(Relaxed);
        stats
    }

    #[cold]
    fn refuse(&self) -> Fault {
        let inner = &*self.0;
        inner.counters.spared.fetch_add(1, Relaxed);
        let refusal = inner.refusal.read();
        let refusal = refusal.unwrap_or_else(PoisonError::into_inner).clone();
        if inner.since_born(Instant::now()) >= inner.due.load(Relaxed) {
            self.start_probe();
        }
        refusal
    }

    fn start_probe(&self) {
        let number = {
            let mut state = self.0.lock();
            let number = state.breaker.probe(Instant::now());
            self.0.show(&state.breaker);
            number
        };
        let Some(number) = number else {
            return;
        };
        let health = self.clone();
        let thread = thread::Builder::new()
            .name("memo-probe".into())
            .spawn(move || health.0.probe(number));
        if thread.is_err() {
            self.0.probed(number, false);
        }
    }
}

impl Admission<'_> {
    /// Notes what has come of the operation, and gives it back.
    #[inline]
    pub fn settle<T>(self, answer: Answer<T>) -> Answer<T> {
        let inner = &*self.health.0;
        if let Err(fault) = &answer {
            inner.counters.failed.fetch_add(1, Relaxed);
            if fault.is_outage() {
                inner.failed(self.gate, fault);
                return answer;
            }
        }
        if inner.troubled.load(Relaxed) {
            inner.succeeded(self.gate);
        }
        answer
    }
}

impl Inner {
    #[cold]
    fn succeeded(&self, gate: u64) {
        let mut state = self.lock();
        if self.gate.load(Relaxed) == gate {
            state.breaker.succeeded();
            self.show(&state.breaker);
        }
    }

    #[cold]
    fn failed(&self, gate: u64, fault: &Fault) {
        let mut state = self.lock();
        // Others may have found out before; what was asked then says nothing of now.
        if self.gate.load(Relaxed) != gate {
            return;
        }
        if state.breaker.failed(fault.kind(), Instant::now(), luck()) {
            self.counters.outages.fetch_add(1, Relaxed);
            self.explain(fault);
            state.untold.push_back(Availability::Down);
        }
        self.show(&state.breaker);
        self.tell(state);
    }

    fn probe(&self, number: u64) {
        let answer = catch_unwind(AssertUnwindSafe(|| (self.probe)()));
        if let Ok(Err(fault)) = &answer {
            self.explain(fault);
        }
        self.probed(number, matches!(answer, Ok(Ok(()))));
    }

    fn probed(&self, number: u64, works: bool) {
        let mut state = self.lock();
        if state.breaker.probed(number, works, Instant::now(), luck()) {
            state.untold.push_back(Availability::Up);
        }
        self.show(&state.breaker);
        self.tell(state);
    }

    /// Brings what is read without the lock up to date. Called under it.
    fn show(&self, breaker: &Breaker) {
        let due = breaker.due();
        self.due
            .store(due.map_or(u64::MAX, |due| self.since_born(due)), Relaxed);
        self.troubled.store(breaker.is_troubled(), Relaxed);
        let gate = self.gate.load(Relaxed);
        if is_shut(gate) != due.is_some() {
            self.gate.store(gate.wrapping_add(1), Release);
        }
    }

    /// Has those who are refused from now on told why.
    fn explain(&self, fault: &Fault) {
        let message = format!(
            "{} is not asked for a while, because it failed ({fault})",
            self.server
        );
        let refusal = Fault::new(fault.kind(), message);
        *self.refusal.write().unwrap_or_else(PoisonError::into_inner) = refusal;
    }

    /// Tells of what was not told yet, unless somebody is at it.
    fn tell<'a>(&'a self, mut state: MutexGuard<'a, State>) {
        if state.is_telling {
            return;
        }
        state.is_telling = true;
        while let Some(availability) = state.untold.pop_front() {
            drop(state);
            for alerts in self.listeners.alerts() {
                // A listener that panics must not silence the others, nor this for ever.
                let told = || alerts.tell(&self.server, availability);
                let _ = catch_unwind(AssertUnwindSafe(told));
            }
            state = self.lock();
        }
        state.is_telling = false;
    }

    fn since_born(&self, at: Instant) -> u64 {
        let nanos = at.saturating_duration_since(self.born).as_nanos();
        u64::try_from(nanos).unwrap_or(u64::MAX)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Health").field(&self.0.server).finish()
    }
}

fn is_shut(gate: u64) -> bool {
    gate % 2 == 1
}

/// A number between 0 and 1. Nothing is guessed from it that must not be guessed.
fn luck() -> f64 {
    let bits = RandomState::new().hash_one(0_u8) >> 11;
    bits as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests;
