//! Long runs of calls through a store that fails: never a value that a body did not return for that key.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};

use memo::memoize;
use memo_testkit::block_on;

use crate::shelf::{Shelf, noise};
use crate::store;

thread_local! {
    /// What was returned for a key, or put there; and how many bodies ran.
    static MADE: RefCell<HashMap<String, HashSet<String>>> = RefCell::default();
}

/// A value that no other run of a body has, and that the model knows from now on.
fn made(key: String, length: usize) -> String {
    MADE.with_borrow_mut(|made| {
        let run = made.values().map(HashSet::len).sum::<usize>();
        let value = format!("{key} in run {run}: {}", noise(run as u32, length));
        made.entry(key).or_default().insert(value.clone());
        value
    })
}

fn is_known(key: &str, value: &str) -> bool {
    MADE.with_borrow(|made| made.get(key).is_some_and(|known| known.contains(value)))
}

fn key_of(template: &str, n: u32) -> String {
    template.replace("{n}", &n.to_string())
}

macro_rules! subject {
    ($name:ident, $n:ident, $label:tt, $length:literal, [$($options:tt)*]) => {
        mod $name {
            use super::*;

            #[memoize(name = $label, key = $label, expiration = 60, $($options)*)]
            fn call($n: u32) -> String {
                made(key_of($label, $n), $length)
            }

            #[memoize(name = $label, key = $label, expiration = 60, $($options)*)]
            async fn call_async($n: u32) -> String {
                made(key_of($label, $n), $length)
            }

            pub(super) fn act(deed: usize, n: u32) -> Option<(String, String)> {
                let key = key_of($label, n);
                let value = match deed {
                    0..6 => call(n),
                    6..10 => block_on(call_async(n)),
                    10 => memo::refresh(|| call(n)),
                    11 => block_on(memo::refresh_async(call_async(n))),
                    12 => return call::entry(n).peek().map(|value| (key, value)),
                    13 => {
                        call::entry(n).put(made(key, $length));
                        return None;
                    }
                    14 => {
                        call::entry(n).invalidate();
                        return None;
                    }
                    15 => {
                        block_on(call_async::entry(n).invalidate());
                        return None;
                    }
                    16 => {
                        call::site().invalidate_all();
                        return None;
                    }
                    _ => {
                        call::entry(n).explain();
                        return None;
                    }
                };
                Some((key, value))
            }
        }
    };
}

subject!(inline, n, "soak-inline:{n}", 20, []);
subject!(long, n, "soak-long:{n}", 700, [large_data]);
subject!(packed, n, "soak-packed:{n}", 300, [large_data, compress]);
#[cfg(feature = "encrypt")]
subject!(sealed, n, "soak-sealed:{n}", 20, [encrypt]);
#[cfg(feature = "encrypt")]
subject!(
    long_sealed,
    n,
    "soak-long-sealed:{n}",
    700,
    [encrypt, large_data]
);

type Act = fn(usize, u32) -> Option<(String, String)>;

const ACTS: &[Act] = &[
    inline::act,
    long::act,
    packed::act,
    #[cfg(feature = "encrypt")]
    sealed::act,
    #[cfg(feature = "encrypt")]
    long_sealed::act,
];

struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        let next = self.0.wrapping_mul(6_364_136_223_846_793_005);
        self.0 = next.wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end
    }
}

fn soak(seed: u64, rate: f64) {
    MADE.with_borrow_mut(HashMap::clear);
    let (shelf, _) = Shelf::seeded(250, seed, rate, |cache| {
        #[cfg(feature = "encrypt")]
        let cache = cache.keyring(crate::shelf::ring(1));
        cache
    });
    let mut dice = Dice(seed);
    for step in 0..700 {
        let act = ACTS[dice.below(ACTS.len())];
        let (deed, n) = (dice.below(18), dice.below(3) as u32);
        if dice.below(40) == 0 {
            shelf.advance(20);
        }
        if let Some((key, value)) = shelf.run(|| act(deed, n)) {
            assert!(
                is_known(&key, &value),
                "seed {seed}, rate {rate}, step {step}: {deed} of {key} gave {value}"
            );
        }
    }
}

#[test]
fn no_trouble_makes_a_value_that_no_body_returned() {
    for seed in 0..store::fewer(8) {
        for rate in [0.05, 0.3, 0.7, 1.0] {
            soak(seed, rate);
        }
    }
}

/// The same deeds without trouble: the cache is a map.
#[test]
fn without_trouble_the_last_value_is_served_until_it_goes() {
    for seed in 0..store::fewer(4) {
        let shelf = Shelf::with(with_groups(), |cache| cache);
        let mut dice = Dice(seed);
        let mut last: HashMap<u32, u32> = HashMap::new();
        for step in 0..500 {
            let n = dice.below(3) as u32;
            let case = format!("seed {seed}, step {step}");
            match dice.below(9) {
                0..4 => {
                    let (computed, value) = shelf.computed(|| last_value(n, step));
                    let expected = *last.entry(n).or_insert(step);
                    assert_eq!(computed, u64::from(expected == step), "{case}");
                    assert_eq!(value, noise(expected, 700), "{case}");
                }
                4 => {
                    shelf.run(|| memo::refresh(|| last_value(n, step)));
                    last.insert(n, step);
                }
                5 => {
                    shelf.run(|| last_value::entry(n, 0).put(noise(step, 700)));
                    last.insert(n, step);
                }
                6 => {
                    let was_there = shelf.run(|| last_value::entry(n, 0).invalidate());
                    assert_eq!(was_there, last.remove(&n).is_some(), "{case}");
                }
                7 => {
                    let peeked = shelf.run(|| last_value::entry(n, 0).peek());
                    assert_eq!(peeked, last.get(&n).map(|&run| noise(run, 700)), "{case}");
                }
                _ => {
                    shelf.cache.invalidate_all(last_value::site());
                    last.clear();
                }
            }
            assert_eq!(shelf.names().len(), last.len() * 6, "{case}: no orphans");
        }
    }
}

#[memoize(key = "soak-last:{n}", large_data, skip(run))]
fn last_value(n: u32, run: u32) -> String {
    noise(run, 700)
}

fn with_groups() -> memo::backend::Capability {
    let mut capability = crate::shelf::outside(200);
    capability.groups = true;
    capability
}
