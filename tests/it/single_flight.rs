//! One computation per key at a time, and what happens when it fails.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Barrier, Mutex};
use std::thread;

use memo::memoize;
use memo_testkit::assert_computed;

use crate::store::{self, Isolated};
use crate::support::{Runs, until_waiting};

/// Lets a test hold a body at its start.
struct Gate {
    entered: Sender<u64>,
    go: Mutex<Receiver<()>>,
}

struct Keys {
    entered: Receiver<u64>,
    go: Sender<()>,
}

fn gate() -> (Arc<Gate>, Keys) {
    let (entered, seen) = channel();
    let (go, wait) = channel();
    (
        Arc::new(Gate {
            entered,
            go: Mutex::new(wait),
        }),
        Keys { entered: seen, go },
    )
}

impl Gate {
    fn pass(&self, number: u64) {
        self.entered.send(number).expect("the test listens");
        self.go
            .lock()
            .expect("no gate panics")
            .recv()
            .expect("the test opens");
    }
}

#[memoize(skip(gate))]
fn gated(id: u64, gate: &Gate) -> u64 {
    gate.pass(id);
    id * 10
}

#[test]
fn callers_of_one_key_share_one_computation_and_other_keys_go_on() {
    let test = Isolated::new();
    let (gate, keys) = gate();
    thread::scope(|scope| {
        let call = |id| {
            let (test, gate) = (&test, gate.clone());
            scope.spawn(move || test.run(|| gated(id, &gate)))
        };
        let callers: Vec<_> = (0..8).map(|_| call(1)).collect();
        until_waiting(&test, 7);
        let other = call(2);
        let entered =
            [keys.entered.recv(), keys.entered.recv()].map(|id| id.expect("two bodies run"));
        assert_eq!(entered.iter().sum::<u64>(), 3, "one body for each key");
        keys.go.send(()).expect("held");
        keys.go.send(()).expect("held");
        assert!(
            callers
                .into_iter()
                .all(|caller| caller.join().expect("no panic") == 10)
        );
        assert_eq!(other.join().expect("no panic"), 20);
    });
    assert_eq!(test.cache().stats().computed, 2);
}

#[memoize(skip(gate))]
fn failing(id: u64, gate: &Gate) -> Result<u64, String> {
    gate.pass(id);
    Err(format!("failed {id}"))
}

#[test]
fn an_error_is_shared_by_those_who_waited_for_it() {
    let test = Isolated::new();
    let (gate, keys) = gate();
    thread::scope(|scope| {
        let callers: Vec<_> = (0..8)
            .map(|_| {
                let (test, gate) = (&test, gate.clone());
                scope.spawn(move || test.run(|| failing(1, &gate)))
            })
            .collect();
        until_waiting(&test, 7);
        keys.entered.recv().expect("one body runs");
        keys.go.send(()).expect("held");
        for caller in callers {
            assert_eq!(caller.join().expect("no panic"), Err("failed 1".into()));
        }
    });
    assert_eq!(test.cache().stats().computed, 1);
}

/// An error that nobody can clone.
#[derive(Debug)]
struct Unclonable;

#[memoize(skip(together))]
fn failing_alone(id: u64, together: &Together) -> Result<u64, Unclonable> {
    together.run();
    let _ = id;
    Err(Unclonable)
}

/// Holds the first body until the others wait for it, and the others until all of them run.
struct Together {
    runs: Runs,
    first: Barrier,
    others: Barrier,
}

impl Together {
    fn run(&self) {
        match self.runs.add() {
            1 => drop(self.first.wait()),
            _ => drop(self.others.wait()),
        }
    }
}

#[test]
fn followers_of_an_error_that_cannot_be_shared_run_side_by_side() {
    let test = Isolated::new();
    let together = Together {
        runs: Runs::new(),
        first: Barrier::new(2),
        others: Barrier::new(4),
    };
    thread::scope(|scope| {
        let call = || scope.spawn(|| test.run(|| failing_alone(1, &together).is_err()));
        let callers: Vec<_> = (0..5).map(|_| call()).collect();
        until_waiting(&test, 4);
        together.first.wait();
        // In a queue, the second body would wait here for a third that cannot start before it ends.
        assert!(
            callers
                .into_iter()
                .all(|caller| caller.join().expect("no panic"))
        );
    });
    assert_eq!(together.runs.get(), 5);
}

#[memoize(skip(runs, gate))]
fn panics_once(id: u64, runs: &Runs, gate: &Gate) -> u64 {
    if runs.add() == 1 {
        gate.pass(id);
        panic!("as planned");
    }
    id
}

#[test]
fn a_leader_that_panics_hands_over() {
    let test = Isolated::new();
    let (gate, keys) = gate();
    let runs = Runs::new();
    thread::scope(|scope| {
        let call = || {
            scope.spawn(|| {
                test.run(|| catch_unwind(AssertUnwindSafe(|| panics_once(4, &runs, &gate))))
            })
        };
        let callers: Vec<_> = (0..4).map(|_| call()).collect();
        until_waiting(&test, 3);
        keys.entered.recv().expect("one body runs");
        keys.go.send(()).expect("held");
        let outcomes: Vec<_> = callers
            .into_iter()
            .map(|caller| caller.join().expect("caught"))
            .collect();
        assert_eq!(
            outcomes.iter().filter(|outcome| outcome.is_err()).count(),
            1
        );
        assert!(outcomes.iter().flatten().all(|value| *value == 4));
    });
    assert_eq!(
        runs.get(),
        2,
        "one follower took over, the others followed it or hit"
    );
    assert_eq!(panics_once::site().stats().abandoned, 1);
}

