//! Whatever is done to what is stored, before it is read or while: the right items, or the failure that was asked for.

use std::panic::{AssertUnwindSafe, catch_unwind};

use memo::Torn;

use super::desk::{Attempt, Desk, Failed, OnDrop, OnTorn, Place, Way};
use super::source::{Source, lines};
use crate::shelf::is_chunk;
use crate::store;

const COUNT: usize = 15;
const LIMIT: usize = 150;

/// What is done to one entry.
#[derive(Clone, Copy, Debug)]
enum Damage {
    Evict,
    /// It changes places with the next one.
    Swap,
    /// It is that of another write of the same items.
    Exchange,
    /// It is the first of its own write.
    Repeat,
    Truncate(usize),
    Lengthen,
    /// Counted through the value, and on from its beginning.
    Flip(usize),
}

use Damage::{Evict, Exchange, Flip, Lengthen, Repeat, Swap, Truncate};

const TO_A_CHUNK: [Damage; 15] = [
    Evict,
    Swap,
    Exchange,
    Repeat,
    Lengthen,
    Truncate(0),
    Truncate(1),
    Truncate(25),
    Truncate(40),
    Truncate(usize::MAX),
    Flip(0),
    Flip(20),
    Flip(150),
    Flip(190),
    Flip(777),
];

/// A stored sequence.
struct Stored {
    desk: Desk,
    source: Source<String>,
    head: String,
    chunks: Vec<String>,
}

impl Stored {
    fn new(way: Way) -> Self {
        Self::of(way, lines(1, COUNT, 30))
    }

    fn of(way: Way, items: Vec<String>) -> Self {
        let (desk, source) = (way.desk(LIMIT), Source::new(items));
        desk.whole(&source);
        let chunks = desk.shelf.chunks();
        assert!(chunks.len() > 4, "{chunks:?}");
        let names = desk.shelf.names().into_iter();
        let heads = Vec::from_iter(names.filter(|name| !is_chunk(name)));
        desk.shelf.recorder.clear();
        Self {
            desk,
            source,
            head: heads[0].clone(),
            chunks,
        }
    }

    /// Does it to this chunk.
    fn damage(&self, place: usize, damage: Damage) {
        let (store, name) = (&self.desk.shelf.store, &self.chunks[place]);
        match damage {
            Evict => store.remove(name),
            Swap => {
                let other = &self.chunks[(place + 1) % self.chunks.len()];
                let (one, two) = (self.desk.shelf.bytes(name), self.desk.shelf.bytes(other));
                store.edit(name, |value| *value = two);
                store.edit(other, |value| *value = one);
            }
            Exchange => {
                let other = Self::new(self.desk.way);
                let bytes = other.desk.shelf.bytes(&other.chunks[place]);
                store.edit(name, |value| *value = bytes);
            }
            Repeat => store.copy(&self.chunks[usize::from(place == 0)], name),
            _ => store.edit(name, |value| damage.change(value)),
        }
    }

    /// Reads with a source whose body now gives `new`, and does it after so many items.
    fn read_damaged(&self, after: usize, damage: impl FnOnce()) -> (u64, Vec<String>) {
        let before = self.source.runs();
        let mut items = self.desk.read(self.source.body());
        let mut given: Vec<String> = items.by_ref().take(after).collect();
        damage();
        given.extend(items);
        (self.source.runs() - before, given)
    }

    /// The next call is right, and the one after that is a hit.
    #[track_caller]
    fn assert_healed(&self, calls: usize, case: &str) {
        for _ in 0..calls {
            assert_eq!(
                self.desk.whole(&self.source).1,
                self.source.items(),
                "{case}"
            );
        }
        self.desk.assert_hit(self.source.items(), case);
    }
}

impl Damage {
    fn change(self, value: &mut Vec<u8>) {
        match self {
            Truncate(length) => value.truncate(length.min(value.len() - 1)),
            Lengthen => value.push(0),
            Flip(bit) => {
                let bit = bit % (value.len() * 8);
                value[bit / 8] ^= 1 << (bit % 8);
            }
            _ => {}
        }
    }
}

fn on_every_chunk(test: impl Fn(&Stored, usize, Damage, &str)) {
    for way in Way::all() {
        let places = 0..Stored::new(way).chunks.len();
        for damage in TO_A_CHUNK {
            for place in store::some(places.clone()) {
                let case = format!("{way:?}, {damage:?} at {place}");
                test(&Stored::new(way), place, damage, &case);
            }
        }
    }
}

