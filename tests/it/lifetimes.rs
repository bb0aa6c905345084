//! The shortest lifetimes and the longest: what is over as soon as it begins is served to nobody, and no time is too long.

use std::time::Duration;

use memo::{Cache, Event, Policy, Unstored, memoize, memoize_iter, refresh, with_cache};

use crate::shelf::Shelf;
use crate::store::{self, Isolated};
use crate::support::Runs;

/// As a server says it that was asked.
fn max_age(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[memoize(key = "aged:{n}", expiration = max_age(age), skip(age, runs))]
fn aged(n: u64, age: u64, runs: &Runs) -> u64 {
    n + runs.add()
}

#[memoize(key = "aged-copied:{n}", expiration = max_age(age), near = "1h", skip(age, runs))]
fn copied(n: u64, age: u64, runs: &Runs) -> u64 {
    n + runs.add()
}

#[memoize(key = "aged-large:{n}", expiration = max_age(age), large_data, skip(age, runs))]
fn large(n: u64, age: u64, runs: &Runs) -> u64 {
    n + runs.add()
}

#[memoize(key = "aged-turns:{n}", expiration = max_age(age), lock = "10s", skip(age, runs))]
fn in_turn(n: u64, age: u64, runs: &Runs) -> u64 {
    n + runs.add()
}

#[memoize(key = "aged-async:{n}", expiration = max_age(age), skip(age, runs))]
async fn aged_async(n: u64, age: u64, runs: &Runs) -> u64 {
    n + runs.add()
}

#[memoize_iter(key = "aged-items:{n}", expiration = max_age(age), skip(age, runs))]
fn items(n: u64, age: u64, runs: &Runs) -> impl Iterator<Item = u64> {
    let first = n + runs.add();
    (0..3).map(move |more| first + 10 * more)
}

fn first_item(n: u64, age: u64, runs: &Runs) -> u64 {
    let found: Vec<_> = items(n, age, runs).collect();
    assert_eq!(found.len(), 3);
    found[0]
}

fn awaited(n: u64, age: u64, runs: &Runs) -> u64 {
    memo_testkit::block_on(aged_async(n, age, runs))
}

type Call = fn(u64, u64, &Runs) -> u64;

const FORMS: [(&str, Call); 6] = [
    ("value", aged),
    ("copied", copied),
    ("large", large),
    ("in turn", in_turn),
    ("async", awaited),
    ("sequence", first_item),
];

/// Puts every form of call to a test: in this process, and in a store outside.
fn everywhere(test: impl Fn(&str, Call)) {
    let cache = store::cache();
    let (isolated, shelf) = (Isolated::new(), Shelf::new(4096));
    for (form, call) in FORMS {
        with_cache(&cache, || test(form, call));
        isolated.run(|| test(form, call));
        shelf.run(|| test(form, call));
    }
}

#[test]
fn a_lifetime_of_zero_is_served_to_nobody() {
    everywhere(|form, call| {
        let runs = Runs::new();
        for run in 1..=3 {
            assert_eq!(call(0, 0, &runs), run, "{form}");
        }
        // What comes with a time is kept for that time.
        assert_eq!([call(0, 60, &runs), call(0, 0, &runs)], [4, 4], "{form}");
    });
}

#[test]
fn a_refreshed_value_without_a_lifetime_takes_the_older_one_with_it() {
    everywhere(|form, call| {
        let runs = Runs::new();
        assert_eq!([call(1, 60, &runs), call(1, 60, &runs)], [2, 2], "{form}");
        assert_eq!(refresh(|| call(1, 0, &runs)), 3, "{form}");
        assert_eq!(call(1, 60, &runs), 4, "{form}");
    });
}

#[test]
fn a_value_that_is_put_without_a_lifetime_takes_the_older_one_with_it() {
    let test = || {
        let runs = Runs::new();
        assert_eq!([aged(2, 60, &runs), large(2, 60, &runs)], [3, 4]);
        aged::entry(2, 0, &runs).put(50);
        large::entry(2, 0, &runs).put(50);
        let items = items::entry(2, 0, &runs);
        items.put(vec![50]);
        assert_eq!(aged::entry(2, 60, &runs).peek(), None);
        assert_eq!(large::entry(2, 60, &runs).peek(), None);
        assert_eq!(items.peek(), None);
    };
    Isolated::new().run(test);
    Shelf::new(4096).run(test);
}

#[test]
fn it_is_told_that_a_value_had_no_lifetime() {
    let test = Isolated::new();
    test.run(|| {
        let runs = Runs::new();
        aged(3, 0, &runs);
        first_item(3, 0, &runs);
    });
    let is_told = |event: &Event| {
        let reason = Unstored::Expired;
        matches!(event, Event::Unstored { reason: told, .. } if *told == reason)
    };
    assert_eq!(test.recorder().count(is_told), 2);
}

#[test]
fn a_policy_without_a_lifetime_keeps_nothing() {
    let test = |cache: &Cache| {
        let policy = Policy::named("no-lifetime").expiration(Duration::ZERO);
        for n in 1..=3 {
            assert_eq!(cache.get_or_compute(&0, &policy, || n), n);
        }
    };
    test(Isolated::new().cache());
    test(&Shelf::new(4096).cache);
}

#[test]
fn a_sequence_that_outlives_itself_while_it_is_produced_is_served_to_nobody() {
    let shelf = Shelf::new(4096);
    #[memoize_iter(key = "slow-items", expiration = "3s", skip(shelf, runs))]
    fn slow(shelf: &Shelf, runs: &Runs) -> impl Iterator<Item = u64> {
        let (shelf, first) = (shelf.clone(), runs.add());
        (0..3).map(move |more| {
            shelf.advance(2);
            first + 10 * more
        })
    }
    let runs = Runs::new();
    for run in 1..=2 {
        let found: Vec<_> = shelf.run(|| slow(&shelf, &runs).collect());
        assert_eq!(found, [run, run + 10, run + 20]);
    }
}

#[memoize(key = "ages:{n}", expiration = Duration::MAX, skip(runs))]
fn ages(n: u64, runs: &Runs) -> u64 {
    n + runs.add()
}

#[memoize(key = "ages-jittered:{n}", expiration = Duration::MAX, jitter = 0.5, large_data, skip(runs))]
fn jittered(n: u64, runs: &Runs) -> u64 {
    n + runs.add()
}

#[memoize_iter(key = "ages-items:{n}", expiration = Duration::MAX, skip(runs))]
fn ages_of_items(n: u64, runs: &Runs) -> impl Iterator<Item = u64> {
    std::iter::once(n + runs.add())
}

#[test]
fn no_lifetime_is_too_long() {
    let test = || {
        let runs = Runs::new();
        let first_item = |runs: &Runs| ages_of_items(0, runs).sum::<u64>();
        assert_eq!([ages(0, &runs), ages(0, &runs)], [1, 1]);
        assert_eq!([jittered(0, &runs), jittered(0, &runs)], [2, 2]);
        assert_eq!([first_item(&runs), first_item(&runs)], [3, 3]);
        ages::entry(0, &runs).put(7);
        assert_eq!(ages(0, &runs), 7);
        assert!(format!("{}", ages::entry(0, &runs).explain()).contains("hit"));
        jittered::entry(0, &runs).explain().to_string();
    };
    with_cache(&store::cache(), test);
    Isolated::new().run(test);
    Shelf::new(4096).run(test);
}

#[test]
fn no_time_that_a_cache_waits_is_too_long() {
    let shelf = Shelf::with(crate::shelf::outside(4096), |cache| {
        cache.patience(Duration::MAX).deadline(Duration::MAX)
    });
    let policy = Policy::named("ages-of-waiting")
        .expiration(Duration::MAX)
        .lock(Duration::MAX)
        .near(Duration::MAX);
    for _ in 0..2 {
        assert_eq!(shelf.cache.get_or_compute(&0, &policy, || 1), 1);
        assert_eq!(shelf.run(|| first_item(9, 60, &Runs::new())), 10);
    }
}
