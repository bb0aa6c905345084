//! The two attributes, which share everything but a few options and what they make of the body.

/// The attribute that is being read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Attr {
    /// `#[memoize]`: one value.
    Memoize,
    /// `#[memoize_iter]`: items, one after another.
    MemoizeIter,
}

impl Attr {
    /// As messages name it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Memoize => "#[memoize]",
            Self::MemoizeIter => "#[memoize_iter]",
        }
    }
}
