//! What is left in a backend, and what is made up for, when things go wrong under way.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use super::Far;
use crate::backend::{
    Alerts, Answer, Availability, Backend, Bytes, Capability, Fault, FaultKind, Item, Name, Terms,
};
use crate::expiration::Expiration;
use crate::threads::lock;
use crate::waits::Waits;
use crate::{Cache, Policy};

/// A store outside of the process, in a map.
#[derive(Clone, Default)]
struct Outside(Arc<Shared>);

#[derive(Default)]
struct Shared {
    values: Mutex<HashMap<String, Bytes>>,
    plan: Mutex<Plan>,
    alerts: Mutex<Option<Alerts>>,
}

/// What happens to its operations.
#[derive(Default)]
struct Plan {
    /// Done once, before a head is written.
    before_head: Option<Box<dyn FnOnce() + Send>>,
    /// Heads are lost on the way, and nobody knows.
    loses_heads: bool,
    /// Chunks are late, and nobody knows.
    delays_chunks: bool,
    late: Vec<Item>,
    is_out: bool,
}

impl Outside {
    fn cache(&self) -> Cache {
        Cache::builder()
            .backend(self.clone())
            .build()
            .expect("a cache")
    }

    fn plan(&self, change: impl FnOnce(&mut Plan)) {
        change(&mut lock(&self.0.plan));
    }

    fn land(&self) {
        let late = std::mem::take(&mut lock(&self.0.plan).late);
        self.keep(late);
    }

    fn keep(&self, items: Vec<Item>) {
        let named = |item: Item| (item.name.as_str().to_owned(), item.value);
        lock(&self.0.values).extend(items.into_iter().map(named));
    }

    /// The writes whose chunks are there.
    fn writes(&self) -> Vec<String> {
        let values = lock(&self.0.values);
        let chunks = values.keys().filter(|name| name.starts_with("~c:"));
        let mut writes = Vec::from_iter(
            chunks
                .filter_map(|name| name.rsplit('.').nth(1))
                .map(str::to_owned),
        );
        writes.sort_unstable();
        writes.dedup();
        writes
    }

    fn done(&self) -> Answer<()> {
        match lock(&self.0.plan).is_out {
            true => Err(unknown()),
            false => Ok(()),
        }
    }
}

fn unknown() -> Fault {
    Fault::new(FaultKind::Timeout, "as planned")
}

impl fmt::Debug for Outside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Outside")
    }
}

impl Backend for Outside {
    fn kind(&self) -> &'static str {
        "outside"
    }

    fn capability(&self) -> Capability {
        Capability::of(250, 1000)
    }

    fn accept(&mut self, terms: &Terms) {
        *lock(&self.0.alerts) = Some(terms.alerts.clone());
    }

    async fn get_many(&self, names: &[Name], _: Waits) -> Answer<Vec<Option<Bytes>>> {
        self.done()?;
        let values = lock(&self.0.values);
        Ok(names
            .iter()
            .map(|name| values.get(name.as_str()).cloned())
            .collect())
    }

    async fn set_many(&self, items: Vec<Item>, _: Waits) -> Answer<()> {
        self.done()?;
        let is_head = items
            .iter()
            .all(|item| !item.name.as_str().starts_with("~c:"));
        let before_head = match is_head {
            true => lock(&self.0.plan).before_head.take(),
            false => None,
        };
        if let Some(before_head) = before_head {
            before_head();
        }
        let mut plan = lock(&self.0.plan);
        match is_head {
            true if plan.loses_heads => return Err(unknown()),
            false if plan.delays_chunks => {
                plan.late.extend(items);
                return Err(unknown());
            }
            _ => {}
        }
        drop(plan);
        self.keep(items);
        Ok(())
    }

    async fn delete_many(&self, names: &[Name], _: Waits) -> Answer<usize> {
        self.done()?;
        let mut values = lock(&self.0.values);
        let deleted = names.iter().filter_map(|name| values.remove(name.as_str()));
        Ok(deleted.count())
    }
}

fn far(cache: &Cache) -> &Far {
    cache.far().expect("it has a backend")
}

/// A value in several chunks, which last for ever.
fn large(cache: &Cache, letter: &str) -> String {
    let policy = Policy::named("left-behind").large_data().compress(false);
    let policy = policy.expiration(Expiration::never());
    cache.get_or_compute(&1, &policy, || letter.repeat(5000))
}

