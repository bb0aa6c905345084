//! What may befall a store.

use crate::store::Kind;

/// What befalls it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    Absent,
    Dead,
    Restarted,
    Hanging,
    Full,
    WrongPassword,
    Nonsense,
    BlackHole,
    Reset,
    HalfClosed,
    TooSlow,
    CutShort,
}

impl Trouble {
    /// Everything that can befall such a store.
    pub(crate) fn of(kind: Kind) -> impl Iterator<Item = Self> {
        let all = [
            Self::Absent,
            Self::Dead,
            Self::Restarted,
            Self::Hanging,
            Self::Full,
            Self::WrongPassword,
            Self::Nonsense,
            Self::BlackHole,
            Self::Reset,
            Self::HalfClosed,
            Self::TooSlow,
            Self::CutShort,
        ];
        let has_passwords = kind == Kind::Redis;
        all.into_iter()
            .filter(move |&trouble| has_passwords || trouble != Self::WrongPassword)
    }

    /// Whether the store was never well.
    pub(crate) fn is_from_the_start(self) -> bool {
        matches!(self, Self::Absent | Self::Full | Self::WrongPassword)
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Absent => "absent at start",
            Self::Dead => "killed",
            Self::Restarted => "restarted",
            Self::Hanging => "hangs",
            Self::Full => "full",
            Self::WrongPassword => "wrong password",
            Self::Nonsense => "talks nonsense",
            Self::BlackHole => "black hole",
            Self::Reset => "connections reset",
            Self::HalfClosed => "half closed",
            Self::TooSlow => "answers in 400 ms",
            Self::CutShort => "cut in an answer",
        }
    }
}
