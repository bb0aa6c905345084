//! The steps of a call that computes in one process at a time.

use super::{Call, Errand, Next, Step};
use crate::backend::Fault;
use crate::cache::Claim;
use crate::context::Mode;
use crate::event::{Operation, Unstored};
use crate::far::{Course, Load, Remains};
use crate::flight::Right;
use crate::lease::Lease;
use crate::rules::Ruling;

/// How a value may be stored, beside the [right](Right) that flights give.
#[derive(Default)]
pub(super) enum Hold {
    /// In place of whatever is there.
    #[default]
    Free,
    /// By this lease.
    Leased(Lease),
    /// Not at all.
    Nothing(Unstored),
}

impl Hold {
    /// The way to store for a call that has met this fault: a backend that is not there is not asked again, which might take its time once more.
    pub(super) fn after(fault: &Fault) -> Self {
        match fault.is_outage() {
            true => Self::Nothing(Unstored::Fault),
            false => Self::Free,
        }
    }

    pub(super) fn lease(&self) -> Option<&Lease> {
        match self {
            Self::Leased(lease) => Some(lease),
            Self::Free | Self::Nothing(_) => None,
        }
    }

    /// Why nothing is to be stored, if that is known already.
    pub(super) fn obstacle(&self) -> Option<Unstored> {
        match self {
            Self::Free => None,
            Self::Leased(lease) => lease.is_over().then_some(Unstored::Voided),
            Self::Nothing(reason) => Some(*reason),
        }
    }
}

impl<R: 'static, U: Ruling<R>> Call<R, U> {
    /// Runs the body, once it is this process's turn.
    pub(super) fn run_in_turn(&self, mut errand: Errand) -> Step<R> {
        if !self.takes_turns() {
            return self.run(errand);
        }
        errand.runs = true;
        Step::Next(Next::Claim(errand))
    }

    /// Whether processes take turns at computing what this call wants.
    pub(super) fn takes_turns(&self) -> bool {
        let Course::Far(spot, _) = &self.course else {
            return false;
        };
        let far = self.cache.far();
        self.mode == Mode::Normal && far.is_some_and(|far| far.lease_time(spot).is_some())
    }

    /// Asks for the lease, and waits for whoever has it. Ready at once for a blocking call.
    pub(super) async fn claim(&self, may_wait: bool) -> Claim {
        let (Course::Far(spot, _), Some(far)) = (&self.course, self.cache.far()) else {
            return Claim::InTheWay;
        };
        let Some(time) = far.lease_time(spot) else {
            return Claim::InTheWay;
        };
        let there = (&**spot, &self.address());
        self.cache
            .claim((self.state, far), there, time, may_wait, self.waits)
            .await
    }

    /// What to do with what came of it.
    pub(super) fn claimed(&self, mut errand: Errand, claim: Claim) -> Step<R> {
        errand.runs = false;
        let surroundings = errand.surroundings.clone();
        surroundings.run(|| match claim {
            Claim::Found(load) => self.found_after_all(errand, load),
            Claim::Granted(lease) => {
                // What was refused a moment ago is gone.
                errand.remains = Some(Remains::default());
                errand.hold = Hold::Leased(lease);
                self.run(errand)
            }
            Claim::InTheWay => self.run(errand),
            Claim::TooLong => {
                errand.hold = Hold::Nothing(Unstored::Leased);
                self.run(errand)
            }
            Claim::Faulty(fault) => self.unfetched(errand, Operation::Lease, fault),
        })
    }

    fn found_after_all(&self, errand: Errand, load: Load) -> Step<R> {
        match self.unload(load) {
            Ok(found) => {
                let outcome = self.handed_out(errand, found);
                self.joined(outcome)
            }
            // Its bytes are as they should be and mean nothing, which no lease would mend.
            Err(_) => self.run(errand),
        }
    }
}

impl Errand {
    /// Whether to wait for another process. Who computes beside a flight does not: the one who leads may be waiting for him. Nor does who goes on in
    /// the place of a leader: that one may be the holder.
    ///
    /// Waiting for a lease has an end of its own, so the followers wait along.
    pub(super) fn begin_claiming(&self) -> bool {
        match &self.right {
            Right::Lead(lead) if !lead.is_second() => {
                lead.excuse(true);
                true
            }
            Right::Lead(_) | Right::Alone(_) | Right::Spent => false,
        }
    }

    pub(super) fn end_claiming(&self) {
        if let Right::Lead(lead) = &self.right
            && !lead.is_second()
        {
            lead.excuse(false);
        }
    }
}
