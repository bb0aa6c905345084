//! Long runs of readers, writers and trouble, drawn from seeds: a sequence that some body yielded, whole, or a failure that says so.

use std::collections::HashMap;
use std::time::Duration;

use memo_testkit::{Chaos, Operation, Trouble};

use super::desk::{Attempt, Desk, Failed, Items, OnDrop, OnTorn, Way};
use super::source::Source;
use crate::shelf::{Shelf, Store, noise};

const KEYS: usize = 3;

struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        let next = self.0.wrapping_mul(6_364_136_223_846_793_005);
        self.0 = next.wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end
    }

    fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }
}

/// What the bodies of each key have yielded so far: a list for each edition.
struct Model(HashMap<usize, Vec<Vec<String>>>);

impl Model {
    fn new(dice: &mut Dice) -> Self {
        let mut model = Self(HashMap::new());
        (0..KEYS).for_each(|key| model.revise(key, dice));
        model
    }

    /// Bodies of this key yield other items from now on.
    fn revise(&mut self, key: usize, dice: &mut Dice) {
        let editions = self.0.entry(key).or_default();
        let edition = editions.len();
        let count = dice.one_of(&[0, 1, 2, 5, 9, 14, 30]);
        let longest = dice.one_of(&[1, 20, 60, 300]);
        let mut line = |n| {
            let text = noise(dice.below(1 << 20) as u32, dice.below(longest));
            format!("{key}.{edition}.{n} {text}")
        };
        editions.push((0..count).map(&mut line).collect());
    }

    fn latest(&self, key: usize) -> &[String] {
        self.0[&key].last().expect("there is a first edition")
    }

    /// Editions of this key that begin with these items.
    fn beginning(&self, key: usize, items: &[String]) -> impl Iterator<Item = &Vec<String>> {
        self.0[&key]
            .iter()
            .filter(move |all| all.starts_with(items))
    }
}

struct Reader {
    key: usize,
    items: Items<Attempt>,
    given: Vec<String>,
}

struct Run {
    dice: Dice,
    model: Model,
    readers: Vec<Reader>,
    desk: Desk,
    store: Chaos<Store>,
    case: String,
    ends: usize,
}

impl Run {
    fn new(way: Way, seed: u64, rate: f64) -> Self {
        let mut dice = Dice(seed);
        let limit = dice.one_of(&[120, 150, 260, 600]);
        let (shelf, store) = Shelf::troubled(way.capability(limit), seed, rate, |cache| {
            way.keyed(cache).patience(Duration::ZERO)
        });
        Self {
            model: Model::new(&mut dice),
            dice,
            readers: Vec::new(),
            desk: way.over(shelf),
            store,
            case: format!("{way:?}, seed {seed}, rate {rate}"),
            ends: 0,
        }
    }

    fn step(&mut self, may_revise: bool) {
        let key = self.dice.below(KEYS);
        match self.dice.below(24) {
            0..5 => self.open(key),
            5 => memo::refresh(|| self.open(key)),
            6 => memo::bypass(|| self.open(key)),
            7 => self.drop_one(),
            8 => {
                self.desk.invalidate_key(key);
            }
            9 => self.desk.invalidate_all(),
            10 => self.desk.shelf.advance(1000),
            11 => self.strike(),
            12 if may_revise => self.model.revise(key, &mut self.dice),
            _ => self.advance(),
        }
    }

    fn open(&mut self, key: usize) {
        if self.readers.len() > 4 {
            self.readers.remove(0);
        }
        let on_drop = self.dice.one_of(&[OnDrop::Discard, OnDrop::Keep]);
        let attempts = self.model.latest(key).iter().cloned().map(Ok).collect();
        let body = Source::new(attempts).body();
        let items = self.desk.attempt_key(key, on_drop, OnTorn::Error, body);
        let given = Vec::new();
        self.readers.push(Reader { key, items, given });
    }

    fn drop_one(&mut self) {
        if !self.readers.is_empty() {
            let place = self.dice.below(self.readers.len());
            self.readers.remove(place);
        }
    }

    fn strike(&mut self) {
        let operation = self.dice.one_of(&[Operation::Get, Operation::Set]);
        let place = self.dice.below(4);
        self.store.next(operation, Trouble::Evict(place));
    }

    /// Takes a few items of one reader.
    fn advance(&mut self) {
        if self.readers.is_empty() {
            return;
        }
        let place = self.dice.below(self.readers.len());
        for _ in 0..self.dice.one_of(&[1, 2, 4, 100]) {
            let reader = &mut self.readers[place];
            let next = reader.items.next();
            if !self.check(place, next) {
                self.readers.remove(place);
                self.ends += 1;
                return;
            }
        }
    }

    /// Whether it goes on.
    fn check(&mut self, place: usize, next: Option<Attempt>) -> bool {
        let Reader { key, given, .. } = &mut self.readers[place];
        let case = format!("{}: {} items of {key}", self.case, given.len());
        match next {
            Some(Ok(item)) => {
                given.push(item);
                let known = self.model.beginning(*key, given).count();
                assert!(known > 0, "{case}: no body yielded {given:?}");
                true
            }
            Some(Err(Failed::Torn(torn))) => {
                assert_eq!(torn.after(), given.len() as u64, "{case}");
                assert!(self.model.0[key].len() > 1, "{case}: all bodies agree");
                false
            }
            Some(Err(Failed::Body(_))) => panic!("{case}: no body fails"),
            None => {
                let whole = self.model.beginning(*key, given).any(|all| all == given);
                assert!(whole, "{case}: it ended short");
                false
            }
        }
    }
}

fn soak(rate: f64, steps: usize, may_revise: bool) {
    for way in Way::all() {
        for seed in 0..crate::store::fewer(12) {
            let mut run = Run::new(way, seed, rate);
            for _ in 0..steps {
                run.step(may_revise);
            }
            assert!(run.ends > steps / 40, "{}: {}", run.case, run.ends);
        }
    }
}

#[test]
fn without_trouble_every_reader_gets_the_whole_sequence() {
    soak(0.0, 300, false);
}

#[test]
fn no_trouble_makes_a_sequence_short_or_wrong() {
    for rate in [0.03, 0.2, 0.7, 1.0] {
        soak(rate, 200, false);
    }
}

/// A reader gets one edition, or learns that he cannot.
#[test]
fn bodies_that_change_never_mix() {
    for rate in [0.0, 0.1, 0.5] {
        soak(rate, 300, true);
    }
}
