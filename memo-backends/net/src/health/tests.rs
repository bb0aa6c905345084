use std::sync::atomic::AtomicUsize;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use memo_core::backend::{Alerts, Terms};

use super::*;
use Availability::{Down, Probing, Up};

/// Longer than any step of a test takes.
const LIMIT: Duration = Duration::from_secs(30);
const AT_ONCE: Pauses = pauses(Duration::ZERO);
const NEVER: Pauses = pauses(Duration::from_secs(86_400));

const fn pauses(pause: Duration) -> Pauses {
    Pauses {
        first: pause,
        longest: pause,
    }
}

fn health(pauses: Pauses, probe: impl Fn() -> Answer<()> + Send + Sync + 'static) -> Health {
    Health::with_pauses("server:1".into(), Listeners::default(), probe, pauses)
}

fn fault(kind: FaultKind) -> Fault {
    Fault::new(kind, "as planned")
}

fn ask(health: &Health, answer: Answer<()>) -> Answer<()> {
    health.admit()?.settle(answer)
}

/// Takes the server down by a refused login.
fn take_down(health: &Health) {
    let answer = ask(health, Err(fault(FaultKind::Auth)));
    assert_eq!(answer, Err(fault(FaultKind::Auth)));
    assert_eq!(health.stats().availability, Down);
}

#[track_caller]
fn until(mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < LIMIT, "it never came");
        thread::yield_now();
    }
}

/// Tells this listener, for as long as the health lives.
fn report_to(health: &Health, alerts: Alerts) {
    let mut terms = Terms::default();
    terms.alerts = alerts;
    std::mem::forget(health.0.listeners.add(&terms));
}

fn heard(health: &Health) -> Receiver<Availability> {
    let (sender, receiver) = channel();
    let alerts = Alerts::to(move |server, availability| {
        assert_eq!(&**server, "server:1");
        let _ = sender.send(availability);
    });
    report_to(health, alerts);
    receiver
}

/// A probe that ends when it is told how, and how many there are and were.
struct Puppet {
    answers: Sender<Answer<()>>,
    running: Arc<AtomicUsize>,
    started: Arc<AtomicUsize>,
    most: Arc<AtomicUsize>,
}

impl Puppet {
    fn health(pauses: Pauses) -> (Self, Health) {
        let (answers, told) = channel::<Answer<()>>();
        let told = Mutex::new(told);
        let puppet = Self {
            answers,
            running: Arc::default(),
            started: Arc::default(),
            most: Arc::default(),
        };
        let (running, started) = (puppet.running.clone(), puppet.started.clone());
        let most = puppet.most.clone();
        let probe = move || {
            started.fetch_add(1, Relaxed);
            most.fetch_max(running.fetch_add(1, Relaxed) + 1, Relaxed);
            let told = told.lock().unwrap_or_else(PoisonError::into_inner);
            let answer = told.recv_timeout(LIMIT);
            running.fetch_sub(1, Relaxed);
            answer.unwrap_or_else(|_| Err(fault(FaultKind::Timeout)))
        };
        (puppet, health(pauses, probe))
    }

    fn ends(&self, answer: Answer<()>) {
        self.answers.send(answer).expect("the probe is there");
    }
}

#[test]
fn a_server_that_works_is_asked() {
    let health = health(NEVER, || unreachable!("nobody asked"));
    for _ in 0..10 {
        assert_eq!(ask(&health, Ok(())), Ok(()));
    }
    let stats = health.stats();
    assert_eq!((stats.asked, stats.failed, stats.spared), (10, 0, 0));
    assert_eq!(stats.availability, Up);
    assert_eq!(&*stats.server, "server:1");
}

#[test]
fn a_server_that_is_down_is_not_asked_and_its_kind_of_fault_is_told() {
    for kind in [
        FaultKind::Connect,
        FaultKind::Timeout,
        FaultKind::Protocol,
        FaultKind::Auth,
    ] {
        let health = health(NEVER, || unreachable!("nobody asked"));
        let heard = heard(&health);
        until(|| ask(&health, Err(fault(kind))) != Err(fault(kind)));
        let refusal = health.admit().expect_err("it is down");
        assert_eq!(refusal.kind(), kind);
        assert!(refusal.to_string().contains("server:1"), "{refusal}");
        assert!(refusal.is_outage());
        let stats = health.stats();
        assert_eq!((stats.availability, stats.outages), (Down, 1));
        assert_eq!((stats.failed, stats.spared), (stats.asked, 2));
        assert_eq!(heard.try_iter().collect::<Vec<_>>(), [Down]);
    }
}

