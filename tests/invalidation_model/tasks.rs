//! Those who read, change and give up, at random.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use memo::{with_cache, with_cache_async};

use crate::dice::Dice;
use crate::functions::{ASYNC, Async, BLOCKING, Blocking};
use crate::history::{Key, UnderWay, What};
use crate::world::{Caches, KEYS, Store, World};

/// Between two operations while a server is left alone: they cost next to nothing, and would be most of what is tried.
const REST: Duration = Duration::from_millis(20);

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
            0..=22 => Deed::Call { force: false },
            23..=26 => Deed::Peek,
            27..=33 => Deed::Invalidate,
            34 => Deed::Call { force: true },
            35 | 36 => Deed::Refresh,
            37 if world.store == Store::Memory => Deed::InvalidateAll,
            _ => Deed::Put,
        };
        let is_impatient = dice.below(3) == 0 && world.can_be_dropped(deed.writes());
        let patience = Duration::from_micros(dice.below(3000));
        Self {
            deed,
            number: dice.below(KEYS) as usize,
            cache: dice.below(world.caches.len() as u64) as usize,
            drop_after: is_impatient.then_some(patience),
        }
    }
}

impl Deed {
    /// Whether it may store something.
    fn writes(&self) -> bool {
        !matches!(self, Self::Peek | Self::Invalidate | Self::InvalidateAll)
    }
}

/// Returns which function is next: large values are seldom, since they take long.
fn draw_function(names: &[&str], world: &World, dice: &mut Dice) -> usize {
    loop {
        let drawn = dice.below(names.len() as u64) as usize;
        let is_due = !names[drawn].contains("large") || dice.below(20) == 0;
        if is_due && world.has(names[drawn]) {
            return drawn;
        }
    }
}

/// A thread that makes blocking calls.
pub(crate) fn run(world: &World, task: usize) {
    let mut dice = Dice::new(world.seed ^ (task as u64) << 32);
    let names = BLOCKING.each_ref().map(|each| each.name);
    while !world.is_over() {
        let drawn = draw_function(&names, world, &mut dice);
        let turn = Turn::draw(world, &mut dice);
        let keys = &world.blocking[drawn];
        with_cache(&world.caches[turn.cache], || {
            act(world, &BLOCKING[drawn], keys, task, &turn)
        });
        if world.is_cut_off(turn.cache) {
            thread::sleep(REST);
        }
    }
}

fn act(world: &World, function: &Blocking, keys: &[Key], task: usize, turn: &Turn) {
    let (key, who, n) = (&keys[turn.number], (task, turn.cache), turn.number as u64);
    match turn.deed {
        Deed::Call { force } => {
            let (_under_way, floor) = begin_call(key, who);
            let value = (function.call)(n, force, key);
            world.judge(key, who, floor, value);
        }
        Deed::Refresh => {
            let (_under_way, floor) = begin_call(key, who);
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
            let change = Change::begin(world, key, who);
            (function.put)(n, key, change.to);
            change.made();
        }
        Deed::Invalidate => {
            let _turn = key.turn.blocking_lock();
            let change = Change::begin(world, key, who);
            match (function.invalidate)(n, key) {
                Ok(_) => change.acknowledged(),
                Err(_) => key.note(task, turn.cache, What::NotAcknowledged),
            }
        }
        Deed::InvalidateAll => {
            let _turns = keys
                .iter()
                .map(|key| key.turn.blocking_lock())
                .collect::<Vec<_>>();
            let changes = keys.iter().map(|key| Change::begin(world, key, who));
            let changes = changes.collect::<Vec<_>>();
            (function.invalidate_all)(&world.caches[turn.cache]);
            changes.into_iter().for_each(Change::acknowledged);
        }
    }
}

/// A task that makes asynchronous calls, and gives many of them up.
pub(crate) async fn run_async(world: Arc<World>, task: usize) {
    let mut dice = Dice::new(world.seed ^ (task as u64) << 32);
    let names = ASYNC.each_ref().map(|each| each.name);
    while !world.is_over() {
        let drawn = draw_function(&names, &world, &mut dice);
        let turn = Turn::draw(&world, &mut dice);
        let keys = &world.asynchronous[drawn];
        let cache = &world.caches[turn.cache];
        let action = Box::pin(act_async(&world, &ASYNC[drawn], keys, task, &turn));
        with_cache_async(cache, action).await;
        match world.is_cut_off(turn.cache) {
            true => tokio::time::sleep(REST).await,
            false => tokio::task::yield_now().await,
        }
    }
}

