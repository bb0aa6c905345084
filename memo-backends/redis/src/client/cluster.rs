//! A cluster: every name has a slot, and every slot a server, which may change.

use std::collections::HashMap;
use std::fmt;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use memo_core::Waits;
use memo_core::backend::{Answer, Fault, FaultKind, ServerStats};
use memo_net::retry::Twice;
use memo_net::runtime::{handle, within};
use memo_net::{Address, Deadline};
use redis::{Pipeline, Value, cmd};

use super::node::Node;
use super::sentinel::share;
use super::slots::{self, Range, slot_of};
use super::target::{Place, Target};
use super::{Keyed, Manner, Road};
use crate::error;

pub(crate) struct Cluster {
    /// Those who were named. They are asked for the others.
    seeds: Vec<Arc<Node>>,
    template: Target,
    make: Box<dyn Fn(Target) -> Node + Send + Sync>,
    map: RwLock<Map>,
    /// When the map was last asked for. Who holds it asks.
    asked: Mutex<Option<Instant>>,
}

/// Who has which slots, as far as is known.
#[derive(Default)]
struct Map {
    nodes: HashMap<Address, Arc<Node>>,
    /// In their order.
    ranges: Vec<Range>,
    /// Whether a server has said otherwise, or failed.
    is_doubtful: bool,
}

/// One command on its way.
struct Errand {
    /// Which of the commands.
    place: usize,
    node: Arc<Node>,
    /// The server takes it only if it is told that we know: the slot is on its way there.
    asking: bool,
}

/// How often one command is sent on. A slot that moves sends twice.
const SENT_ON: usize = 4;

/// How often a doubtful map is asked for.
const PAUSE: Duration = Duration::from_millis(250);

impl Cluster {
    pub(super) fn new(
        seeds: Vec<Address>,
        template: Target,
        make: Box<dyn Fn(Target) -> Node + Send + Sync>,
    ) -> Self {
        let seed = |address| {
            let place = Place::At(address);
            Arc::new(make(Target {
                place,
                ..template.clone()
            }))
        };
        Self {
            seeds: seeds.into_iter().map(seed).collect(),
            template: template.clone(),
            make,
            map: RwLock::default(),
            asked: Mutex::default(),
        }
    }

    pub(super) async fn one(
        self: &Arc<Self>,
        keyed: Keyed<'_>,
        manner: Manner<'_>,
    ) -> Answer<Value> {
        let answers = self.each(vec![keyed], manner).await?;
        answers.into_iter().next().ok_or_else(error::senseless)
    }

    /// Each server is asked once for all that it has, all servers at a time; what has moved is asked for again where it is now.
    pub(super) async fn each(
        self: &Arc<Self>,
        keyed: Vec<Keyed<'_>>,
        manner: Manner<'_>,
    ) -> Answer<Vec<Value>> {
        self.know(manner).await?;
        let mut answers: Vec<Value> = keyed.iter().map(|_| Value::Nil).collect();
        let mut errands = self.errands(&keyed)?;
        for _ in 0..=SENT_ON {
            let rounds = by_server(errands).into_iter();
            let rounds = rounds.map(|round| ask_server(round, &keyed, manner));
            errands = Vec::new();
            for (errand, value) in self.collect(join_all(rounds).await)? {
                match self.redirected(&errand, &value) {
                    Some(next) => errands.push(next),
                    None => {
                        if let Some(answer) = answers.get_mut(errand.place) {
                            *answer = value;
                        }
                    }
                }
            }
            if errands.is_empty() {
                return Ok(answers);
            }
        }
        let message = "the cluster keeps sending us on";
        Err(Fault::new(FaultKind::Other, message))
    }

    /// Of those who have slots; of those who were named, while it is not known who has.
    pub(super) fn stats(&self) -> Vec<ServerStats> {
        let nodes = self.nodes();
        nodes.iter().map(|node| node.health().stats()).collect()
    }

    fn nodes(&self) -> Vec<Arc<Node>> {
        let map = self.map.read().unwrap_or_else(PoisonError::into_inner);
        match map.nodes.is_empty() {
            true => self.seeds.clone(),
            false => map.nodes.values().cloned().collect(),
        }
    }

