//! What a consumer is told when a sequence cannot go on as it began.

use std::fmt;

/// A cached sequence was lost after some of its items were given out, and its function now yields others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Torn {
    pub(crate) function: &'static str,
    pub(crate) after: u64,
}

impl Torn {
    /// What happens where nothing else was said.
    pub(super) fn panic<R>(self) -> Option<R> {
        panic!("{self}")
    }

    /// The function, as [`Site::name`](crate::Site::name) gives it.
    pub fn function(&self) -> &'static str {
        self.function
    }

    /// How many items had been given out.
    pub fn after(&self) -> u64 {
        self.after
    }
}

impl fmt::Display for Torn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { function, after } = self;
        write!(
            f,
            "memo: the cached sequence of `{function}` was lost after {after} items, and the function now yields others"
        )
    }
}

impl std::error::Error for Torn {}

/// An item that can say that it is not one.
#[diagnostic::on_unimplemented(
    message = "`on_torn = \"error\"` has no error to give: the items are `{Self}`",
    label = "the items must be `Result<T, E>`, and `E` must be `From<memo::Torn>`",
    note = "let the items be such, or say `on_torn = \"end_with_event\"`, or leave it off: then a sequence that cannot go on panics"
)]
pub trait FromTorn {
    /// The last item of a sequence that cannot go on.
    fn from_torn(torn: Torn) -> Self;
}

#[diagnostic::do_not_recommend]
impl<T, E: From<Torn>> FromTorn for Result<T, E> {
    fn from_torn(torn: Torn) -> Self {
        Err(torn.into())
    }
}