async fn act_async(world: &World, function: &Async, keys: &[Arc<Key>], task: usize, turn: &Turn) {
    let (key, who, n) = (&keys[turn.number], (task, turn.cache), turn.number as u64);
    match turn.deed {
        Deed::Call { force } => {
            let (_under_way, floor) = begin_call(key, who);
            let call = (function.call)(n, force, key.clone());
            if let Some(value) = given_up(world, key, who, turn, call).await {
                world.judge(key, who, floor, value);
            }
        }
        Deed::Refresh => {
            let (_under_way, floor) = begin_call(key, who);
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
            let change = Change::begin(world, key, who);
            let put = (function.put)(n, key.clone(), change.to);
            if given_up(world, key, who, turn, put).await.is_some() {
                change.made();
            }
        }
        Deed::Invalidate => {
            let _turn = key.turn.lock().await;
            let change = Change::begin(world, key, who);
            let invalidation = (function.invalidate)(n, key.clone());
            match given_up(world, key, who, turn, invalidation).await {
                Some(Ok(_)) => change.acknowledged(),
                Some(Err(_)) => key.note(task, turn.cache, What::NotAcknowledged),
                None => {}
            }
        }
        Deed::InvalidateAll => {
            let mut turns = Vec::new();
            for key in keys {
                turns.push(key.turn.lock().await);
            }
            let changes = keys.iter().map(|key| Change::begin(world, key, who));
            let changes = changes.collect::<Vec<_>>();
            (function.invalidate_all)(world.caches[turn.cache].clone()).await;
            changes.into_iter().for_each(Change::acknowledged);
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

fn begin_call(key: &Key, (task, cache): (usize, usize)) -> (UnderWay<'_>, u64) {
    let (under_way, floor) = key.begin_call(cache);
    key.note(task, cache, What::Reads { floor });
    (under_way, floor)
}

/// A look joins nobody.
fn begin_look(key: &Key, (task, cache): (usize, usize)) -> u64 {
    let floor = key.floor(cache).max(key.common_floor());
    key.note(task, cache, What::Reads { floor });
    floor
}

fn looked(world: &World, key: &Key, who: (usize, usize), floor: u64, value: Option<u64>) {
    match value {
        Some(value) => world.judge(key, who, floor, value),
        None => key.note(who.0, who.1, What::HasNothing),
    }
}

/// A change of the source that the caches are told of.
struct Change<'a> {
    world: &'a World,
    key: &'a Key,
    who: (usize, usize),
    to: u64,
    /// By cache, whether nobody computed there who may have read the source before.
    idle: [bool; 2],
}

impl<'a> Change<'a> {
    fn begin(world: &'a World, key: &'a Key, who: (usize, usize)) -> Self {
        let to = key.change();
        world.figures.changes.fetch_add(1, Ordering::Relaxed);
        key.note(who.0, who.1, What::Changes { to });
        Self {
            world,
            key,
            who,
            to,
            idle: key.idle(),
        }
    }

    /// The store has said that the older value is gone.
    fn acknowledged(self) {
        let holds_everywhere = match self.world.caches_are {
            Caches::Alone | Caches::Ordered => true,
            Caches::Unordered => self.idle == [true; 2],
        };
        if holds_everywhere {
            self.key.acknowledge_everywhere(self.to);
        }
        let acknowledged = &self.world.figures.acknowledged;
        acknowledged.fetch_add(1, Ordering::Relaxed);
        self.made();
    }

    /// The cache has taken note of it. The store need not have.
    fn made(self) {
        let (task, cache) = self.who;
        let holds = match self.world.caches_are {
            Caches::Alone | Caches::Ordered => true,
            Caches::Unordered => self.idle[1 - cache],
        };
        if holds {
            self.key.acknowledge(cache, self.to);
            let floor = self.to;
            self.key.note(task, cache, What::Acknowledged { floor });
        }
    }
}