    /// Sees to it that there is a map, and asks for a new one if it is in doubt.
    async fn know(self: &Arc<Self>, manner: Manner<'_>) -> Answer<()> {
        let began = Instant::now();
        let (is_known, is_doubtful) = {
            let map = self.map.read().unwrap_or_else(PoisonError::into_inner);
            (!map.ranges.is_empty(), map.is_doubtful)
        };
        if is_known && !is_doubtful {
            return Ok(());
        }
        let learned = match manner.waits {
            Waits::Blocking => self.learn(is_known, began, manner.deadline.end()),
            Waits::Async => {
                let cluster = Arc::clone(self);
                let until = manner.deadline.end();
                let learning =
                    handle()?.spawn_blocking(move || cluster.learn(is_known, began, until));
                let learned = async { learning.await.unwrap_or_else(|_| Err(error::cut())) };
                within(until, pin!(learned)).await
            }
        };
        // A map in doubt is better than none.
        learned.or_else(|fault| if is_known { Ok(()) } else { Err(fault) })
    }

    /// Asks for the map, unless somebody did so just now.
    fn learn(&self, is_known: bool, began: Instant, until: Instant) -> Answer<()> {
        let mut asked = match self.asked.try_lock() {
            Ok(asked) => asked,
            Err(_) if is_known => return Ok(()),
            Err(_) => self.asked.lock().unwrap_or_else(PoisonError::into_inner),
        };
        let is_recent = |when: Instant| match is_known {
            true => when.elapsed() < PAUSE,
            false => when >= began && self.is_known(),
        };
        if asked.is_some_and(is_recent) {
            return Ok(());
        }
        let learned = self.ask_for_map(until);
        *asked = Some(Instant::now());
        self.adopt(learned?);
        Ok(())
    }

    fn is_known(&self) -> bool {
        let map = self.map.read().unwrap_or_else(PoisonError::into_inner);
        !map.ranges.is_empty()
    }

    /// The map of the first server that has one. Each has its share of the time; those taken to be down need none.
    fn ask_for_map(&self, until: Instant) -> Answer<Vec<Range>> {
        let mut nodes = self.nodes();
        nodes.extend(self.seeds.iter().cloned());
        let mut fault = error::late();
        for (turn, node) in nodes.iter().enumerate() {
            match ask_for_map(node, share(until, nodes.len() - turn)) {
                Ok(ranges) if !ranges.is_empty() => return Ok(ranges),
                Ok(_) => fault = Fault::new(FaultKind::Connect, "the cluster has no slots yet"),
                Err(other) => fault = other,
            }
        }
        Err(fault)
    }

    fn adopt(&self, ranges: Vec<Range>) {
        let mut map = self.map.write().unwrap_or_else(PoisonError::into_inner);
        let mut nodes = HashMap::new();
        for range in &ranges {
            let address = &range.address;
            if !nodes.contains_key(address) {
                let node = map.nodes.get(address).cloned();
                nodes.insert(
                    address.clone(),
                    node.unwrap_or_else(|| self.server(address)),
                );
            }
        }
        *map = Map {
            nodes,
            ranges,
            is_doubtful: false,
        };
    }

    /// The server at an address that is not in the map yet.
    fn server(&self, address: &Address) -> Arc<Node> {
        let known = |seed: &&Arc<Node>| seed.address() == Some(address);
        if let Some(seed) = self.seeds.iter().find(known) {
            return Arc::clone(seed);
        }
        let place = Place::At(address.clone());
        Arc::new((self.make)(Target {
            place,
            ..self.template.clone()
        }))
    }

