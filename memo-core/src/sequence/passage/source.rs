//! Items from what is stored, and from another call's production.

use std::sync::Arc;

use super::{Done, Job, Passage, Stage, Turn, Wait};
use crate::backend::Name;
use crate::codec::Wire;
use crate::entry::Place;
use crate::event::Event;
use crate::far::Spot;
use crate::flight::{Avoid, FlightId};
use crate::reject::Reject;
use crate::sequence::follower::Followed;
use crate::sequence::ledger::{Ledger, Standing};
use crate::sequence::patience::Patience;
use crate::sequence::reader::Pull;
use crate::sequence::spool::End;
use crate::sequence::torn::Torn;

impl<T: 'static> Passage<T> {
    pub(super) fn read(&mut self) -> Option<Turn<T>> {
        let (Stage::Reading(reader), Place::Far(spot)) = (&mut self.stage, &self.scene.place)
        else {
            return Some(Turn::Over);
        };
        match reader.pull(spot) {
            Pull::Item(found) => {
                let item = reader.tape.item(found);
                match admit(&mut self.ledger, self.wire, spot, item) {
                    Admitted::New(value) => Some(Turn::Give(value)),
                    Admitted::Known => None,
                    Admitted::Other => Some(Turn::Diverged(self.diverged())),
                    Admitted::Undecodable => self.lost(Reject::Decode),
                }
            }
            Pull::Fetch(names) => Some(Turn::Job(self.fetching(names))),
            Pull::End if reader.is_prefix => {
                self.looks = false;
                self.take_off(Avoid::Nobody);
                None
            }
            Pull::End if self.ledger.is_behind() => Some(Turn::Diverged(self.diverged())),
            Pull::End => {
                self.stage = Stage::Over;
                None
            }
            Pull::Lost(reject) => self.lost(reject),
        }
    }

    fn fetching(&self, names: Vec<Name>) -> Job {
        let scene = Arc::clone(&self.scene);
        Box::pin(async move { Done::Fetched(scene.fetch(names).await) })
    }

    /// What is stored is not all there, or not what was written.
    fn lost(&mut self, reject: Reject) -> Option<Turn<T>> {
        self.torn(reject);
        self.looks = false;
        self.take_off(Avoid::Nobody);
        None
    }

    pub(super) fn follow(&mut self) -> Option<Turn<T>> {
        let (Stage::Following(follower), Some((spot, far))) = (&mut self.stage, self.scene.there())
        else {
            return Some(Turn::Over);
        };
        match follower.pull(spot, far.window()) {
            Followed::Pull(Pull::Item(found)) => {
                let item = follower.tape.item(found);
                match admit(&mut self.ledger, self.wire, spot, item) {
                    Admitted::New(value) => {
                        if self.ledger.given() == 1 {
                            self.joined();
                        }
                        Some(Turn::Give(value))
                    }
                    Admitted::Known => None,
                    Admitted::Other => Some(Turn::Diverged(self.diverged())),
                    Admitted::Undecodable => self.unfollow(Reject::Decode),
                }
            }
            Followed::Pull(Pull::Fetch(names)) => Some(Turn::Job(self.fetching(names))),
            Followed::Pull(Pull::Lost(reject)) => self.unfollow(reject),
            Followed::Pull(Pull::End) if self.ledger.is_behind() => {
                Some(Turn::Diverged(self.diverged()))
            }
            Followed::Pull(Pull::End) => {
                if self.ledger.given() == 0 {
                    self.joined();
                }
                self.stage = Stage::Over;
                None
            }
            Followed::Wait { turn } => match follower.again() {
                Some(follow) => Some(Turn::Wait(Box::new(Wait {
                    spool: Arc::clone(follower.spool()),
                    turn,
                    follower: follower.number(),
                    patience: Patience::new(self.scene.cache.patience(), follower.limit()),
                    follow,
                }))),
                None => {
                    self.begin_anew();
                    self.produce_alone();
                    None
                }
            },
            Followed::Ended(end) => {
                let flight = follower.flight();
                self.left_behind(end, flight);
                None
            }
        }
    }

    /// The producer has ended without an end of the sequence.
    fn left_behind(&mut self, end: End, flight: FlightId) {
        match end {
            End::Stored => self.stage = Stage::Looking(None),
            // It may not have landed yet.
            End::Left => self.take_off(Avoid::One(flight)),
            // Those who followed a failure run for themselves, all at once.
            End::Failed | End::Whole => {
                self.begin_anew();
                self.produce_alone();
            }
        }
    }

    fn unfollow(&mut self, reject: Reject) -> Option<Turn<T>> {
        if let Stage::Following(follower) = &self.stage
            && follower.was_left()
        {
            // Its chunks went with the producer.
            self.left_behind(End::Left, follower.flight());
            return None;
        }
        self.torn(reject);
        self.begin_anew();
        self.produce_alone();
        None
    }

    fn torn(&self, reject: Reject) {
        self.scene.refused(reject);
        let after = self.ledger.given();
        self.emit(|function| Event::Torn { function, after });
    }

    /// The source at hand does not yield what was given.
    pub(super) fn diverged(&mut self) -> Torn {
        let after = self.ledger.given();
        self.emit(|function| Event::Diverged { function, after });
        self.abandon(End::Failed);
        self.stage = Stage::Over;
        Torn {
            function: self.scene.name(),
            after,
        }
    }
}

/// What an encoded item is to the consumer.
enum Admitted<T> {
    New(T),
    /// It was given before, as far as one can tell.
    Known,
    /// What was given before was something else.
    Other,
    Undecodable,
}

#[inline]
fn admit<T>(ledger: &mut Ledger, wire: Wire<T>, spot: &Spot, item: &[u8]) -> Admitted<T> {
    match ledger.meet(item) {
        Standing::New => {}
        Standing::Known => return Admitted::Known,
        Standing::Other => return Admitted::Other,
    }
    match (wire.decode)(spot.manner.codec, item) {
        Ok(value) => {
            ledger.give(item);
            Admitted::New(value)
        }
        Err(_) => Admitted::Undecodable,
    }
}
