//! The store against a map that does the same in the plainest way.

use std::collections::HashMap;

use memo_memory::{Insert, KeyRef, Lookup, Store, Tick};
use proptest::prelude::*;

use crate::support::{Census, OVERHEAD, Token, key};

#[derive(Clone, Debug)]
enum Step {
    Insert {
        key: u8,
        weight: usize,
        lives: Option<u64>,
    },
    Read {
        key: u8,
    },
    CutShort {
        key: u8,
        lives: u64,
    },
    Remove {
        key: u8,
    },
    RemoveScope {
        scope: u32,
    },
    Wait {
        millis: u64,
    },
    Reclaim,
    Clear,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let key = 0..40_u8;
    let lives = prop::option::of(0..50_u64);
    let insert = (key.clone(), 0..3000_usize, lives)
        .prop_map(|(key, weight, lives)| Step::Insert { key, weight, lives });
    let step = prop_oneof![
        10 => insert,
        20 => key.clone().prop_map(|key| Step::Read { key }),
        3 => (key.clone(), 0..50_u64).prop_map(|(key, lives)| Step::CutShort { key, lives }),
        3 => key.prop_map(|key| Step::Remove { key }),
        1 => (0..3_u32).prop_map(|scope| Step::RemoveScope { scope }),
        3 => (1..30_u64).prop_map(|millis| Step::Wait { millis }),
        1 => Just(Step::Reclaim),
        1 => Just(Step::Clear),
    ];
    prop::collection::vec(step, 1..300)
}

/// A few scopes, and hashes that many keys share.
fn shared_hash(bytes: &[u8; 1]) -> KeyRef<'_> {
    let [number] = *bytes;
    KeyRef {
        hash: u64::from(number % 7) << 57,
        scope: u32::from(number % 3),
        ..key(bytes)
    }
}

/// The version of a value, and when it expires.
type Model = HashMap<u8, (u64, Tick)>;

struct Run {
    store: Store,
    model: Model,
    now: Tick,
    version: u64,
}

impl Run {
    fn new(budget: usize) -> Self {
        Run {
            store: Store::with_budget(budget),
            model: Model::new(),
            now: 100,
            version: 0,
        }
    }

    fn insert(&mut self, number: u8, weight: usize, lives: Option<u64>) -> Insert {
        self.version += 1;
        let expires_at = lives.map_or(Tick::MAX, |lives| self.now + lives);
        self.model.insert(number, (self.version, expires_at));
        let value = Box::new(self.version);
        self.store
            .insert(&shared_hash(&[number]), value, weight, expires_at, self.now)
    }

    fn read(&self, number: u8) -> Lookup<u64> {
        self.store
            .read(&shared_hash(&[number]), self.now, |version: &u64| *version)
    }

    fn expected(&self, number: u8) -> Lookup<u64> {
        match self.model.get(&number) {
            Some((version, expires_at)) if *expires_at > self.now => Lookup::Hit(*version),
            Some(_) => Lookup::Expired,
            None => Lookup::Absent,
        }
    }

    fn take(&mut self, step: &Step) {
        match *step {
            Step::Insert { key, weight, lives } => {
                self.insert(key, weight, lives);
            }
            Step::Read { key } => {
                self.read(key);
            }
            Step::CutShort { key, lives } => {
                let end = self.now + lives;
                if let Some((_, expires_at)) = self.model.get_mut(&key) {
                    *expires_at = end.min(*expires_at);
                }
                self.store.cut_short(&shared_hash(&[key]), end, self.now);
            }
            Step::Remove { key } => {
                self.model.remove(&key);
                self.store.remove(&shared_hash(&[key]));
            }
            Step::RemoveScope { scope } => {
                self.model
                    .retain(|number, _| u32::from(number % 3) != scope);
                self.store.remove_scope(scope);
            }
            Step::Wait { millis } => self.now += millis,
            Step::Reclaim => {
                let now = self.now;
                self.model.retain(|_, (_, expires_at)| *expires_at > now);
                self.store.reclaim(now);
            }
            Step::Clear => {
                self.model.clear();
                self.store.clear();
            }
        }
    }
}

/// Expired entries may be gone already; everything else must agree.
fn agrees(found: Lookup<u64>, expected: Lookup<u64>) -> bool {
    found == expected || (found == Lookup::Absent && expected == Lookup::Expired)
}

proptest! {
    #[test]
    fn with_room_enough_the_store_is_a_map_with_expiry(steps in steps()) {
        let mut run = Run::new(1 << 24);
        for step in &steps {
            run.take(step);
            for number in 0..40 {
                let (found, expected) = (run.read(number), run.expected(number));
                prop_assert!(agrees(found, expected), "{number}: {found:?}, not {expected:?}");
            }
        }
    }

    #[test]
    fn with_little_room_entries_go_missing_but_are_never_wrong(
        steps in steps(),
        room in 0..20_usize,
    ) {
        let mut run = Run::new(room * OVERHEAD);
        for step in &steps {
            run.take(step);
            let stats = run.store.stats();
            prop_assert!(stats.bytes <= stats.budget, "{stats:?}");
            for number in 0..40 {
                let (found, expected) = (run.read(number), run.expected(number));
                let is_right = found == Lookup::Absent || found == expected;
                prop_assert!(is_right, "{number}: {found:?}, not {expected:?}");
            }
        }
    }

    #[test]
    fn values_are_dropped_exactly_once(
        inserts in prop::collection::vec((0..40_u8, 0..3000_usize), 1..200),
        room in 0..20_usize,
    ) {
        let (store, census) = (Store::with_budget(room * OVERHEAD), Census::default());
        for (number, weight) in &inserts {
            let bytes = [*number];
            let key = shared_hash(&bytes);
            store.insert(&key, Box::new(census.token()), *weight, Tick::MAX, 0);
            store.read(&key, 0, |_: &Token| ());
            prop_assert_eq!(census.alive(), store.stats().entries);
        }
        drop(store);
        prop_assert_eq!(census.alive(), 0);
    }
}
