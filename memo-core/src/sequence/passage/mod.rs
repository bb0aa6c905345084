//! The passage of a sequence from its source to its consumer: what to do next, and from where.
//!
//! A source is what is stored, another call's production, or the body. When one is lost after some items were given, the next one begins anew; its
//! first items are checked against those that were given, by a digest, and not given again. Nothing here waits: `iter` and `stream` do what a
//! [`Turn`] says.

mod body;
mod ending;
mod source;

use std::sync::Arc;

pub(super) use self::body::{Verdict, Yielded};
use self::ending::{scrap_aside, scrapping};
use super::follower::Follower;
use super::ledger::Ledger;
use super::patience::Patience;
use super::reader::Reader;
use super::scene::{Looked, Scene, Scrap};
use super::spool::{End, Spool, Waited};
use super::torn::Torn;
use super::watch::SampledWatch;
use super::writer::Writer;
use super::{ItemRules, Yield};
use crate::backend::{Answer, Boxed, Bytes};
use crate::cache::Delivered;
use crate::codec::Wire;
use crate::context::{self, Mode, Surroundings};
use crate::entry::Place;
use crate::event::{Event, Miss};
use crate::flight::{Avoid, Follow, Lead, Permit, Right, Role};
use crate::key::Key;
use crate::site::Site;
use crate::waits::Waits;

/// The passage of one call's items.
pub(super) struct Passage<T> {
    scene: Arc<Scene>,
    wire: Wire<T>,
    mode: Mode,
    stage: Stage,
    ledger: Ledger,
    /// The item at hand, encoded.
    scratch: Vec<u8>,
    surroundings: Surroundings,
    watch: SampledWatch,
    scrap: Option<Scrap>,
    /// The production that this one did not wait for any longer.
    overtakes: Option<Arc<Spool>>,
    missed: bool,
    /// Whether what is stored may still be the source.
    looks: bool,
    /// Whether nobody has seen what was given, until all is given.
    is_whole: bool,
    began_anew: bool,
}

/// Where the items come from.
enum Stage {
    /// It is being asked what is stored; a leader looks again, because another may just have landed.
    Looking(Option<(Lead, Arc<Spool>)>),
    Reading(Box<Reader>),
    Following(Box<Follower>),
    /// From the body, and to the backend.
    Producing(Box<Writer>),
    /// The body has ended; what it yielded is to be made visible.
    Finishing(Box<Writer>),
    /// From the body alone.
    Passing,
    Over,
}

/// What the driver has to do next.
pub(super) enum Turn<T> {
    /// Give this to the consumer.
    Give(T),
    /// Do this, and tell [`Passage::done`].
    Job(Job),
    /// Ask the body for an item in [`Passage::run_body`], and hand it to [`Passage::produced`].
    Body,
    /// Wait for a producer, and tell [`Passage::waited`].
    Wait(Box<Wait>),
    /// The function does not yield what it yielded.
    Diverged(Torn),
    /// There are no more items.
    Over,
}

/// What to wait for.
pub(super) struct Wait {
    pub(super) spool: Arc<Spool>,
    pub(super) turn: u64,
    #[cfg_attr(not(feature = "stream"), expect(dead_code, reason = "for futures"))]
    pub(super) follower: u64,
    pub(super) patience: Patience,
    /// Keeps a caller from waiting for itself, and for a producer that is not polled.
    #[cfg_attr(not(feature = "stream"), expect(dead_code, reason = "for futures"))]
    pub(super) follow: Follow,
}

/// Something to be done with the backend.
pub(super) type Job = Boxed<'static, Done>;

/// What came of it.
pub(super) enum Done {
    Looked(Looked),
    Fetched(Vec<Option<Bytes>>),
    Sent {
        answer: Answer<()>,
        chunks: usize,
        bytes: usize,
    },
    Committed {
        answer: Answer<Delivered>,
        permit: Permit,
        right: Right,
    },
    Scrapped,
}