#[test]
fn what_a_server_answers_does_not_take_it_down() {
    let health = health(NEVER, || unreachable!("nobody asked"));
    let kinds = [
        FaultKind::Full,
        FaultKind::TooLarge,
        FaultKind::Unsupported,
        FaultKind::Other,
    ];
    for _ in 0..10 {
        for kind in kinds {
            assert_eq!(ask(&health, Err(fault(kind))), Err(fault(kind)));
        }
    }
    let stats = health.stats();
    assert_eq!((stats.availability, stats.failed), (Up, 40));
}

#[test]
fn an_answer_of_any_kind_forgets_faults() {
    let health = health(NEVER, || unreachable!("nobody asked"));
    for answer in [Ok(()), Err(fault(FaultKind::Full))] {
        for _ in 0..10 {
            let _ = ask(&health, Err(fault(FaultKind::Timeout)));
            let _ = ask(&health, Err(fault(FaultKind::Timeout)));
            let _ = ask(&health, answer.clone());
        }
    }
    assert_eq!(health.stats().availability, Up);
}

#[test]
fn an_operation_that_was_dropped_says_nothing() {
    let health = health(NEVER, || unreachable!("nobody asked"));
    for _ in 0..10 {
        let _dropped = health.admit().expect("it is up");
    }
    let stats = health.stats();
    assert_eq!((stats.asked, stats.failed), (10, 0));
    assert_eq!(stats.availability, Up);
}

#[test]
fn a_probe_that_works_has_the_server_asked_again() {
    let (probe, health) = Puppet::health(AT_ONCE);
    let heard = heard(&health);
    take_down(&health);
    assert!(health.admit().is_err(), "a caller waited for the probe");
    assert_eq!(health.stats().availability, Probing);
    assert!(health.admit().is_err());
    probe.ends(Ok(()));
    assert_eq!(heard.recv_timeout(LIMIT), Ok(Down));
    assert_eq!(heard.recv_timeout(LIMIT), Ok(Up));
    assert_eq!(ask(&health, Ok(())), Ok(()));
    assert_eq!(probe.started.load(Relaxed), 1);
}

#[test]
fn a_probe_that_fails_or_panics_leaves_it_down_until_the_next() {
    let tries = AtomicUsize::new(0);
    let health = health(AT_ONCE, move || match tries.fetch_add(1, Relaxed) {
        0 => Err(fault(FaultKind::Protocol)),
        1 => panic!("as planned"),
        _ => Ok(()),
    });
    let heard = heard(&health);
    take_down(&health);
    let mut kinds = Vec::new();
    until(|| match health.admit() {
        Err(refusal) => {
            kinds.push(refusal.kind());
            false
        }
        Ok(_) => true,
    });
    assert_eq!(kinds[0], FaultKind::Auth);
    assert_eq!(health.stats().outages, 1);
    assert_eq!(heard.recv_timeout(LIMIT), Ok(Down));
    assert_eq!(heard.recv_timeout(LIMIT), Ok(Up));
}

#[test]
fn no_probe_starts_before_its_time() {
    let (probe, health) = Puppet::health(NEVER);
    take_down(&health);
    for _ in 0..100 {
        assert!(health.admit().is_err());
    }
    assert_eq!(probe.started.load(Relaxed), 0);
    assert_eq!(health.stats().availability, Down);
}

#[test]
fn a_late_fault_of_before_does_not_take_it_down_again() {
    let (probe, health) = Puppet::health(AT_ONCE);
    let late: Vec<Admission<'_>> = (0..10).map(|_| health.admit().expect("up")).collect();
    take_down(&health);
    assert!(health.admit().is_err());
    probe.ends(Ok(()));
    until(|| health.stats().availability == Up);
    for admission in late {
        let _ = admission.settle::<()>(Err(fault(FaultKind::Timeout)));
    }
    assert_eq!(health.stats().availability, Up);
    assert_eq!(health.stats().outages, 1);
}