#[test]
fn damage_to_a_chunk_before_it_is_read_is_mended_by_the_body() {
    on_every_chunk(|stored, place, damage, case| {
        stored.damage(place, damage);
        let (ran, items) = stored.read_damaged(0, || {});
        assert_eq!(items, stored.source.items(), "{case}");
        assert_eq!(ran, 1, "{case}");
        stored.assert_healed(0, case);
        assert_eq!(stored.desk.diverged(), [0; 0], "{case}");
    });
}

#[test]
fn damage_to_a_chunk_while_it_is_read_is_mended_by_the_body() {
    for after in [1, 8, COUNT] {
        on_every_chunk(|stored, place, damage, case| {
            let case = &format!("{case}, after {after}");
            let (ran, items) = stored.read_damaged(after, || stored.damage(place, damage));
            assert_eq!(items, stored.source.items(), "{case}");
            assert!(ran < 2, "{case}");
            let torn = stored.desk.torn();
            assert_eq!(torn.len() as u64, ran, "{case}: {torn:?}");
            assert!(torn.iter().all(|&n| n >= after as u64), "{case}: {torn:?}");
            // What was read already may be found damaged by the next one only.
            stored.assert_healed(1, case);
            assert_eq!(stored.desk.diverged(), [0; 0], "{case}");
        });
    }
}

#[test]
fn a_store_that_probes_finds_a_lost_chunk_before_the_first_item() {
    for way in Way::at(&[Place::Able, Place::Here]) {
        for place in 0..Stored::new(way).chunks.len() {
            let (stored, case) = (Stored::new(way), format!("{way:?}, {place}"));
            stored.damage(place, Evict);
            assert_eq!(stored.read_damaged(0, || {}).0, 1, "{case}");
            assert_eq!(stored.desk.torn(), [0; 0], "{case}");
        }
    }
}

#[test]
fn in_this_process_nothing_is_lost_to_one_who_has_begun() {
    for way in Way::at(&[Place::Here]) {
        for damage in TO_A_CHUNK {
            for place in 0..Stored::new(way).chunks.len() {
                let (stored, case) = (Stored::new(way), format!("{way:?}, {damage:?} at {place}"));
                let (ran, items) = stored.read_damaged(1, || stored.damage(place, damage));
                assert_eq!((ran, &items[..]), (0, stored.source.items()), "{case}");
            }
        }
    }
}

#[test]
fn a_head_with_any_bit_flipped_is_not_served() {
    for way in Way::blocking() {
        let bits = Stored::new(way).head_bytes().len() * 8;
        for bit in store::some(0..bits) {
            head_is_refused(way, Flip(bit));
        }
    }
}

#[test]
fn a_head_that_is_cut_or_lengthened_is_not_served() {
    for way in Way::blocking() {
        for length in store::some(0..Stored::new(way).head_bytes().len()) {
            head_is_refused(way, Truncate(length));
        }
        head_is_refused(way, Lengthen);
    }
}

impl Stored {
    fn head_bytes(&self) -> Vec<u8> {
        self.desk.shelf.bytes(&self.head)
    }
}

fn head_is_refused(way: Way, damage: Damage) {
    let stored = Stored::new(way);
    let case = format!("{way:?}, {damage:?}");
    let store = &stored.desk.shelf.store;
    store.edit(&stored.head, |value| damage.change(value));
    let (ran, items) = stored.read_damaged(0, || {});
    assert_eq!(items, stored.source.items(), "{case}");
    assert_eq!(ran, 1, "{case}");
    let rejects = stored.desk.shelf.rejects();
    assert_eq!(rejects.len(), 1, "{case}: {rejects:?}");
    stored.assert_healed(0, &case);
}

/// A sequence of one entry.
#[test]
fn a_short_sequence_with_any_bit_flipped_is_not_served() {
    for way in Way::all() {
        let (desk, source) = (way.desk(LIMIT), Source::new(lines(1, 3, 10)));
        desk.whole(&source);
        let name = &desk.shelf.names()[0];
        let sound = desk.shelf.bytes(name);
        for bit in store::some(0..sound.len() * 8) {
            let case = format!("{way:?}, {bit}");
            desk.shelf.store.edit(name, |value| Flip(bit).change(value));
            assert_eq!(desk.whole(&source), (1, source.items().to_vec()), "{case}");
            assert_eq!(desk.whole(&source).0, 0, "{case}");
        }
    }
}

