//! The meta protocol, as bytes: what is asked and what is answered. Pure: nothing here reads or writes.
//!
//! Specified in memcached's `doc/protocol.txt`. What is used here is known to 1.6.18 and later, so no `E` flag.

mod head;
mod inbox;
mod outbox;
mod reply;
mod request;

pub(crate) use self::inbox::Inbox;
pub(crate) use self::outbox::{Outbox, SLICES};
pub(crate) use self::reply::{Flags, Refusal, Reply};
pub(crate) use self::request::{LEASED, Request};

/// What came cannot be an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Malformed(pub(crate) &'static str);

impl Malformed {
    /// A value that is longer than any that is stored.
    pub(crate) const TOO_LONG: Self = Self("a value longer than any that is stored here");
}
