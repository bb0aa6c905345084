//! Consumers who stop early.

use memo::Event;

use super::desk::{Desk, Failed, OnDrop, OnTorn, Way};
use super::source::{Source, lines, mixed};
use crate::support::eventually;

const COUNT: usize = 12;

fn source() -> Source<String> {
    Source::new(mixed(1, COUNT))
}

/// Takes so many items and drops the rest.
fn take(desk: &Desk, source: &Source<String>, on_drop: OnDrop, many: usize) -> Vec<String> {
    let ended =
        || desk.count(|event| matches!(event, Event::Stored { .. } | Event::Unstored { .. }));
    let (runs, before) = (source.runs(), ended());
    let items = desk.read_key(1, on_drop, source.body());
    let taken = items.take(many).collect();
    if on_drop == OnDrop::Keep && many > 0 && source.runs() > runs {
        // Who is asynchronous does not wait for it.
        eventually("it is kept", || ended() > before);
    }
    taken
}

/// Has `test` go through every way and every count of items but all.
fn at_every_item(test: impl Fn(&Desk, usize, &str)) {
    for way in Way::all() {
        for many in 0..=COUNT {
            test(&way.desk(150), many, &format!("{way:?}, {many} items"));
        }
    }
}

#[test]
fn a_discarded_sequence_leaves_nothing() {
    at_every_item(|desk, many, case| {
        let source = source();
        let taken = take(desk, &source, OnDrop::Discard, many);
        assert_eq!(taken, source.items()[..many], "{case}");
        desk.assert_nothing_stored(case);
        let (ran, items) = desk.whole(&source);
        assert_eq!((ran, &items[..]), (1, source.items()), "{case}");
        desk.assert_hit(source.items(), case);
    });
}

#[test]
fn no_more_items_are_made_than_are_taken() {
    at_every_item(|desk, many, case| {
        let source = source();
        take(desk, &source, OnDrop::Discard, many);
        assert_eq!(source.yielded(), many, "{case}");
    });
}

#[test]
fn what_is_there_already_survives_one_who_stops_reading() {
    at_every_item(|desk, many, case| {
        let source = source();
        desk.whole(&source);
        for on_drop in [OnDrop::Discard, OnDrop::Keep, OnDrop::Finish] {
            let taken = take(desk, &source, on_drop, many);
            assert_eq!(taken, source.items()[..many], "{case}");
            desk.assert_hit(source.items(), case);
        }
        assert_eq!(source.runs(), 1, "{case}");
    });
}

#[test]
fn a_discarded_refresh_leaves_what_was_there() {
    for way in Way::all() {
        let desk = way.desk(150);
        let (old, new) = (source(), Source::new(mixed(2, COUNT)));
        desk.whole(&old);
        let mut items = memo::refresh(|| desk.read(new.body()));
        assert_eq!(items.next().as_ref(), new.items().first(), "{way:?}");
        drop(items);
        desk.assert_hit(old.items(), &format!("{way:?}"));
    }
}

#[test]
fn a_kept_prefix_answers_whoever_wants_no_more() {
    at_every_item(|desk, many, case| {
        let source = source();
        take(desk, &source, OnDrop::Keep, many);
        for fewer in 0..=many {
            let taken = take(desk, &source, OnDrop::Keep, fewer);
            assert_eq!(taken, source.items()[..fewer], "{case}");
        }
        // Of nothing there is no beginning.
        assert!(source.runs() == 1 || many == 0, "{case}");
    });
}

#[test]
fn whoever_wants_more_than_a_kept_prefix_has_the_body_run() {
    at_every_item(|desk, many, case| {
        let source = source();
        take(desk, &source, OnDrop::Keep, many);
        for more in many + 1..=COUNT {
            let taken = take(desk, &source, OnDrop::Discard, more);
            assert_eq!(taken, source.items()[..more], "{case}");
            assert!(source.runs() > 1 || many == 0, "{case}");
        }
        let (ran, items) = desk.whole(&source);
        assert_eq!((ran, &items[..]), (1, source.items()), "{case}");
        desk.assert_hit(source.items(), case);
    });
}

#[test]
fn a_kept_prefix_grows() {
    for way in Way::all() {
        let (desk, source) = (way.desk(150), source());
        for many in 1..=COUNT {
            take(&desk, &source, OnDrop::Keep, many);
            assert_eq!(source.runs(), many as u64, "{way:?}");
            take(&desk, &source, OnDrop::Keep, many);
            assert_eq!(source.runs(), many as u64, "{way:?}: it is there");
        }
    }
}

/// The prefix is of one edition, the body of another: who has read the prefix cannot go on.
#[test]
fn a_kept_prefix_that_its_body_no_longer_yields_is_not_gone_on_with() {
    for way in Way::all() {
        let (desk, new) = (way.desk(150), Source::new(lines(2, COUNT, 30)));
        let old = lines(1, COUNT, 30);
        let body = Source::new(old.iter().cloned().map(Ok).collect());
        let kept = desk.attempt_key(1, OnDrop::Keep, OnTorn::Error, body.body());
        drop(kept.take(5).collect::<Vec<_>>());
        let body = Source::new(new.items().iter().cloned().map(Ok).collect());
        let items = desk.attempt(OnTorn::Error, body.body());
        let items = Vec::from_iter(items);
        let expected = old[..5].iter().cloned().map(Ok);
        assert_eq!(items[..5], Vec::from_iter(expected), "{way:?}");
        assert!(
            matches!(&items[5..], [Err(Failed::Torn(torn))] if torn.after() == 5),
            "{way:?}: {items:?}"
        );
        assert_eq!(desk.diverged(), [5], "{way:?}");
    }
}

#[test]
fn a_finished_sequence_is_made_to_its_end_without_its_consumer() {
    at_every_item(|desk, many, case| {
        let source = source();
        let taken = take(desk, &source, OnDrop::Finish, many);
        assert_eq!(taken, source.items()[..many], "{case}");
        if many == 0 {
            return; // Nothing was begun.
        }
        eventually(case, || {
            desk.count(|event| matches!(event, Event::Stored { .. })) == 1
        });
        let (ran, items) = desk.whole(&source);
        assert_eq!((ran, &items[..]), (0, source.items()), "{case}");
        assert_eq!(source.runs(), 1, "{case}");
    });
}

#[test]
fn an_unfinished_body_that_panics_in_the_background_leaves_nothing() {
    for way in Way::all() {
        let (desk, items) = (way.desk(150), lines(1, COUNT, 30));
        let body = move || {
            let item = move |n: usize| match n {
                8 => panic!("as planned"),
                _ => items[n].clone(),
            };
            (0..COUNT).map(item)
        };
        desk.read_key(1, OnDrop::Finish, body)
            .take(3)
            .for_each(drop);
        let case = format!("{way:?}");
        eventually(&case, || {
            desk.count(|event| matches!(event, Event::Abandoned { .. })) == 1
        });
        desk.assert_nothing_stored(&case);
        let (ran, _) = desk.whole(&source());
        assert_eq!(ran, 1, "{case}");
    }
}
