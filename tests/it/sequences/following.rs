//! Several readers of one key while its items are being made.

use std::sync::mpsc::channel;
use std::time::Duration;

use super::aside::{Aside, Taken};
use super::desk::{Attempt, Desk, Failed, Items, OnTorn, Way};
use super::failures::panicking;
use super::source::{Source, lines};
use crate::support::in_time;

const COUNT: usize = 14;

/// Nobody is replaced because he pauses.
const FOR_EVER: Duration = Duration::from_secs(3600);

fn desk(way: Way, patience: Duration) -> Desk {
    way.desk_with(150, |cache| cache.patience(patience))
}

fn source() -> Source<String> {
    Source::new(lines(1, COUNT, 30))
}

/// A reader on another thread.
fn aside(desk: &Desk, source: &Source<String>) -> Aside<String> {
    let (desk, body) = (desk.clone(), source.body());
    Aside::new(move || desk.read(body))
}

/// Has `test` go through every way and every count of items but none and all.
fn at_every_item(patience: Duration, test: impl Fn(&Desk, Source<String>, usize, &str)) {
    for way in Way::all() {
        for many in 1..COUNT {
            let case = format!("{way:?}, {many} items");
            test(&desk(way, patience), source(), many, &case);
        }
    }
}

#[test]
fn a_follower_gets_each_item_as_soon_as_it_is_made() {
    for way in Way::all() {
        let (desk, items) = (desk(way, FOR_EVER), lines(1, COUNT, 30));
        let (tap, made) = channel();
        let producer = Aside::new({
            let desk = desk.clone();
            move || desk.read(move || made.into_iter())
        });
        let own = source();
        let mut follower = None;
        for item in &items {
            producer.ask(1);
            if let Some(follower) = &follower {
                Aside::ask(follower, 1);
            }
            tap.send(item.clone()).expect("the body lives");
            assert_eq!(producer.got(), Taken::Item(item.clone()), "{way:?}");
            match &follower {
                Some(follower) => assert_eq!(follower.got(), Taken::Item(item.clone()), "{way:?}"),
                None => {
                    let begun = aside(&desk, &own);
                    assert_eq!(begun.next(), Taken::Item(item.clone()), "{way:?}");
                    follower = Some(begun);
                }
            }
        }
        drop(tap);
        assert_eq!(producer.next(), Taken::End, "{way:?}");
        let follower = follower.expect("there were items");
        assert_eq!(follower.next(), Taken::End, "{way:?}");
        assert_eq!(own.runs(), 0, "{way:?}");
    }
}

#[test]
fn a_follower_who_comes_late_gets_all_from_the_first_item_on() {
    at_every_item(FOR_EVER, |desk, source, many, case| {
        let producer = aside(desk, &source);
        producer.take(many);
        let follower = aside(desk, &source);
        assert_eq!(follower.take(many), source.items()[..many], "{case}");
        let rest = COUNT - many;
        producer.take_all(rest);
        assert_eq!(follower.take_all(rest), source.items()[many..], "{case}");
        assert_eq!(source.runs(), 1, "{case}");
        desk.assert_hit(source.items(), case);
    });
}

#[test]
fn a_slow_follower_finishes_after_the_end_and_holds_nobody() {
    at_every_item(FOR_EVER, |desk, source, many, case| {
        let producer = aside(desk, &source);
        producer.take(1);
        let (slow, fast) = (aside(desk, &source), aside(desk, &source));
        slow.take(1);
        fast.ask(COUNT + 1);
        producer.take_all(COUNT - 1);
        assert_eq!(fast.got_all(COUNT), source.items(), "{case}");
        drop(producer);
        desk.assert_hit(source.items(), case);
        assert_eq!(slow.take(many - 1), source.items()[1..many], "{case}");
        assert_eq!(
            slow.take_all(COUNT - many),
            source.items()[many..],
            "{case}"
        );
        assert_eq!(source.runs(), 1, "{case}");
    });
}

#[test]
fn a_follower_who_stops_early_holds_nobody() {
    at_every_item(FOR_EVER, |desk, source, many, case| {
        let producer = aside(desk, &source);
        producer.take(many);
        drop(aside(desk, &source).take(many));
        assert_eq!(
            producer.take_all(COUNT - many),
            source.items()[many..],
            "{case}"
        );
        desk.assert_hit(source.items(), case);
    });
}

#[test]
fn many_readers_share_one_run() {
    for way in Way::all() {
        for _ in 0..5 {
            let (desk, source) = (desk(way, FOR_EVER), source());
            let readers = Vec::from_iter((0..8).map(|_| aside(&desk, &source)));
            for reader in &readers {
                reader.ask(COUNT + 1);
            }
            for reader in &readers {
                assert_eq!(reader.got_all(COUNT), source.items(), "{way:?}");
            }
            assert_eq!(source.runs(), 1, "{way:?}");
        }
    }
}