#[test]
fn a_late_success_of_before_does_not_forget_the_faults_of_now() {
    let (probe, health) = Puppet::health(AT_ONCE);
    let late = health.admit().expect("up");
    take_down(&health);
    assert!(health.admit().is_err());
    probe.ends(Ok(()));
    until(|| health.stats().availability == Up);
    let fails = || ask(&health, Err(fault(FaultKind::Timeout)));
    assert!(fails().is_err() && fails().is_err());
    assert_eq!(late.settle(Ok(())), Ok(()));
    assert!(fails().is_err());
    assert_eq!(health.stats().availability, Down);
}

#[test]
fn a_refusal_tells_what_the_last_probe_found() {
    let (probe, health) = Puppet::health(AT_ONCE);
    take_down(&health);
    let kind = || health.admit().expect_err("it is down").kind();
    assert_eq!(kind(), FaultKind::Auth);
    probe.ends(Err(fault(FaultKind::Connect)));
    until(|| kind() == FaultKind::Connect);
}

#[test]
fn many_threads_start_one_probe_at_a_time() {
    let (probe, health) = Puppet::health(AT_ONCE);
    for round in 1..=20 {
        take_down(&health);
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..100 {
                        assert!(health.admit().is_err());
                    }
                });
            }
        });
        until(|| probe.started.load(Relaxed) == round);
        probe.ends(Ok(()));
        until(|| health.stats().availability == Up);
        // The pauses begin anew, and at nothing.
        assert_eq!(ask(&health, Ok(())), Ok(()));
    }
    assert_eq!(probe.most.load(Relaxed), 1);
    assert_eq!(probe.started.load(Relaxed), 20);
    assert_eq!(health.stats().outages, 20);
}

#[test]
fn changes_are_told_in_their_order_whoever_makes_them() {
    let health = health(AT_ONCE, || Ok(()));
    let heard = heard(&health);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..500 {
                    let _ = ask(&health, Err(fault(FaultKind::Auth)));
                }
            });
        }
    });
    until(|| ask(&health, Ok(())).is_ok());
    for outage in 0..health.stats().outages {
        assert_eq!(heard.recv_timeout(LIMIT), Ok(Down), "{outage}");
        assert_eq!(heard.recv_timeout(LIMIT), Ok(Up), "{outage}");
    }
    assert!(heard.try_recv().is_err(), "no more than happened");
}

#[test]
fn what_changes_while_a_change_is_told_is_told_after_it() {
    let health = health(AT_ONCE, || unreachable!("the listener probes"));
    let told = Arc::new(Mutex::new(Vec::new()));
    let (probing, telling) = (health.clone(), Arc::clone(&told));
    let alerts = Alerts::to(move |_, availability| {
        if availability == Down {
            let number = probing.0.lock().breaker.probe(Instant::now());
            probing.0.probed(number.expect("it is due"), true);
        }
        telling.lock().expect("nobody panics").push(availability);
    });
    report_to(&health, alerts);
    assert!(ask(&health, Err(fault(FaultKind::Auth))).is_err());
    assert_eq!(*told.lock().expect("nobody panics"), [Down, Up]);
}

#[test]
fn a_listener_may_ask_and_may_panic() {
    let health = health(NEVER, || Ok(()));
    let own = health.clone();
    let alerts = Alerts::to(move |_, availability| {
        assert_eq!(own.stats().availability, availability);
        assert!(own.admit().is_err());
        panic!("as planned");
    });
    report_to(&health, alerts);
    let heard = heard(&health);
    take_down(&health);
    assert_eq!(heard.try_iter().collect::<Vec<_>>(), [Down]);
}

#[test]
fn nothing_of_a_health_that_nobody_has_is_left() {
    let alive = Arc::new(());
    let held = alive.clone();
    let health = health(AT_ONCE, move || {
        let _ = &held;
        Err(fault(FaultKind::Connect))
    });
    take_down(&health);
    for _ in 0..10 {
        let _ = health.admit();
    }
    drop(health);
    until(|| Arc::strong_count(&alive) == 1);
}

#[test]
fn what_is_tried_again_is_counted() {
    let health = health(NEVER, || Ok(()));
    health.retried();
    health.retried();
    assert_eq!(health.stats().retried, 2);
}

#[test]
fn luck_is_between_nothing_and_one_and_not_always_the_same() {
    let luck: Vec<f64> = (0..100).map(|_| luck()).collect();
    assert!(luck.iter().all(|luck| (0.0..1.0).contains(luck)));
    assert!(luck.iter().any(|one| *one != luck[0]));
}