/// Other items than those that are stored, in one respect.
fn changed(old: &[String]) -> Vec<(&'static str, Vec<String>)> {
    let with = |change: &dyn Fn(&mut Vec<String>)| {
        let mut items = old.to_vec();
        change(&mut items);
        items
    };
    vec![
        ("all", lines(2, COUNT, 30)),
        ("first", with(&|items| items[0].push('!'))),
        ("fourth", with(&|items| items[3].push('!'))),
        ("last", with(&|items| items[COUNT - 1].push('!'))),
        ("swapped", with(&|items| items.swap(1, 2))),
        (
            "longer by one",
            with(&|items| items.insert(2, "more".into())),
        ),
        ("shorter by one", with(&|items| drop(items.remove(2)))),
        ("four only", with(&|items| items.truncate(4))),
        ("none", Vec::new()),
        ("more at the end", with(&|items| items.push("more".into()))),
        // The same bytes one after another, cut into items elsewhere.
        (
            "cut elsewhere",
            with(&|items| {
                let moved = items[1].remove(0);
                items[0].push(moved);
            }),
        ),
    ]
}

/// What a consumer got of a sequence that was lost, and what came instead of the rest.
#[derive(Debug)]
struct Got {
    items: Vec<String>,
    failed: Option<Failure>,
}

#[derive(Debug)]
enum Failure {
    Panic,
    Error(Torn),
}

fn read_to_the_end(
    desk: &Desk,
    on_torn: OnTorn,
    old: usize,
    new: &Source<Attempt>,
    damage: impl FnOnce(),
) -> Got {
    let mut damage = Some(damage);
    let mut reading = desk.attempt_key(1, OnDrop::Discard, on_torn, new.body());
    let (mut items, mut failed) = (Vec::new(), None);
    loop {
        if items.len() == old
            && let Some(damage) = damage.take()
        {
            damage();
        }
        match catch_unwind(AssertUnwindSafe(|| reading.next())) {
            Err(_) => break failed = Some(Failure::Panic),
            Ok(None) => break,
            Ok(Some(Ok(item))) => items.push(item),
            Ok(Some(Err(Failed::Torn(torn)))) => {
                failed = Some(Failure::Error(torn));
                assert!(reading.next().is_none(), "it goes on after the error");
                break;
            }
            Ok(Some(Err(Failed::Body(_)))) => panic!("no body fails"),
        }
    }
    Got { items, failed }
}

/// Either all of one edition, or the beginning of the old one and the failure that was asked for.
#[track_caller]
fn is_as_asked(
    got: &Got,
    on_torn: OnTorn,
    old: &[String],
    new: &[String],
    diverged: &[u64],
    case: &str,
) {
    let case = format!("{case}: {got:?}");
    if got.failed.is_none() && diverged.is_empty() {
        assert!(got.items == old || got.items == new, "{case}");
        return;
    }
    let given = got.items.len();
    assert_eq!(got.items, old[..given], "{case}");
    assert_ne!(
        new.get(..given),
        Some(&old[..given]),
        "{case}: no reason to fail"
    );
    assert_eq!(diverged, [given as u64], "{case}");
    match (on_torn, &got.failed) {
        (OnTorn::Panic, Some(Failure::Panic)) | (OnTorn::End, None) => {}
        (OnTorn::Error, Some(Failure::Error(torn))) => {
            assert_eq!(
                (torn.after(), torn.function()),
                (given as u64, "sequences"),
                "{case}"
            );
        }
        _ => panic!("{case}: not {on_torn:?}"),
    }
}

#[test]
fn a_sequence_that_is_lost_and_whose_body_gives_others_fails_as_asked() {
    let mut failures = 0;
    for way in Way::all() {
        let old = lines(1, COUNT, 30);
        for (what, new) in changed(&old) {
            for after in [0, 2, 3, 9] {
                for on_torn in [OnTorn::Panic, OnTorn::Error, OnTorn::End] {
                    let stored = Stored::of(way, old.clone());
                    let case = format!("{way:?}, {what}, after {after}, {on_torn:?}");
                    let chunks = stored.chunks.len();
                    let attempts = Source::new(new.iter().cloned().map(Ok).collect());
                    let damage = || (0..chunks).for_each(|place| stored.damage(place, Evict));
                    let got = read_to_the_end(&stored.desk, on_torn, after, &attempts, damage);
                    let diverged = stored.desk.diverged();
                    is_as_asked(&got, on_torn, &old, &new, &diverged, &case);
                    failures += diverged.len();
                    for _ in 0..2 {
                        let next = stored.desk.attempt(on_torn, attempts.body());
                        let next: Result<Vec<_>, _> = next.collect();
                        assert!(next == Ok(old.clone()) || next == Ok(new.clone()), "{case}");
                    }
                    let before = attempts.runs();
                    stored.desk.attempt(on_torn, attempts.body()).for_each(drop);
                    assert_eq!(attempts.runs(), before, "{case}: it has healed");
                }
            }
        }
    }
    assert!(failures > 50, "{failures}: the test must see some");
}