#[test]
fn readers_on_one_thread_do_not_wait_for_each_other() {
    in_time(|| {
        for way in Way::all() {
            for lead in 0..5 {
                let (desk, source) = (desk(way, FOR_EVER), source());
                let mut first = desk.read(source.body());
                let mut ahead = Vec::from_iter(first.by_ref().take(lead));
                let second = desk.read(source.body());
                let (rest, second): (Vec<_>, Vec<_>) = first.zip(second).unzip();
                ahead.extend(rest);
                let case = format!("{way:?}, {lead}");
                assert_eq!(ahead, source.items()[..COUNT.min(ahead.len())], "{case}");
                assert_eq!(second, source.items()[..second.len()], "{case}");
                assert_eq!(ahead.len().max(second.len()), COUNT, "{case}");
                assert!(source.runs() <= 2, "{case}");
            }
        }
    });
}

#[test]
fn readers_in_turn_on_one_thread_each_get_all() {
    in_time(|| {
        for way in Way::all() {
            for leader in 0..3 {
                let (desk, source) = (desk(way, FOR_EVER), source());
                let mut readers: [Items<String>; 3] = [(); 3].map(|()| desk.read(source.body()));
                let mut got = [const { Vec::new() }; 3];
                got[leader].extend(readers[leader].by_ref().take(4));
                for _ in 0..=COUNT {
                    for (reader, got) in readers.iter_mut().zip(&mut got) {
                        got.extend(reader.next());
                    }
                }
                for got in got {
                    assert_eq!(got, source.items(), "{way:?}, {leader}");
                }
                desk.assert_hit(source.items(), &format!("{way:?}, {leader}"));
            }
        }
    });
}

/// The first reader is held by who reads the second. A stream may be polled by another task meanwhile, so its followers are patient.
#[test]
fn a_whole_sequence_is_read_while_another_reader_of_the_thread_pauses() {
    in_time(|| {
        for way in Way::all() {
            for many in 0..=COUNT {
                let patience = if way.asynchronous {
                    Duration::ZERO
                } else {
                    FOR_EVER
                };
                let (desk, source) = (desk(way, patience), source());
                let case = format!("{way:?}, {many}");
                let mut paused = desk.read(source.body());
                let begun = Vec::from_iter(paused.by_ref().take(many));
                assert_eq!(desk.whole(&source).1, source.items(), "{case}");
                let rest = Vec::from_iter(paused);
                assert_eq!([begun, rest].concat(), source.items(), "{case}");
                desk.assert_hit(source.items(), &case);
            }
        }
    });
}

#[test]
fn a_producer_who_pauses_longer_than_the_patience_is_replaced() {
    at_every_item(Duration::ZERO, |desk, source, many, case| {
        let producer = aside(desk, &source);
        producer.take(many);
        let follower = aside(desk, &source);
        assert_eq!(follower.take_all(COUNT), source.items(), "{case}");
        assert_eq!(source.runs(), 2, "{case}");
        let rest = producer.take_all(COUNT - many);
        assert_eq!(rest, source.items()[many..], "{case}");
        desk.assert_hit(source.items(), case);
        assert_eq!(source.runs(), 2, "{case}");
    });
}

/// By default that takes a tenth of a second.
#[test]
fn patience_has_an_end() {
    for way in Way::all() {
        let (desk, source) = (way.desk(150), source());
        let producer = aside(&desk, &source);
        producer.take(3);
        let follower = aside(&desk, &source);
        assert_eq!(follower.take_all(COUNT), source.items(), "{way:?}");
        assert_eq!(source.runs(), 2, "{way:?}");
    }
}

#[test]
fn one_follower_of_a_producer_who_stops_early_takes_over() {
    at_every_item(FOR_EVER, |desk, source, many, case| {
        let producer = aside(desk, &source);
        producer.take(many);
        let followers = [(); 3].map(|()| aside(desk, &source));
        for follower in &followers {
            follower.take(many);
            follower.ask(COUNT + 1 - many);
        }
        drop(producer);
        for follower in &followers {
            let rest = follower.got_all(COUNT - many);
            assert_eq!(rest, source.items()[many..], "{case}");
        }
        assert_eq!(source.runs(), 2, "{case}");
        desk.assert_hit(source.items(), case);
    });
}

