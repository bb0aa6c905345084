//! The steps of a call that computes in one process at a time.

use super::{Call, Errand, Next, Step};
use crate::backend::Fault;
use crate::cache::{Claim, Claimed, Way};
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
        if self.mode == Mode::Refresh {
            errand.way = Some(Way::Supersede);
        }
        errand.runs = true;
        Step::Next(Next::Claim(errand))
    }

    /// Runs the body after a fault. A backend that is not there is not asked again, which might take its time once more; and what could not be
    /// leased is not stored, since another process may have invalidated it meanwhile.
    pub(super) fn run_after(
        &self,
        mut errand: Errand,
        operation: Operation,
        fault: &Fault,
    ) -> Step<R> {
        if !fault.is_outage() && operation != Operation::Lease {
            return self.run_in_turn(errand);
        }
        errand.hold = Hold::Nothing(Unstored::Fault);
        self.run(errand)
    }

    /// Returns whether processes take turns at computing what this call wants.
    pub(super) fn takes_turns(&self) -> bool {
        let Course::Far(spot, _) = &self.course else {
            return false;
        };
        let far = self.cache.far();
        far.is_some_and(|far| far.lease_time(spot).is_some())
    }

    /// Asks for the lease, and waits for whoever has it. Ready at once for a blocking call.
    pub(super) async fn claim(&self, way: Way) -> Claim {
        let (Course::Far(spot, _), Some(far)) = (&self.course, self.cache.far()) else {
            return Claim::TooLong;
        };
        let Some(time) = far.lease_time(spot) else {
            return Claim::TooLong;
        };
        let claimed = Claimed {
            state: self.state,
            far,
            spot,
            address: &self.address(),
            time,
            waits: self.waits,
        };
        self.cache.claim(claimed, way).await
    }

    /// Decides on the next step by what came of it.
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
            Claim::InTheWay => self.seize(errand),
            Claim::TooLong => {
                errand.hold = Hold::Nothing(Unstored::Leased);
                self.run(errand)
            }
            Claim::Faulty(fault) => self.unclaimed(errand, fault),
        })
    }

    fn unclaimed(&self, errand: Errand, fault: Fault) -> Step<R> {
        if self.mode == Mode::Refresh {
            self.cache
                .report_fault(self.state, Operation::Lease, fault.clone());
            return self.run_after(errand, Operation::Lease, &fault);
        }
        self.unfetched(errand, Operation::Lease, fault)
    }

    fn found_after_all(&self, errand: Errand, load: Load) -> Step<R> {
        match self.unload(load) {
            Ok(found) => {
                let outcome = self.handed_out(errand, found);
                self.joined(outcome)
            }
            // Its bytes are as they should be and mean nothing.
            Err(_) => self.seize(errand),
        }
    }

    fn seize(&self, mut errand: Errand) -> Step<R> {
        errand.way = Some(Way::Seize);
        errand.runs = true;
        Step::Next(Next::Claim(errand))
    }
}

impl Errand {
    /// Returns the way to ask for the lease. A call beside a flight waits for no other process: the leader may be waiting for it. Nor does one that goes on in
    /// the place of a leader: that one may be the holder.
    ///
    /// Waiting for a lease has an end of its own, so the followers wait along.
    pub(super) fn begin_claiming(&self) -> Way {
        let in_turn = match &self.right {
            Right::Lead(lead) if !lead.is_second() => {
                lead.excuse(true);
                Way::Wait
            }
            Right::Lead(_) | Right::Alone(_) | Right::Spent => Way::Try,
        };
        self.way.unwrap_or(in_turn)
    }

    pub(super) fn end_claiming(&self) {
        if let Right::Lead(lead) = &self.right
            && !lead.is_second()
        {
            lead.excuse(false);
        }
    }

    /// Returns whether the store has taken the right away by which the value was to be stored.
    pub(super) fn is_voided_elsewhere(&self, reason: Unstored) -> bool {
        reason == Unstored::Voided && self.hold.lease().is_some()
    }
}
