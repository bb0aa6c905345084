//! What a server answers.

use bytes::Bytes;

/// One answer to one command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reply {
    /// `VA`: a value.
    Value(Bytes, Flags),
    /// `HD`: done, or there without its value.
    Done(Flags),
    /// `EN`, `NF`: nothing is there.
    Absent,
    /// `EX`, `NS`: something is there, and it is not what was meant.
    Other,
    /// `MN`: all that was asked before is answered.
    Noop,
    /// `STAT item_size_max`: the largest item, in bytes.
    LargestItem(u64),
    /// Another `STAT`.
    Stat,
    /// `END` of the `STAT`s.
    End,
    /// It was not done.
    Refused(Refusal),
}

/// What an answer tells of an item, as far as it was asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Flags {
    /// `f`: the client flags.
    pub(crate) client: Option<u32>,
    /// `s`: the length of the value.
    pub(crate) size: Option<u64>,
    /// `c`: the unique number of this very value.
    pub(crate) cas: Option<u64>,
    /// `t`: the seconds that are left; `None` also where there is no end.
    pub(crate) left: Option<u64>,
}

/// Why a server did not do what it was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The value is larger than the server's items may be.
    TooLarge,
    /// There is no memory for the value.
    Full,
    /// What is there is no number.
    NotANumber,
    /// The server wants to know first who we are.
    Unauthenticated,
    /// The server has too many connections.
    Crowded,
    /// The server does not know the command: it is older than the meta protocol.
    Unknown,
    /// `CLIENT_ERROR`: the server could not make sense of the command.
    Client,
    /// `SERVER_ERROR`: the server has troubles of its own.
    Server,
}

impl Refusal {
    /// Whether the server has read all of the command, its value included, and what comes next is the answer to the next one. After any
    /// other refusal the rest of a value may have been taken for commands.
    pub(crate) fn leaves_order(self) -> bool {
        matches!(self, Self::TooLarge | Self::Full | Self::NotANumber)
    }
}