/// What he was given before counts, wherever the rest comes from.
#[test]
fn a_follower_whose_producer_left_goes_on_with_what_another_stored_meanwhile() {
    at_every_item(FOR_EVER, |desk, source, many, case| {
        let producer = aside(desk, &source);
        producer.take(many);
        let follower = aside(desk, &source);
        follower.take(many);
        drop(producer);
        assert_eq!(desk.whole(&source).1, source.items(), "{case}");
        let rest = follower.take_all(COUNT - many);
        assert_eq!(rest, source.items()[many..], "{case}");
        desk.assert_hit(source.items(), case);
    });
}

#[test]
fn a_stored_sequence_that_ends_before_it_has_repeated_what_was_given_is_told_as_torn() {
    for way in Way::all() {
        for (many, left) in [(1, 0), (2, 1), (5, 2), (5, 4), (COUNT - 1, COUNT - 2)] {
            let case = format!("{way:?}, {left} of {many} items");
            let (desk, all) = (desk(way, FOR_EVER), lines(1, COUNT, 30));
            let source = Source::new(all.iter().cloned().map(Ok).collect::<Vec<Attempt>>());
            let attempt = || {
                let (desk, body) = (desk.clone(), source.body());
                Aside::new(move || desk.attempt(OnTorn::Error, body))
            };
            let producer = attempt();
            producer.take(many);
            let follower = attempt();
            follower.take(many);
            drop(producer);
            let shorter = Source::new(all[..left].to_vec());
            assert_eq!(desk.whole(&shorter).1, all[..left], "{case}");
            let rest = follower.take_all(1);
            let [Err(Failed::Torn(torn))] = &rest[..] else {
                panic!("{case}: {rest:?}");
            };
            assert_eq!(torn.after(), many as u64, "{case}");
            assert_eq!(desk.diverged(), [many as u64], "{case}");
            desk.assert_hit(&all[..left], &case);
        }
    }
}

#[test]
fn a_follower_is_told_where_another_production_ends_before_what_it_was_given() {
    at_every_item(FOR_EVER, |desk, source, many, case| {
        if many == 1 {
            // A shorter production yields nothing, and nobody can tell that it has begun.
            return;
        }
        let producer = aside(desk, &source);
        producer.take(many);
        let follower = aside(desk, &source);
        follower.take(many);
        drop(producer);
        let (tap, made) = channel();
        let next = Aside::new({
            let desk = desk.clone();
            move || desk.read(move || made.into_iter())
        });
        let shorter = &source.items()[..many - 1];
        for item in shorter {
            tap.send(item.clone()).expect("the body lives");
            assert_eq!(next.next(), Taken::Item(item.clone()), "{case}");
        }
        next.ask(1);
        follower.ask(1);
        drop(tap);
        assert_eq!(next.got(), Taken::End, "{case}");
        assert_eq!(follower.got(), Taken::Panic, "{case}");
        assert_eq!(desk.diverged().len(), 1, "{case}");
    });
}

/// He has asked for no item yet, and may never ask for one.
#[test]
fn a_call_that_nobody_has_taken_an_item_of_holds_nobody() {
    in_time(|| {
        for way in Way::all() {
            let (desk, source) = (desk(way, Duration::ZERO), source());
            let idle = desk.read(source.body());
            assert_eq!(desk.whole(&source).1, source.items(), "{way:?}");
            let elsewhere = aside(&desk, &source);
            assert_eq!(elsewhere.take_all(COUNT), source.items(), "{way:?}");
            assert_eq!(Vec::from_iter(idle), source.items(), "{way:?}");
        }
    });
}

#[test]
fn followers_of_an_error_run_for_themselves() {
    for way in Way::all() {
        for place in 1..COUNT {
            let (desk, case) = (desk(way, FOR_EVER), format!("{way:?}, {place}"));
            let sound: Vec<Attempt> = lines(1, COUNT, 30).into_iter().map(Ok).collect();
            let mut failing = sound.clone();
            failing[place] = Err(Failed::Body(place));
            let (sound, failing) = (Source::new(sound), Source::new(failing));
            let aside = |source: &Source<Attempt>| {
                let (desk, body) = (desk.clone(), source.body());
                Aside::new(move || desk.attempt(OnTorn::Error, body))
            };
            let producer = aside(&failing);
            producer.take(1);
            let followers = [(); 3].map(|()| aside(&sound));
            followers.iter().for_each(|follower| drop(follower.take(1)));
            for reader in followers.iter().chain([&producer]) {
                reader.ask(COUNT);
            }
            assert_eq!(producer.got_all(COUNT - 1), failing.items()[1..], "{case}");
            for follower in &followers {
                assert_eq!(follower.got_all(COUNT - 1), sound.items()[1..], "{case}");
            }
            assert!((1..4).contains(&sound.runs()), "{case}");
        }
    }
}

