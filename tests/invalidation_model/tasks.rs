//! Those who read, change and give up, at random.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use memo::{with_cache, with_cache_async};

use crate::dice::Dice;
use crate::functions::{ASYNC, Async, BLOCKING, Blocking};
use crate::history::{Key, What};
use crate::world::{KEYS, Store, World};

/// What to do next.
enum Deed {
    Call { force: bool },
    Refresh,
    Peek,
    Put,
    Invalidate,
    InvalidateAll,
}

/// What one task does now.
struct Turn {
    deed: Deed,
    number: usize,
    cache: usize,
    /// After how long it is given up, where it is asynchronous.
    drop_after: Option<Duration>,
}

impl Turn {
    fn draw(world: &World, dice: &mut Dice) -> Self {
        let deed = match dice.below(40) {
            0..=23 => Deed::Call { force: false },
            24..=27 => Deed::Peek,
            28..=34 => Deed::Invalidate,
            // Across processes these are ordered by the store only where it stores them.
            _ if world.caches.len() > 1 => Deed::Call { force: false },
            35 => Deed::Call { force: true },
            36 => Deed::Refresh,
            37 if world.store == Store::Memory => Deed::InvalidateAll,
            _ => Deed::Put,
        };
        Self {
            deed,
            number: dice.below(KEYS) as usize,
            cache: dice.below(world.caches.len() as u64) as usize,
            drop_after: (dice.below(3) == 0).then(|| Duration::from_micros(dice.below(3000))),
        }
    }
}