#[track_caller]
fn eventually(is_so: impl Fn() -> bool) {
    let begin = Instant::now();
    while !is_so() {
        assert!(begin.elapsed() < Duration::from_secs(30), "it never is");
        thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn whoever_is_overtaken_by_another_process_deletes_its_chunks() {
    let outside = Outside::default();
    let (loser, winner) = (outside.cache(), outside.cache());
    far(&loser)
        .owed
        .waits_for_late_writes(Duration::from_millis(50));
    let overtaken = loser.clone();
    outside.plan(|plan| {
        plan.before_head = Some(Box::new(move || drop(large(&overtaken, "a"))));
    });
    assert!(large(&winner, "b").starts_with('b'));
    assert_eq!(
        outside.writes().len(),
        2,
        "the winner has not seen the loser's"
    );
    eventually(|| outside.writes().len() == 1);
    assert!(large(&outside.cache(), "c").starts_with('b'));
}

#[test]
fn whoever_overtakes_another_process_deletes_what_it_sees() {
    let outside = Outside::default();
    let (first, second) = (outside.cache(), outside.cache());
    let policy = Policy::named("left-behind").large_data().compress(false);
    let policy = policy.expiration(Expiration::never());
    second.get_or_compute(&1, &policy, || {
        large(&first, "a");
        "b".repeat(5000)
    });
    assert_eq!(outside.writes().len(), 1);
    assert!(large(&outside.cache(), "c").starts_with('b'));
}

#[test]
fn the_chunks_of_a_write_whose_head_was_lost_are_deleted_later() {
    let outside = Outside::default();
    let cache = outside.cache();
    far(&cache)
        .owed
        .waits_for_late_writes(Duration::from_millis(50));
    outside.plan(|plan| plan.loses_heads = true);
    assert!(large(&cache, "a").starts_with('a'));
    assert_eq!(outside.writes().len(), 1);
    eventually(|| outside.writes().is_empty());
}

#[test]
fn chunks_that_arrive_when_they_were_given_up_are_deleted_later() {
    let outside = Outside::default();
    let cache = outside.cache();
    far(&cache)
        .owed
        .waits_for_late_writes(Duration::from_secs(5));
    outside.plan(|plan| plan.delays_chunks = true);
    assert!(large(&cache, "a").starts_with('a'));
    outside.land();
    eventually(|| outside.writes().is_empty());
}

#[test]
fn chunks_of_a_value_that_is_there_stay() {
    let outside = Outside::default();
    let cache = outside.cache();
    far(&cache).owed.waits_for_late_writes(Duration::ZERO);
    assert!(large(&cache, "a").starts_with('a'));
    eventually(|| !far(&cache).owed.has_late_writes());
    assert_eq!(outside.writes().len(), 1);
    assert!(large(&outside.cache(), "b").starts_with('a'));
}

#[test]
fn a_write_that_is_given_up_where_there_is_no_room_spoils_what_is_older() {
    let outside = Outside::default();
    let (cache, other) = (outside.cache(), outside.cache());
    let policy = Policy::named("no-room");
    let call =
        |cache: &Cache, entry: u32, value: u32| cache.get_or_compute(&entry, &policy, || value);
    far(&cache).owed.gives_up_at_most(1);
    outside.plan(|plan| plan.loses_heads = true);
    call(&cache, 1, 1);
    outside.plan(|plan| plan.loses_heads = false);
    call(&other, 2, 2);
    assert_eq!(call(&cache, 2, 3), 2, "there was room for it");
    outside.plan(|plan| plan.loses_heads = true);
    call(&cache, 3, 3);
    outside.plan(|plan| plan.loses_heads = false);
    assert_eq!(
        call(&cache, 2, 3),
        3,
        "what may have landed is not told from others"
    );
    assert_eq!(call(&outside.cache(), 2, 4), 3);
}

/// A cache that owes the deletion of these entries, and is reminded of none.
fn owing(outside: &Outside, entries: std::ops::Range<u32>) -> Cache {
    let cache = outside.cache();
    far(&cache).owed.is_never_reminded();
    outside.plan(|plan| plan.is_out = true);
    for entry in entries {
        cache.invalidate::<u32>(&entry, &Policy::named("owing"));
    }
    outside.plan(|plan| plan.is_out = false);
    cache
}

#[test]
fn whoever_pays_one_debt_has_the_others_collected() {
    let outside = Outside::default();
    let cache = owing(&outside, 0..200);
    assert_eq!(far(&cache).owed.many(), 200);
    cache.get_or_compute(&7_u32, &Policy::named("owing"), || 7_u32);
    eventually(|| far(&cache).owed.many() == 0);
}

#[test]
fn what_is_owed_is_collected_when_a_server_comes_back() {
    let outside = Outside::default();
    let cache = owing(&outside, 0..3);
    let alerts = lock(&outside.0.alerts).clone().expect("it was told");
    alerts.tell(&Arc::from("outside"), Availability::Up);
    eventually(|| far(&cache).owed.many() == 0);
}