#[test]
fn followers_of_a_panic_run_for_themselves() {
    for way in Way::all() {
        for place in 1..COUNT {
            let (desk, source) = (desk(way, FOR_EVER), source());
            let case = format!("{way:?}, {place}");
            let body = panicking(source.items().to_vec(), place);
            let producer = Aside::new({
                let desk = desk.clone();
                move || desk.read(body)
            });
            producer.take(1);
            let followers = [(); 3].map(|()| aside(&desk, &source));
            followers.iter().for_each(|follower| drop(follower.take(1)));
            for follower in &followers {
                follower.ask(COUNT);
            }
            producer.take(place - 1);
            assert_eq!(producer.next(), Taken::Panic, "{case}");
            for follower in &followers {
                assert_eq!(follower.got_all(COUNT - 1), source.items()[1..], "{case}");
            }
            assert!((1..4).contains(&source.runs()), "{case}");
            desk.assert_hit(source.items(), &case);
        }
    }
}

/// Streams of several tasks of one thread.
#[cfg(feature = "stream")]
mod tasks {
    use std::pin::Pin;
    use std::task::{Context, Poll, Waker};

    use futures::channel::mpsc::unbounded;
    use futures::executor::block_on;
    use futures::future::join3;
    use futures::{Stream, StreamExt, join, stream};

    use super::*;

    type Boxed = Pin<Box<dyn Stream<Item = String>>>;

    fn desks() -> impl Iterator<Item = Desk> {
        Way::all().into_iter().map(|way| desk(way, FOR_EVER))
    }

    fn read(desk: &Desk, source: &Source<String>) -> Boxed {
        let body = source.body();
        let (cache, policy) = (&desk.shelf.cache, &desk.policy);
        Box::pin(cache.stream(&1_usize, policy, move || stream::iter(body())))
    }

    fn poll(items: &mut Boxed) -> Poll<Option<String>> {
        let mut context = Context::from_waker(Waker::noop());
        items.as_mut().poll_next(&mut context)
    }

    #[test]
    fn nothing_happens_before_the_first_poll() {
        for desk in desks() {
            let source = source();
            drop(read(&desk, &source));
            assert_eq!(source.runs(), 0);
            assert_eq!(desk.shelf.store.log().len(), 0);
        }
    }

    #[test]
    fn tasks_of_one_thread_share_a_sequence() {
        in_time(|| {
            for desk in desks() {
                let source = source();
                let all = || read(&desk, &source).collect::<Vec<_>>();
                let (one, two, three) = block_on(join3(all(), all(), all()));
                for items in [one, two, three] {
                    assert_eq!(items, source.items());
                }
                desk.assert_hit(source.items(), "later");
            }
        });
    }

    /// Whoever waits for an item that does not exist yet is woken when it does.
    #[test]
    fn a_follower_is_woken_by_the_next_item() {
        crate::store::at_once();
        in_time(|| {
            for desk in desks() {
                let (tap, made) = unbounded();
                let (cache, policy) = (&desk.shelf.cache, &desk.policy);
                let own = source();
                let producer = cache.stream(&1_usize, policy, move || made);
                let producing = producer.collect::<Vec<String>>();
                let following = read(&desk, &own).collect::<Vec<_>>();
                let making = async {
                    for item in own.items() {
                        tap.unbounded_send(item.clone()).expect("the body lives");
                        pause().await;
                    }
                    drop(tap);
                };
                let (produced, followed, ()) =
                    block_on(async { join!(producing, following, making) });
                assert_eq!(produced, own.items());
                assert_eq!(followed, own.items());
                assert_eq!(own.runs(), 0);
            }
        });
    }

    /// Lets the other futures of the task go on.
    async fn pause() {
        let mut left = 3;
        std::future::poll_fn(|context| {
            context.waker().wake_by_ref();
            left -= 1;
            if left > 0 {
                Poll::Pending
            } else {
                Poll::Ready(())
            }
        })
        .await;
    }

    #[test]
    fn a_follower_who_waits_for_a_stream_that_is_dropped_goes_on() {
        crate::store::at_once();
        in_time(|| {
            for many in 1..COUNT {
                for desk in desks() {
                    let source = source();
                    let (mut first, mut second) = (read(&desk, &source), read(&desk, &source));
                    for item in &source.items()[..many] {
                        assert_eq!(poll(&mut first), Poll::Ready(Some(item.clone())));
                        assert_eq!(poll(&mut second), Poll::Ready(Some(item.clone())));
                    }
                    let mut got = Vec::new();
                    if let Poll::Ready(next) = poll(&mut second) {
                        got.extend(next);
                    }
                    drop(first);
                    got.extend(block_on(second.collect::<Vec<_>>()));
                    assert_eq!(got, source.items()[many..], "{many}");
                    desk.assert_hit(source.items(), "later");
                }
            }
        });
    }
}
