//! Why an entry that was found is not served.

use std::fmt;

/// Why an entry that was found in a backend is not served. Always a miss; never an error of the call.
///
/// `Commit`, `Tag` and `Downgrade` do not happen by accident: somebody else writes into the store, or its contents are damaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reject {
    /// Not an envelope of a version and kind that this build reads.
    Format,
    /// Plain where the reader demands `encrypt`, or sealed where it does not.
    Downgrade,
    /// Sealed with a key that is not, or no longer, in the ring.
    UnknownKey,
    /// Written for another shape of the value's type, or by another codec.
    Schema,
    /// Sealed with another key under the same id, or for another entry.
    Commit,
    /// Altered, or moved here from elsewhere: the seal is broken.
    Tag,
    /// Altered, moved here from elsewhere, or of another function that has an entry of this name: the checksum is wrong.
    Checksum,
    /// Dead by its own account, though the backend still had it.
    Expired,
    /// Larger than the reader's limits.
    Limit,
    /// A chunk is gone.
    MissingChunk,
    /// Parts of different writes, or too few of one.
    Torn,
    /// The bytes are not a value of the type.
    Decode,
}

impl Reject {
    /// All reasons, in the order of checking: docs/envelope.md, section 6.
    pub const ALL: [Self; 12] = [
        Self::Format,
        Self::Downgrade,
        Self::UnknownKey,
        Self::Schema,
        Self::Commit,
        Self::Tag,
        Self::Checksum,
        Self::Expired,
        Self::Limit,
        Self::MissingChunk,
        Self::Torn,
        Self::Decode,
    ];
}

impl fmt::Display for Reject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Format => "it is not an envelope that this version reads",
            Self::Downgrade => "it is plain where sealed is demanded, or the other way round",
            Self::UnknownKey => "it is sealed with a key that is not in the ring",
            Self::Schema => "it was written for another shape of the type, or by another codec",
            Self::Commit => "it is sealed with another key of the same id, or for another entry",
            Self::Tag => "its seal is broken",
            Self::Checksum => "its checksum is wrong",
            Self::Torn => "its parts do not belong together",
            Self::MissingChunk => "a part of it is gone",
            Self::Expired => "it is dead by its own account",
            Self::Limit => "it is larger than the limits allow",
            Self::Decode => "its bytes are not a value of the type",
        })
    }
}