#[memoize]
fn fibonacci(n: u64) -> u64 {
    if n < 2 {
        n
    } else {
        fibonacci(n - 1) + fibonacci(n - 2)
    }
}

#[test]
fn a_function_may_call_itself() {
    Isolated::new().run(|| {
        assert_eq!(
            assert_computed!(91, fibonacci(90)),
            2_880_067_194_370_816_120
        );
        assert_computed!(0, fibonacci(90));
    });
}

#[memoize(skip(depth))]
fn again(id: u64, depth: &Runs) -> u64 {
    if depth.add() < 3 {
        again(id, depth) + 1
    } else {
        id
    }
}

#[test]
fn a_thread_that_comes_back_to_its_own_key_computes() {
    Isolated::new().run(|| assert_eq!(again(10, &Runs::new()), 12));
}

/// `ping(n)` calls `pong(n)` and `pong(n)` calls `ping(n)`, until the fuel is gone.
#[memoize(skip(fuel, meet))]
fn ping(n: u64, fuel: &Runs, meet: &Barrier) -> u64 {
    if fuel.add() == 1 {
        meet.wait();
    }
    if fuel.get() > 6 {
        n
    } else {
        pong(n, fuel, meet)
    }
}

#[memoize(skip(fuel, meet))]
fn pong(n: u64, fuel: &Runs, meet: &Barrier) -> u64 {
    if fuel.add() == 2 {
        meet.wait();
    }
    if fuel.get() > 6 {
        n
    } else {
        ping(n, fuel, meet)
    }
}

#[test]
fn two_threads_that_would_wait_for_each_other_compute() {
    let test = Isolated::new();
    let (fuel, meet) = (Runs::new(), Barrier::new(2));
    thread::scope(|scope| {
        let one = scope.spawn(|| test.run(|| ping(5, &fuel, &meet)));
        // The second starts once the first is inside its body, so that each leads one key and wants the other.
        while fuel.get() == 0 {
            thread::yield_now();
        }
        let two = scope.spawn(|| test.run(|| pong(5, &fuel, &meet)));
        assert_eq!(
            (one.join().expect("no panic"), two.join().expect("no panic")),
            (5, 5)
        );
    });
}

#[memoize(skip(source, gate))]
fn read_slowly(id: u64, source: &Runs, gate: &Gate) -> u64 {
    let value = source.get();
    gate.pass(id);
    value
}

#[test]
fn an_invalidation_voids_what_is_being_computed_and_later_callers_do_not_join_it() {
    let test = Isolated::new();
    let (gate, keys) = gate();
    let source = Runs::new();
    thread::scope(|scope| {
        let call = || scope.spawn(|| test.run(|| read_slowly(1, &source, &gate)));
        let early = call();
        keys.entered.recv().expect("the first body runs");
        source.add();
        test.run(|| read_slowly::entry(1, &source, &gate).invalidate());
        let late = call();
        keys.entered
            .recv()
            .expect("a later caller computes for itself");
        keys.go.send(()).expect("held");
        keys.go.send(()).expect("held");
        assert_eq!(early.join().expect("no panic"), 0);
        assert_eq!(late.join().expect("no panic"), 1);
    });
    test.run(|| {
        assert_eq!(
            read_slowly::entry(1, &source, &gate).peek(),
            Some(1),
            "the old value is not stored over the new"
        )
    });
}

#[test]
fn invalidating_a_whole_function_voids_what_it_computes() {
    #[memoize(skip(gate))]
    fn held(id: u64, gate: &Gate) -> u64 {
        gate.pass(id);
        id
    }
    let test = Isolated::new();
    let (gate, keys) = gate();
    thread::scope(|scope| {
        let call = scope.spawn(|| test.run(|| held(1, &gate)));
        keys.entered.recv().expect("the body runs");
        assert_eq!(test.run(|| held::site().invalidate_all()), 0);
        keys.go.send(()).expect("held");
        assert_eq!(call.join().expect("no panic"), 1);
    });
    test.run(|| assert_eq!(held::entry(1, &gate).peek(), None));
}

#[memoize(cache_if = |value| FILTERED.add() > 1 || *value == filtered_by_itself(id))]
fn filtered_by_itself(id: u64) -> u64 {
    id
}

static FILTERED: Runs = Runs::new();

/// A value whose clone calls its function, once.
#[derive(Debug, PartialEq)]
struct Reflexive(u64);

impl Clone for Reflexive {
    fn clone(&self) -> Self {
        static CLONES: Runs = Runs::new();
        match CLONES.add() {
            1 => reflexive(self.0),
            _ => Self(self.0),
        }
    }
}

#[memoize(local)]
fn reflexive(id: u64) -> Reflexive {
    Reflexive(id)
}

/// An observer that calls what it observes.
#[derive(Debug)]
struct Curious;

impl memo::Observer for Curious {
    fn on(&self, event: &memo::Event) {
        static CALLS: Runs = Runs::new();
        let ended = matches!(
            event,
            memo::Event::Computed { .. } | memo::Event::Abandoned { .. }
        );
        if ended && CALLS.add() < 3 {
            watched(7);
        }
    }
}

#[memoize]
fn watched(id: u64) -> u64 {
    static WATCHED: Runs = Runs::new();
    assert!(WATCHED.add() != 1, "the first run fails");
    id
}

#[test]
fn filters_clones_and_observers_may_call_the_very_key() {
    Isolated::new().run(|| {
        assert_eq!(filtered_by_itself(3), 3);
        assert_eq!(reflexive(4), Reflexive(4));
    });
    let cache = store::builder()
        .observer(Arc::new(Curious))
        .build()
        .expect("sound");
    memo::with_cache(&cache, || {
        catch_unwind(|| watched(7)).expect_err("the first run fails");
        assert_eq!(watched(7), 7);
    });
}
