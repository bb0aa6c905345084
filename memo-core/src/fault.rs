//! What a `strict` function returns when its backend fails.

use crate::backend::Fault;

/// Return types that can say that the backend failed: a `Result` whose error can be made of a [`Fault`].
#[diagnostic::on_unimplemented(
    message = "`strict` has no error to return: the function returns `{Self}`",
    label = "it must return `Result<T, E>`, and `E` must be `From<memo::backend::Fault>`",
    note = "return such a `Result`, or leave `strict` off: then the body runs where the backend fails"
)]
pub trait FromFault {
    /// The outcome of a call whose backend failed.
    fn from_fault(fault: Fault) -> Self;
}

#[diagnostic::do_not_recommend]
impl<T, E: From<Fault>> FromFault for Result<T, E> {
    fn from_fault(fault: Fault) -> Self {
        Err(fault.into())
    }
}
