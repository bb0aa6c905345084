//! One server: its health, and the connections to it.

use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use memo_core::Waits;
use memo_core::backend::Answer;
use memo_net::retry::{self, Twice};
use memo_net::runtime::{PerRuntime, within};
use memo_net::{Address, Deadline, Health, Listeners, Pool, Pooled, Unlent};
use redis::{Cmd, Value, cmd};

use super::lane::{Lane, Live};
use super::question::Question;
use super::resp::LONGEST_BULK;
use super::target::{Place, Target};
use super::wire::Wire;
use super::{Manner, Road};

#[derive(Debug)]
pub(crate) struct Node {
    target: Arc<Target>,
    health: Health,
    wires: Pool<Wire>,
    looks: PerRuntime<Arc<Lane>>,
    changes: PerRuntime<Arc<Lane>>,
}

impl Node {
    pub(super) fn new(target: Target, connections: usize, listeners: Listeners) -> Self {
        let target = Arc::new(target);
        let probed = Arc::clone(&target);
        let patience = listeners.clone();
        let probe = move || ping(&probed, patience.patience());
        let wired = Arc::clone(&target);
        Self {
            health: Health::new(target.place.to_string(), listeners, probe),
            wires: Pool::new(connections.max(1), move |until| {
                Wire::connect(&wired, until)
            }),
            looks: PerRuntime::new(),
            changes: PerRuntime::new(),
            target,
        }
    }

    pub(super) fn health(&self) -> &Health {
        &self.health
    }

    /// Where it is, if that does not change.
    pub(super) fn address(&self) -> Option<&Address> {
        match &self.target.place {
            Place::At(address) => Some(address),
            Place::Watched(_) => None,
        }
    }

    /// Asks, unless the server is taken to be down. Errors that concern the question alone are in the reply.
    pub(super) async fn ask<Q: Question>(
        &self,
        question: &Q,
        manner: Manner<'_>,
    ) -> Answer<Q::Reply> {
        if manner.waits == Waits::Blocking {
            return self.ask_blocking(question, manner);
        }
        let admission = self.health.admit()?;
        admission.settle(heard::<Q>(self.over_lane(question, manner).await))
    }

    /// [`ask`](Self::ask) for those who block.
    pub(super) fn ask_blocking<Q: Question>(
        &self,
        question: &Q,
        manner: Manner<'_>,
    ) -> Answer<Q::Reply> {
        let admission = self.health.admit()?;
        let answer = match self.wires.take(manner.deadline) {
            Ok(wire) => self.over_wire(wire, question, manner),
            Err(Unlent::Failed(fault)) => Err(fault),
            // The server was not asked, and nothing is noted of it.
            Err(Unlent::Shortage(fault)) => return Err(fault),
        };
        admission.settle(heard::<Q>(answer))
    }

    fn over_wire<Q: Question>(
        &self,
        mut wire: Pooled<'_, Wire>,
        question: &Q,
        manner: Manner<'_>,
    ) -> Answer<Q::Reply> {
        let is_new = wire.is_new();
        let first = wire.ask(question, manner.deadline.end());
        if !self.is_over::<Q>(&first) {
            return first;
        }
        if !self.is_asked_again(&first, manner.twice, is_new) {
            wire.discard();
            return first;
        }
        self.wires.clear();
        let mut wire = wire.replaced(manner.deadline)?;
        let second = wire.ask(question, manner.deadline.end());
        if self.is_over::<Q>(&second) {
            wire.discard();
        }
        second
    }

    async fn over_lane<Q: Question>(&self, question: &Q, manner: Manner<'_>) -> Answer<Q::Reply> {
        let lanes = match manner.road {
            Road::Looks => &self.looks,
            Road::Changes => &self.changes,
        };
        let lane = lanes.get_or(|runtime| {
            let target = Arc::clone(&self.target);
            Arc::new(Lane::new(target, runtime.clone()))
        })?;
        let until = manner.deadline.end();
        let mut is_second = false;
        loop {
            let live = connected(&lane, until).await?;
            let is_new = live.is_new();
            let answer = within(until, pin!(live.ask(question))).await;
            if !self.is_over::<Q>(&answer) {
                return answer;
            }
            lane.discard(&live);
            let is_innocent = live.is_exceeded()
                && answer.is_err()
                && !is_second
                && manner.twice == Twice::Same
                && self.is_short_enough(question, &lane, until).await;
            if !is_innocent && (is_second || !self.is_asked_again(&answer, manner.twice, is_new)) {
                return answer;
            }
            is_second = true;
        }
    }

    /// After somebody's answer was too long, for all who asked over that connection: whether this question is not the one that it was for. Only the
    /// lengths are asked, so that it is not so again.
    async fn is_short_enough<Q: Question>(
        &self,
        question: &Q,
        lane: &Arc<Lane>,
        until: Instant,
    ) -> bool {
        self.health.retried();
        let lengths = question.lengths();
        if lengths.is_empty() {
            return true;
        }
        let Ok(live) = connected(lane, until).await else {
            return false;
        };
        let answer = within(until, pin!(live.ask(&lengths))).await;
        let fits = |length: &Value| match length {
            Value::Int(length) => usize::try_from(*length).is_ok_and(|it| it <= LONGEST_BULK),
            // Whatever is there has no length.
            Value::ServerError(error) => error.code() == "WRONGTYPE",
            _ => false,
        };
        answer.is_ok_and(|lengths| lengths.iter().all(fits))
    }

    /// Whether the connection is of no use any more.
    fn is_over<Q: Question>(&self, answer: &Answer<Q::Reply>) -> bool {
        match answer {
            Ok(reply) => self.target.is_watched() && Q::is_replica(reply),
            Err(_) => true,
        }
    }

    /// A server that says it is a replica has done nothing: whoever is master now is asked.
    fn is_asked_again<R>(&self, answer: &Answer<R>, twice: Twice, is_new: bool) -> bool {
        let again = match answer {
            Ok(_) => true,
            Err(fault) => retry::is_due(fault, twice, is_new),
        };
        if again {
            self.health.retried();
        }
        again
    }
}

/// What a server says about itself is a fault.
fn heard<Q: Question>(answer: Answer<Q::Reply>) -> Answer<Q::Reply> {
    answer.and_then(|reply| match Q::complaint(&reply) {
        Some(fault) => Err(fault),
        None => Ok(reply),
    })
}

async fn connected(lane: &Arc<Lane>, until: Instant) -> Answer<Arc<Live>> {
    match lane.current() {
        Some(live) => Ok(live),
        None => within(until, pin!(lane.connect(until))).await,
    }
}

/// Whether the server answers; what it answers with does not matter, unless it is about itself.
fn ping(target: &Target, time: Duration) -> Answer<()> {
    let until = Deadline::after(time).end();
    let reply = Wire::connect(target, until)?.ask(&cmd("PING"), until)?;
    Cmd::complaint(&reply).map_or(Ok(()), Err)
}