impl<T: 'static> Passage<T> {
    pub(super) fn new<R, K: Yield<R, Value = T>>(
        site: &'static Site,
        key: Key,
        rules: ItemRules<R, K>,
        waits: Waits,
    ) -> Self {
        let scene = Arc::new(Scene::new(site, key, &rules.asked, rules.wire, waits));
        let mode = context::mode_of_call(rules.asked.force, scene.cache.is_enabled());
        // The scope at the call counts. What the body calls in turn reads the cache as always.
        let cache = context::bound_cache();
        let surroundings = Surroundings {
            mode: Some(match context::mode() {
                Mode::Bypass => Mode::Bypass,
                Mode::Normal | Mode::Refresh => Mode::Normal,
            }),
            is_unbound: cache.is_none(),
            cache,
            ..Surroundings::default()
        };
        let mut passage = Self {
            scene,
            wire: rules.wire,
            mode,
            stage: Stage::Passing,
            ledger: Ledger::default(),
            scratch: Vec::new(),
            surroundings,
            watch: SampledWatch::default(),
            scrap: None,
            overtakes: None,
            missed: false,
            looks: true,
            is_whole: false,
            began_anew: false,
        };
        passage.start();
        passage
    }

    fn start(&mut self) {
        if self.mode == Mode::Bypass {
            return;
        }
        if !self.scene.has_key() {
            self.mode = Mode::Bypass;
            self.scene.cache.key_failed(self.scene.state);
            return;
        }
        context::enter_thread();
        if let Place::Nowhere(problem) = &self.scene.place {
            self.scene.cache.tell(self.scene.state, problem);
        }
        if self.scene.there().is_none() {
            self.missed(Miss::NotCached);
            return;
        }
        if self.mode == Mode::Refresh {
            self.looks = false;
            self.missed(Miss::Forced);
            self.take_off(Avoid::Everybody);
        } else {
            self.stage = Stage::Looking(None);
        }
    }

    /// What to do next.
    #[inline]
    pub(super) fn turn(&mut self) -> Turn<T> {
        loop {
            if let Some(scrap) = self.scrap.take() {
                if !self.scene.is_out() {
                    return Turn::Job(scrapping(&self.scene, scrap, self.scene.waits));
                }
                scrap_aside(&self.scene, scrap);
            }
            let turn = match &mut self.stage {
                Stage::Reading(_) => self.read(),
                Stage::Producing(writer) if !writer.has_unsent => Some(Turn::Body),
                Stage::Producing(_) => self.send(),
                Stage::Passing => Some(Turn::Body),
                Stage::Following(_) => self.follow(),
                Stage::Looking(_) => Some(Turn::Job(self.looking())),
                Stage::Finishing(_) => self.finish(),
                Stage::Over => Some(Turn::Over),
            };
            if let Some(turn) = turn {
                return turn;
            }
        }
    }

    /// Takes what came of a [`Turn::Job`].
    pub(super) fn done(&mut self, done: Done) {
        match done {
            Done::Looked(looked) => self.looked(looked),
            Done::Fetched(chunks) => match &mut self.stage {
                Stage::Reading(reader) => reader.feed(chunks),
                Stage::Following(follower) => follower.feed(chunks),
                _ => {}
            },
            Done::Sent {
                answer,
                chunks,
                bytes,
            } => self.sent(answer, chunks, bytes),
            Done::Committed {
                answer,
                permit,
                right,
            } => {
                let is_stored = matches!(answer, Ok(Delivered::Stored { .. }));
                self.scene.committed(answer, permit, right);
                if is_stored {
                    self.release();
                }
            }
            Done::Scrapped => {}
        }
    }

    /// Takes what came of a [`Turn::Wait`].
    pub(super) fn waited(&mut self, waited: Waited) {
        let Stage::Following(follower) = &self.stage else {
            return;
        };
        let after = match waited {
            Waited::Changed => return,
            // Another follower may have gone on, and have stored it.
            Waited::Stalled(after) => {
                let stalled = follower.flight();
                self.take_off(Avoid::One(stalled));
                after
            }
            // Whose body runs for long keeps its right to store, or it would never be stored.
            Waited::Overdue(after) => {
                self.overtakes = Some(Arc::clone(follower.spool()));
                self.begin_anew();
                self.produce_alone();
                after
            }
        };
        // Another follower may have been faster.
        if !matches!(self.stage, Stage::Following(_)) {
            self.emit(|function| Event::GaveUpWaiting { function, after });
        }
    }

    /// Sends those who still wait for a producer that was overtaken to what is stored now.
    fn release(&mut self) {
        if let Some(spool) = self.overtakes.take() {
            spool.end(End::Left);
        }
    }

    /// Says that all items are wanted before anybody sees one: then a source that was lost is as good as none. Unless some were seen already.
    pub(super) fn gather(&mut self) {
        self.is_whole = self.ledger.given() == 0;
    }

    /// Whether the items have begun anew since this was last asked, and those that were given are void.
    pub(super) fn has_begun_anew(&mut self) -> bool {
        std::mem::take(&mut self.began_anew)
    }

    /// Whether it is known where the items come from: what a call finds out before it returns.
    pub(super) fn is_settled(&self) -> bool {
        !matches!(self.stage, Stage::Looking(_))
    }

    /// Whether the body is what the items come from.
    pub(super) fn is_from_body(&self) -> bool {
        matches!(self.stage, Stage::Producing(_) | Stage::Passing)
    }

    /// Whether what the body yields is to be stored.
    pub(super) fn is_producing(&self) -> bool {
        matches!(self.stage, Stage::Producing(_))
    }

    /// How many items are to come, if that is known.
    pub(super) fn left(&self) -> Option<u64> {
        match &self.stage {
            Stage::Reading(reader) if !reader.is_prefix => reader.left(),
            Stage::Over => Some(0),
            _ => None,
        }
    }

    /// What holds while a job is done: a backend may call this very key.
    pub(super) fn surroundings(&self) -> Surroundings {
        self.surroundings.clone()
    }

    fn looking(&self) -> Job {
        if let Stage::Looking(Some((_, spool))) = &self.stage {
            spool.begin_work();
        }
        let scene = Arc::clone(&self.scene);
        Box::pin(async move { Done::Looked(scene.look().await) })
    }

    fn looked(&mut self, looked: Looked) {
        let Stage::Looking(lead) = std::mem::replace(&mut self.stage, Stage::Over) else {
            return;
        };
        match (looked, lead) {
            (Looked::Found(reader), lead) => {
                if let Some((lead, spool)) = lead {
                    spool.end(End::Stored);
                    lead.land(|| (), || None);
                }
                if self.missed {
                    self.joined();
                } else {
                    self.scene.cache.count_hit(self.scene.state);
                }
                self.stage = Stage::Reading(reader);
            }
            (Looked::Missing(reason), Some((lead, spool))) => {
                spool.end_work();
                self.missed(reason);
                self.produce(Right::Lead(lead), spool);
            }
            (Looked::Missing(reason), None) => {
                self.missed(reason);
                self.take_off(Avoid::Nobody);
            }
        }
    }

    /// Finds the next source, where nothing is stored that could be it.
    fn take_off(&mut self, avoid: Avoid) {
        self.begin_anew();
        let spool = Arc::new(Spool::default());
        let role = self.scene.cache.flights().begin(
            &self.scene.address(),
            self.scene.kind(),
            avoid,
            Some(spool.clone()),
        );
        match role {
            // Between the miss and the lead another leader may have landed.
            Role::Lead(lead) if self.looks => {
                self.surroundings.heart = lead.heart();
                self.stage = Stage::Looking(Some((lead, spool)));
            }
            Role::Lead(lead) => self.produce(Right::Lead(lead), spool),
            Role::Follow(follow) => match Follower::new(follow, self.longest()) {
                Some(follower) => {
                    self.emit(|function| Event::Waiting { function });
                    self.stage = Stage::Following(Box::new(follower));
                }
                None => self.produce_alone(),
            },
            Role::Alone(ticket) => self.produce(Right::Alone(ticket), spool),
        }
    }

    /// Without anybody who waits for it, or has to be waited for.
    fn produce_alone(&mut self) {
        let ticket = self.scene.cache.flights().ticket(self.scene.address().hash);
        self.produce(Right::Alone(ticket), Arc::default());
    }

    fn produce(&mut self, right: Right, spool: Arc<Spool>) {
        self.surroundings.leading = right.leading();
        self.surroundings.heart = right.heart();
        let Some(there) = self.scene.there() else {
            self.stage = Stage::Passing;
            return;
        };
        self.stage = match Writer::begin(&self.scene, there, right, Arc::clone(&spool)) {
            Ok(writer) => Stage::Producing(Box::new(writer)),
            Err(reason) => {
                spool.end(End::Failed);
                self.scene.cache.unstored(self.scene.state, reason);
                // What a refresh was to replace is not served any more.
                if self.mode == Mode::Refresh {
                    self.scene.owe();
                }
                Stage::Passing
            }
        };
    }

    /// Another source yields the items from here on, from the first one on.
    fn begin_anew(&mut self) {
        if self.is_whole {
            self.began_anew |= self.ledger.forget();
        }
        self.ledger.begin_anew();
    }

    fn missed(&mut self, reason: Miss) {
        if !std::mem::replace(&mut self.missed, true) {
            self.scene.cache.missed(self.scene.state, reason);
        }
    }

    fn joined(&mut self) {
        let is_counted = std::mem::replace(&mut self.missed, true);
        self.scene.cache.joined(self.scene.state, is_counted);
    }

    fn emit(&self, event: impl FnOnce(&'static str) -> Event) {
        self.scene.cache.emit(|| event(self.scene.name()));
    }

    fn longest(&self) -> u64 {
        self.scene.there().map_or(0, |(spot, _)| spot.max_raw)
    }
}
