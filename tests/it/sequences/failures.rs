//! Errors and panics of bodies.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use memo::{Event, Unstored};

use super::desk::{Attempt, Failed, Items, OnDrop, OnTorn, Way};
use super::source::{Source, mixed};

const COUNT: usize = 12;

/// All items, of which those at these places are errors.
fn attempts(errors: &[usize]) -> Vec<Attempt> {
    let mut attempts: Vec<Attempt> = mixed(1, COUNT).into_iter().map(Ok).collect();
    for &place in errors {
        attempts[place] = Err(Failed::Body(place));
    }
    attempts
}

#[test]
fn an_error_reaches_the_consumer_in_its_place_and_nothing_is_stored() {
    for way in Way::all() {
        for place in 0..COUNT {
            for on_drop in [OnDrop::Discard, OnDrop::Keep, OnDrop::Finish] {
                let case = format!("{way:?}, {place}, {on_drop:?}");
                let (desk, faulty) = (way.desk(150), Source::new(attempts(&[place, COUNT - 1])));
                for run in 1..3 {
                    let items = desk.attempt_key(1, on_drop, OnTorn::Panic, faulty.body());
                    assert_eq!(Vec::from_iter(items), faulty.items(), "{case}");
                    assert_eq!(faulty.runs(), run, "{case}");
                    desk.assert_nothing_stored(&case);
                }
                let voided = |event: &Event| {
                    let reason = Unstored::Error;
                    matches!(event, Event::Unstored { reason: r, .. } if *r == reason)
                };
                assert_eq!(desk.count(voided), 2, "{case}");
            }
        }
    }
}

#[test]
fn a_body_that_no_longer_fails_is_stored() {
    for way in Way::all() {
        let (desk, faulty) = (way.desk(150), Source::new(attempts(&[7])));
        let sound = Source::new(attempts(&[]));
        desk.attempt(OnTorn::Panic, faulty.body()).for_each(drop);
        for _ in 0..3 {
            let items = desk.attempt(OnTorn::Panic, sound.body());
            assert_eq!(Vec::from_iter(items), sound.items(), "{way:?}");
        }
        assert_eq!(sound.runs(), 1, "{way:?}");
    }
}

/// An error is not stored over what is there.
#[test]
fn a_refresh_that_fails_leaves_what_was_there() {
    for way in Way::all() {
        let (desk, sound) = (way.desk(150), Source::new(attempts(&[])));
        desk.attempt(OnTorn::Panic, sound.body()).for_each(drop);
        let faulty = Source::new(attempts(&[7]));
        let items = memo::refresh(|| desk.attempt(OnTorn::Panic, faulty.body()));
        assert_eq!(Vec::from_iter(items), faulty.items(), "{way:?}");
        let items = desk.attempt(OnTorn::Panic, faulty.body());
        assert_eq!(Vec::from_iter(items), sound.items(), "{way:?}");
        assert_eq!(faulty.runs(), 1, "{way:?}");
    }
}

#[test]
fn a_panic_reaches_the_consumer_in_its_place_and_nothing_is_stored() {
    for way in Way::all() {
        for place in 0..=COUNT {
            let (desk, items) = (way.desk(150), mixed(1, COUNT));
            let case = format!("{way:?}, {place}");
            let (given, panic) = until_panic(desk.read(panicking(items.clone(), place)));
            assert_eq!(given, items[..place], "{case}");
            let message = panic.downcast_ref::<&str>().copied();
            assert_eq!(message, Some("as planned"), "{case}");
            desk.assert_nothing_stored(&case);
            let abandoned = |event: &Event| matches!(event, Event::Abandoned { .. });
            assert_eq!(desk.count(abandoned), 1, "{case}");
            let source = Source::new(items);
            assert_eq!(desk.whole(&source), (1, source.items().to_vec()), "{case}");
            desk.assert_hit(source.items(), &case);
        }
    }
}

#[test]
fn a_body_that_panics_before_its_first_item_leaves_the_key_free() {
    for way in Way::all() {
        let desk = way.desk(150);
        let body = || -> std::vec::IntoIter<String> { panic!("as planned") };
        let begun = catch_unwind(AssertUnwindSafe(|| desk.read(body).next()));
        assert!(begun.is_err(), "{way:?}");
        desk.assert_nothing_stored(&format!("{way:?}"));
        assert_eq!(desk.whole(&Source::new(mixed(1, COUNT))).0, 1, "{way:?}");
    }
}

/// A body that panics instead of giving the item at this place, or instead of ending.
pub(super) fn panicking(
    items: Vec<String>,
    place: usize,
) -> impl FnOnce() -> Box<dyn Iterator<Item = String> + Send> + Send {
    move || {
        let mut at = 0;
        Box::new(std::iter::from_fn(move || {
            assert!(at != place, "as planned");
            at += 1;
            items.get(at - 1).cloned()
        }))
    }
}

/// The items before the panic, and what it says.
#[track_caller]
pub(super) fn until_panic(mut items: Items<String>) -> (Vec<String>, Box<dyn Any + Send>) {
    let mut given = Vec::new();
    loop {
        match catch_unwind(AssertUnwindSafe(|| items.next())) {
            Ok(Some(item)) => given.push(item),
            Ok(None) => panic!("it ended after {} items", given.len()),
            Err(panic) => return (given, panic),
        }
    }
}