/// Returns which function is next: large values are seldom, since they take long.
fn draw_function<F>(
    all: &'static [F],
    names: fn(&F) -> (&'static str, bool),
    world: &World,
    dice: &mut Dice,
) -> usize {
    loop {
        let drawn = dice.below(all.len() as u64) as usize;
        let (name, has_lock) = names(&all[drawn]);
        let is_due = !name.contains("large") || dice.below(20) == 0;
        if is_due && (has_lock || world.caches.len() == 1) {
            return drawn;
        }
    }
}

/// A thread that makes blocking calls.
pub(crate) fn run(world: &World, task: usize) {
    let mut dice = Dice::new(world.seed ^ (task as u64) << 32);
    while !world.is_over() {
        let drawn = draw_function(
            &BLOCKING,
            |each| (each.name, each.has_lock()),
            world,
            &mut dice,
        );
        let turn = Turn::draw(world, &mut dice);
        let keys = &world.blocking[drawn];
        with_cache(&world.caches[turn.cache], || {
            act(world, &BLOCKING[drawn], keys, task, &turn)
        });
    }
}

fn act(world: &World, function: &Blocking, keys: &[Key], task: usize, turn: &Turn) {
    let (key, who, n) = (&keys[turn.number], (task, turn.cache), turn.number as u64);
    match turn.deed {
        Deed::Call { force } => {
            let floor = begin_read(key, who);
            let value = (function.call)(n, force, key);
            world.judge(key, who, floor, value);
        }
        Deed::Refresh => {
            let floor = begin_read(key, who);
            let value = (function.refresh)(n, key);
            world.judge(key, who, floor, value);
        }
        Deed::Peek => {
            let floor = begin_look(key, who);
            let value = (function.peek)(n, key);
            looked(world, key, who, floor, value);
        }
        Deed::Put => {
            let _turn = key.turn.blocking_lock();
            let version = begin_change(world, key, who);
            (function.put)(n, key, version);
            acknowledged(world, key, who, version);
        }
        Deed::Invalidate => {
            let _turn = key.turn.blocking_lock();
            let version = begin_change(world, key, who);
            match (function.invalidate)(n, key) {
                Ok(_) => acknowledged(world, key, who, version),
                Err(_) => key.note(task, turn.cache, What::NotAcknowledged),
            }
        }
        Deed::InvalidateAll => {
            let _turns = keys
                .iter()
                .map(|key| key.turn.blocking_lock())
                .collect::<Vec<_>>();
            let versions = keys
                .iter()
                .map(|key| begin_change(world, key, who))
                .collect::<Vec<_>>();
            (function.invalidate_all)(&world.caches[turn.cache]);
            for (key, version) in keys.iter().zip(versions) {
                acknowledged(world, key, who, version);
            }
        }
    }
}

/// A task that makes asynchronous calls, and gives many of them up.
pub(crate) async fn run_async(world: Arc<World>, task: usize) {
    let mut dice = Dice::new(world.seed ^ (task as u64) << 32);
    while !world.is_over() {
        let drawn = draw_function(
            &ASYNC,
            |each| (each.name, each.has_lock()),
            &world,
            &mut dice,
        );
        let turn = Turn::draw(&world, &mut dice);
        let keys = &world.asynchronous[drawn];
        let cache = &world.caches[turn.cache];
        let action = Box::pin(act_async(&world, &ASYNC[drawn], keys, task, &turn));
        with_cache_async(cache, action).await;
        tokio::task::yield_now().await;
    }
}

async fn act_async(world: &World, function: &Async, keys: &[Arc<Key>], task: usize, turn: &Turn) {
    let (key, who, n) = (&keys[turn.number], (task, turn.cache), turn.number as u64);
    match turn.deed {
        Deed::Call { force } => {
            let floor = begin_read(key, who);
            let call = (function.call)(n, force, key.clone());
            if let Some(value) = given_up(world, key, who, turn, call).await {
                world.judge(key, who, floor, value);
            }
        }
        Deed::Refresh => {
            let floor = begin_read(key, who);
            let call = (function.refresh)(n, key.clone());
            if let Some(value) = given_up(world, key, who, turn, call).await {
                world.judge(key, who, floor, value);
            }
        }
        Deed::Peek => {
            let floor = begin_look(key, who);
            if let Some(value) =
                given_up(world, key, who, turn, (function.peek)(n, key.clone())).await
            {
                looked(world, key, who, floor, value);
            }
        }
        Deed::Put => {
            let _turn = key.turn.lock().await;
            let version = begin_change(world, key, who);
            let put = (function.put)(n, key.clone(), version);
            if given_up(world, key, who, turn, put).await.is_some() {
                acknowledged(world, key, who, version);
            }
        }
        Deed::Invalidate => {
            let _turn = key.turn.lock().await;
            let version = begin_change(world, key, who);
            let invalidation = (function.invalidate)(n, key.clone());
            match given_up(world, key, who, turn, invalidation).await {
                Some(Ok(_)) => acknowledged(world, key, who, version),
                Some(Err(_)) => key.note(task, turn.cache, What::NotAcknowledged),
                None => {}
            }
        }
        Deed::InvalidateAll => {
            let mut turns = Vec::new();
            for key in keys {
                turns.push(key.turn.lock().await);
            }
            let versions = keys
                .iter()
                .map(|key| begin_change(world, key, who))
                .collect::<Vec<_>>();
            (function.invalidate_all)(world.caches[turn.cache].clone()).await;
            for (key, version) in keys.iter().zip(versions) {
                acknowledged(world, key, who, version);
            }
        }
    }
}

/// Waits for a future as long as is patient, and drops it then.
async fn given_up<T>(
    world: &World,
    key: &Key,
    (task, cache): (usize, usize),
    turn: &Turn,
    future: impl Future<Output = T>,
) -> Option<T> {
    let Some(patience) = turn.drop_after else {
        return Some(future.await);
    };
    let output = tokio::time::timeout(patience, future).await.ok();
    if output.is_none() {
        world.figures.dropped.fetch_add(1, Ordering::Relaxed);
        key.note(task, cache, What::Dropped);
    }
    output
}

fn begin_read(key: &Key, (task, cache): (usize, usize)) -> u64 {
    let floor = key.floor(cache);
    key.note(task, cache, What::Reads { floor });
    floor
}

/// A look joins nobody, so what another process had acknowledged holds for it as well.
fn begin_look(key: &Key, (task, cache): (usize, usize)) -> u64 {
    let floor = key.common_floor();
    key.note(task, cache, What::Reads { floor });
    floor
}

fn looked(world: &World, key: &Key, who: (usize, usize), floor: u64, value: Option<u64>) {
    match value {
        Some(value) => world.judge(key, who, floor, value),
        None => key.note(who.0, who.1, What::HasNothing),
    }
}

fn begin_change(world: &World, key: &Key, (task, cache): (usize, usize)) -> u64 {
    let to = key.change();
    world.figures.changes.fetch_add(1, Ordering::Relaxed);
    key.note(task, cache, What::Changes { to });
    to
}

fn acknowledged(world: &World, key: &Key, (task, cache): (usize, usize), version: u64) {
    key.acknowledge(cache, version);
    world.figures.acknowledged.fetch_add(1, Ordering::Relaxed);
    key.note(task, cache, What::Acknowledged { floor: version });
}