    fn errands(&self, keyed: &[Keyed<'_>]) -> Answer<Vec<Errand>> {
        let map = self.map.read().unwrap_or_else(PoisonError::into_inner);
        let errand = |(place, keyed): (usize, &Keyed<'_>)| {
            let node = map.node_of(slot_of(keyed.name)).ok_or_else(|| {
                Fault::new(FaultKind::Connect, "no server of the cluster has this slot")
            })?;
            Ok(Errand {
                place,
                node,
                asking: false,
            })
        };
        keyed.iter().enumerate().map(errand).collect()
    }

    /// The answers of all servers; the fault of one is a fault of the whole.
    fn collect(
        &self,
        rounds: Vec<(Vec<Errand>, Answer<Vec<Value>>)>,
    ) -> Answer<Vec<(Errand, Value)>> {
        let mut all = Vec::new();
        for (errands, answer) in rounds {
            let values = answer.inspect_err(|_| self.doubt())?;
            all.extend(errands.into_iter().zip(values));
        }
        Ok(all)
    }

    /// Where the server sends us, if it does.
    fn redirected(&self, errand: &Errand, answer: &Value) -> Option<Errand> {
        let Value::ServerError(error) = answer else {
            return None;
        };
        let asking = match error.code() {
            "ASK" => true,
            "MOVED" => false,
            _ => return None,
        };
        if !asking {
            self.doubt();
        }
        let address = slots::read_redirection(error.details()?, errand.node.address()?)?;
        let node = self.at(address);
        Some(Errand {
            place: errand.place,
            node,
            asking,
        })
    }

    /// The server at this address, which may be new.
    fn at(&self, address: Address) -> Arc<Node> {
        let mut map = self.map.write().unwrap_or_else(PoisonError::into_inner);
        let node = map.nodes.entry(address);
        let node = node.or_insert_with_key(|address| self.server(address));
        Arc::clone(node)
    }

    fn doubt(&self) {
        let mut map = self.map.write().unwrap_or_else(PoisonError::into_inner);
        map.is_doubtful = true;
    }
}

impl Map {
    fn node_of(&self, slot: u16) -> Option<Arc<Node>> {
        let behind = self.ranges.partition_point(|range| range.first <= slot);
        let range = self.ranges.get(behind.checked_sub(1)?)?;
        let node = self.nodes.get(&range.address)?;
        (slot <= range.last).then(|| Arc::clone(node))
    }
}

fn ask_for_map(node: &Node, until: Instant) -> Answer<Vec<Range>> {
    let mut question = cmd("CLUSTER");
    question.arg("SLOTS");
    let deadline = Deadline::after(until.saturating_duration_since(Instant::now()));
    let manner = Manner {
        waits: Waits::Blocking,
        deadline: &deadline,
        twice: Twice::Same,
        road: Road::Looks,
    };
    let reply = node.ask_blocking(&question, manner)?;
    match (&reply, node.address()) {
        (Value::ServerError(error), _) => Err(error::of_server(error)),
        (_, Some(asked)) => slots::read(&reply, asked),
        (_, None) => Err(error::senseless()),
    }
}

fn by_server(errands: Vec<Errand>) -> Vec<Vec<Errand>> {
    let mut rounds: Vec<Vec<Errand>> = Vec::new();
    for errand in errands {
        let same = |round: &&mut Vec<Errand>| {
            let first = round.first();
            first.is_some_and(|first| Arc::ptr_eq(&first.node, &errand.node))
        };
        match rounds.iter_mut().find(same) {
            Some(round) => round.push(errand),
            None => rounds.push(vec![errand]),
        }
    }
    rounds
}

async fn ask_server(
    round: Vec<Errand>,
    keyed: &[Keyed<'_>],
    manner: Manner<'_>,
) -> (Vec<Errand>, Answer<Vec<Value>>) {
    let Some(node) = round.first().map(|first| Arc::clone(&first.node)) else {
        return (round, Ok(Vec::new()));
    };
    let mut pipeline = Pipeline::new();
    for errand in &round {
        if errand.asking {
            pipeline.add_command(cmd("ASKING"));
        }
        if let Some(keyed) = keyed.get(errand.place) {
            pipeline.add_command(keyed.command.clone());
        }
    }
    let answer = node.ask(&pipeline, manner).await;
    let answer = answer.map(|values| without_asking(&round, values));
    (round, answer)
}

/// The answers without those to `ASKING`; where that was refused, the refusal is the answer.
fn without_asking(round: &[Errand], values: Vec<Value>) -> Vec<Value> {
    let mut values = values.into_iter().peekable();
    let mut answers = Vec::with_capacity(round.len());
    for errand in round {
        let asking = values.next_if(|_| errand.asking);
        let answer = values.next();
        let refusal = asking.filter(|asking| matches!(asking, Value::ServerError(_)));
        answers.extend(refusal.or(answer));
    }
    answers
}

impl fmt::Debug for Cluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cluster")
            .field("seeds", &self.seeds)
            .finish_non_exhaustive()
    }
}
