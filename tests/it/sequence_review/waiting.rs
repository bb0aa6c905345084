//! Who waits for whom, and for how long.

use std::sync::Arc;
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use memo::{Cache, Event, Policy};

use crate::Runs;
use crate::store::Isolated;
use crate::support::{Act, Gate, Scripted, Step, in_time, until, until_waiting};

const FOR_EVER: Duration = Duration::from_secs(3600);

fn policy(name: &str) -> Policy {
    Policy::named(name).expiration(3600)
}

fn isolated(patience: Duration) -> Isolated {
    Isolated::with(|cache| cache.patience(patience)).expect("sound")
}

#[test]
fn nobody_waits_for_a_producer_of_his_own_thread_who_was_not_asked_yet() {
    in_time(|| {
        let test = isolated(FOR_EVER);
        let call = || test.cache().iter(&1, &policy("sequence-waiting"), || 0..3);
        let first = call();
        assert!(call().eq(0..3));
        assert!(first.eq(0..3));
    });
}

#[test]
fn patience_with_a_producer_who_was_never_asked_has_an_end() {
    in_time(|| {
        let test = isolated(Duration::from_millis(10));
        let call = |cache: &Cache| cache.iter(&1, &policy("sequence-waiting"), || 0..3);
        let first = call(test.cache());
        let cache = test.cache().clone();
        let second = thread::spawn(move || assert!(call(&cache).eq(0..3)));
        second.join().expect("it ends well");
        assert!(first.eq(0..3));
    });
}

/// `f` has a reader of `g` that was made before it ran; `g` calls `f`.
#[test]
fn bodies_that_read_each_other_through_readers_from_elsewhere_do_not_wait_for_ever() {
    in_time(|| {
        let test = isolated(FOR_EVER);
        let (go, gate) = channel();
        let cache = test.cache().clone();
        let g = thread::spawn(move || {
            let inner = cache.clone();
            let body = move || {
                gate.recv().expect("the other one goes on");
                inner
                    .iter(&1, &policy("sequence-f"), || 0..3)
                    .map(|n| n + 10)
            };
            let lazy = std::iter::once_with(body).flatten();
            cache
                .iter(&1, &policy("sequence-g"), || lazy)
                .collect::<Vec<_>>()
        });
        until(|| {
            test.recorder()
                .count(|event| matches!(event, Event::Miss { .. }))
                > 0
        });
        // Made here, where no body runs.
        let of_g = test.cache().iter(&1, &policy("sequence-g"), || 10..13);
        until_waiting(&test, 1);
        let f = test.cache().iter(&1, &policy("sequence-f"), move || {
            std::iter::once_with(move || {
                go.send(()).expect("the other one waits");
                of_g.map(|n| n - 10)
            })
            .flatten()
        });
        assert_eq!(f.collect::<Vec<_>>(), [0, 1, 2]);
        assert_eq!(g.join().expect("it ends well"), [10, 11, 12]);
    });
}

#[test]
fn a_producer_whose_store_is_slow_is_not_taken_for_one_who_pauses() {
    const PATIENCE: Duration = Duration::from_secs(1);
    for step in [Step::BeforeGet, Step::BeforeSet] {
        in_time(move || {
            let (store, gate, runs) = (
                Scripted::new(),
                Arc::new(Gate::new()),
                Arc::new(Runs::new()),
            );
            let gets = Arc::new(Runs::new());
            let test = Isolated::with(|cache| cache.backend(store.clone()).patience(PATIENCE))
                .expect("sound");
            let call = {
                let runs = Arc::clone(&runs);
                move |cache: &Cache| {
                    let runs = Arc::clone(&runs);
                    let body = move || {
                        runs.add();
                        (0..40_u32).map(|n| crate::shelf::noise(n, 20_000))
                    };
                    cache.iter(&1, &policy("sequence-slow"), body).count()
                }
            };
            let slow = Arc::clone(&gate);
            let counted = Arc::clone(&gets);
            store.script(move |at| {
                // The second look, or the first write.
                if at == step && (step != Step::BeforeGet || counted.add() == 2) {
                    slow.pass();
                }
                Act::Go
            });
            let (one, two) = (test.cache().clone(), test.cache().clone());
            let other = call.clone();
            let producer = thread::spawn(move || call(&one));
            match step {
                Step::BeforeGet => until(|| gets.get() == 2),
                _ => until(|| runs.get() == 1),
            }
            let follower = thread::spawn(move || other(&two));
            until_waiting(&test, 1);
            thread::sleep(PATIENCE * 2);
            gate.open();
            assert_eq!(producer.join().expect("it ends well"), 40);
            assert_eq!(follower.join().expect("it ends well"), 40);
            assert_eq!(runs.get(), 1, "{step:?}");
        });
    }
}

/// What is behind them in the store goes with the producer.
#[test]
fn of_followers_who_lag_behind_a_producer_who_stops_one_takes_over() {
    use crate::shelf::{Shelf, noise, outside};

    in_time(|| {
        let runs = Arc::new(Runs::new());
        let shelf = Shelf::with(outside(200), |cache| cache.patience(FOR_EVER));
        let call = || {
            let runs = Arc::clone(&runs);
            let body = move || {
                runs.add();
                (0..60).map(|n| noise(n, 30))
            };
            shelf.cache.iter(&1, &policy("sequence-lagging"), body)
        };
        let mut producer = call();
        assert_eq!(producer.next(), Some(noise(0, 30)));
        let mut followers = [call(), call(), call()];
        for follower in &mut followers {
            assert_eq!(follower.next(), Some(noise(0, 30)));
        }
        assert_eq!(producer.by_ref().take(40).count(), 40);
        drop(producer);
        for follower in followers {
            assert!(follower.eq((1..60).map(|n| noise(n, 30))));
        }
        assert_eq!(runs.get(), 2);
        let lost = |event: &Event| matches!(event, Event::Torn { .. });
        assert_eq!(shelf.recorder.count(lost), 0, "nothing was lost");
    });
}
