//! How a production ends: with what makes it visible, or with what takes it away.

use std::sync::Arc;

use super::{Done, Job, Passage, Stage, Turn};
use crate::background;
use crate::cache::Freight;
use crate::context::{self, Mode};
use crate::event::Unstored;
use crate::near::DropLater;
use crate::sequence::scene::{Scene, Scrap};
use crate::sequence::spool::End;
use crate::sequence::writer::Writer;
use crate::waits::{Waits, at_once};

impl<T: 'static> Passage<T> {
    pub(super) fn finish(&mut self) -> Option<Turn<T>> {
        let Stage::Finishing(writer) = std::mem::replace(&mut self.stage, Stage::Over) else {
            return None;
        };
        let waits = self.scene.waits;
        let (job, scrap) = self.commit(writer, false, waits).start();
        self.scrap = scrap;
        job.map(Turn::Job)
    }

    /// Ends the passage before its end: what was written is kept as a beginning, or given up.
    pub(in crate::sequence) fn close(&mut self, keeps: bool) {
        let commit = match std::mem::replace(&mut self.stage, Stage::Over) {
            Stage::Producing(writer) => {
                self.abandoned();
                if keeps && !self.ledger.is_behind() && writer.has_items() {
                    writer.spool.end(End::Left);
                    Some(self.commit(writer, true, Waits::Blocking))
                } else {
                    self.scrap = writer.abandon(End::Left);
                    None
                }
            }
            // Its consumer did not wait for the last of it to be stored.
            Stage::Finishing(writer) => Some(self.commit(writer, false, Waits::Blocking)),
            Stage::Looking(Some((lead, spool))) => {
                drop(lead);
                spool.end(End::Left);
                None
            }
            Stage::Passing if self.mode != Mode::Bypass => {
                self.abandoned();
                None
            }
            _ => None,
        };
        self.dispatch(commit);
    }

    /// Does what is left to do, as a blocking caller: at once, or where no thread is blocked that must not be.
    fn dispatch(&mut self, commit: Option<Commit>) {
        let scrap = self.scrap.take();
        if commit.is_none() && scrap.is_none() {
            return;
        }
        let scene = Arc::clone(&self.scene);
        let run = move || {
            let _later = DropLater::begin();
            let (job, voided) = commit.map_or((None, None), Commit::start);
            if let Some(Done::Committed {
                answer,
                permit,
                right,
            }) = job.map(at_once)
            {
                scene.committed(answer, permit, right);
            }
            for scrap in [scrap, voided].into_iter().flatten() {
                at_once(scrapping(&scene, scrap, Waits::Blocking));
            }
        };
        match self.scene.waits {
            Waits::Blocking if !self.scene.is_out() => context::on_living_thread(run),
            // Where it cannot be done, chunks without a head expire.
            Waits::Blocking | Waits::Async => drop(background::run(Box::new(run))),
        }
    }

    fn commit(&self, writer: Box<Writer>, is_prefix: bool, waits: Waits) -> Commit {
        Commit {
            scene: Arc::clone(&self.scene),
            writer,
            is_prefix,
            is_refresh: self.mode == Mode::Refresh,
            waits,
        }
    }
}

/// A sequence that is to be made visible.
struct Commit {
    scene: Arc<Scene>,
    writer: Box<Writer>,
    is_prefix: bool,
    is_refresh: bool,
    waits: Waits,
}

impl Commit {
    /// What makes it visible, unless that is not possible or not allowed any more; and what is to be given up.
    ///
    /// Takes the permit to write, for which others wait: so nothing may come between this and the job.
    fn start(mut self) -> (Option<Job>, Option<Scrap>) {
        if self.scene.is_out() {
            return self.refused(Unstored::Fault);
        }
        let now = self.scene.cache.time().wall_seconds();
        let Ok(write) = self.writer.pack(self.is_prefix, now) else {
            return self.refused(Unstored::TooLarge);
        };
        if write.expiration.is_over() {
            return self.refused(Unstored::Expired);
        }
        let (flights, address) = (self.scene.cache.flights(), self.scene.address());
        // An older sequence is being written, and might land on top of this one. Both go, and nobody waits.
        let gives_way = self.is_refresh && flights.revoke(&address);
        let Some(permit) = self.writer.right.permit(flights, &address, self.waits) else {
            return self.refused(Unstored::Voided);
        };
        let Self {
            scene,
            writer,
            waits,
            is_refresh,
            ..
        } = self;
        let (freight, scrap, right) = if gives_way {
            let (scrap, right) = writer.give_way();
            (Freight::Remove(Unstored::Voided), scrap, right)
        } else {
            (Freight::Store(write), None, writer.right)
        };
        let job = Box::pin(async move {
            let debt = is_refresh.then(|| scene.debt()).flatten();
            let answer = scene.commit(freight, &permit, waits).await;
            if let (Some(debt), Ok(_)) = (debt, &answer) {
                debt.settled();
            }
            Done::Committed {
                answer,
                permit,
                right,
            }
        });
        (Some(job), scrap)
    }

    fn refused(self, reason: Unstored) -> (Option<Job>, Option<Scrap>) {
        if self.is_refresh && reason != Unstored::Voided {
            self.scene.owe();
        }
        let scrap = self.writer.abandon(End::Whole);
        self.scene.cache.unstored(self.scene.state, reason);
        (None, scrap)
    }
}

/// [Scraps](scrapping) in the background: whoever met a backend that is not there does not wait for it a second time.
pub(super) fn scrap_aside(scene: &Arc<Scene>, scrap: Scrap) {
    let job = scrapping(scene, scrap, Waits::Blocking);
    // Where it cannot be done, chunks without a head expire.
    background::run(Box::new(|| drop(at_once(job))));
}

pub(super) fn scrapping(scene: &Arc<Scene>, scrap: Scrap, waits: Waits) -> Job {
    let scene = Arc::clone(scene);
    Box::pin(async move {
        scene.scrap(scrap, waits).await;
        Done::Scrapped
    })
}
