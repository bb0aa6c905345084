//! What can go wrong, and with which operations.

use crate::dice::Dice;

/// An operation of a backend.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operation {
    /// `get_many`.
    Get,
    /// `set_many`.
    Set,
    /// `delete_many`.
    Delete,
    /// `probe_many`.
    Probe,
    /// `expire_many`.
    Expire,
    /// `delete_group`.
    DeleteGroup,
    /// `add`.
    Add,
    /// `lease`.
    Lease,
    /// `seize`.
    Seize,
    /// `join`.
    Join,
    /// `fill`.
    Fill,
    /// `extend`.
    Extend,
    /// `release`.
    Release,
}

/// What becomes of one operation. Places count from 0; one behind the end counts on from the beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Nothing goes wrong.
    None,
    /// It fails and has not happened.
    FailBefore,
    /// It happens, and fails all the same: the reply is lost.
    FailAfter,
    /// It waits for [`release`](super::Chaos::release), then fails with a timeout, and never happens.
    Hang,
    /// It waits for [`release`](super::Chaos::release), then happens.
    Delay,
    /// It happens, and the reply waits for [`release`](super::Chaos::release).
    DelayReply,
    /// The last so many answers say that nothing is there. For `Get` and `Probe`.
    Forget(usize),
    /// There are so many answers fewer than names. For `Get` and `Probe`.
    TooFew(usize),
    /// There are so many answers more than names. For `Get` and `Probe`.
    TooMany(usize),
    /// The store has lost what is under the name at this place. For `Get` and `Probe`, before it, and for `Set`, after it.
    Evict(usize),
    /// The answers at these places are swapped. For `Get` and `Probe`.
    Swap(usize, usize),
    /// Every answer is the one that was set so many times before. For `Get` and `Lease`.
    Replay(usize),
    /// A bit of one answer is flipped; the lowest of the first byte is 0. For `Get` and `Lease`.
    FlipBit {
        /// Which answer.
        answer: usize,
        /// Which bit.
        bit: usize,
    },
    /// One answer ends after so many bytes. For `Get` and `Lease`.
    Truncate {
        /// Which answer.
        answer: usize,
        /// How much is left.
        bytes: usize,
    },
    /// Any bytes stand for one answer. For `Get` and `Lease`.
    Garbage {
        /// Which answer.
        answer: usize,
    },
}

impl Trouble {
    pub(super) fn suits(self, operation: Operation) -> bool {
        match self {
            Self::None
            | Self::FailBefore
            | Self::FailAfter
            | Self::Hang
            | Self::Delay
            | Self::DelayReply => true,
            Self::Forget(_) | Self::TooFew(_) | Self::TooMany(_) | Self::Swap(..) => {
                matches!(operation, Operation::Get | Operation::Probe)
            }
            Self::Evict(_) => matches!(
                operation,
                Operation::Get | Operation::Probe | Operation::Set
            ),
            Self::Replay(_)
            | Self::FlipBit { .. }
            | Self::Truncate { .. }
            | Self::Garbage { .. } => matches!(operation, Operation::Get | Operation::Lease),
        }
    }

    /// Any that suits and does not wait for somebody to release it.
    pub(super) fn any(operation: Operation, dice: &mut Dice) -> Self {
        loop {
            let trouble = Self::draw(dice);
            if trouble.suits(operation) {
                return trouble;
            }
        }
    }

    fn draw(dice: &mut Dice) -> Self {
        let answer = dice.below(8);
        match dice.below(11) {
            0 => Self::FailBefore,
            1 => Self::FailAfter,
            2 => Self::Forget(1 + dice.below(2)),
            3 => Self::TooFew(1 + dice.below(2)),
            4 => Self::TooMany(1 + dice.below(2)),
            5 => Self::Evict(answer),
            6 => Self::Swap(answer, answer + 1 + dice.below(6)),
            7 => Self::Replay(1 + dice.below(3)),
            8 => Self::FlipBit {
                answer,
                bit: dice.below(1 << 20),
            },
            9 => Self::Truncate {
                answer,
                bytes: dice.below(64),
            },
            _ => Self::Garbage { answer },
        }
    }
}
