//! Collects errors, so that a user sees all of them at once.

use std::fmt::Display;

use quote::ToTokens;

/// The errors found so far.
///
/// It must be [finished](Diag::finish): in debug builds dropping it otherwise panics, because its
/// errors would be lost.
#[derive(Debug, Default)]
pub(crate) struct Diag {
    errors: Option<syn::Error>,
    finished: bool,
}

impl Diag {
    /// An empty collection.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Reports `message` under all of `tokens`.
    pub(crate) fn error(&mut self, tokens: impl ToTokens, message: impl Display) {
        self.absorb(syn::Error::new_spanned(tokens, message));
    }

    /// Adds an error that was made elsewhere.
    pub(crate) fn absorb(&mut self, error: syn::Error) {
        match &mut self.errors {
            Some(errors) => errors.combine(error),
            None => self.errors = Some(error),
        }
    }

    /// Ends the collection.
    ///
    /// # Errors
    ///
    /// Everything that was reported, combined.
    pub(crate) fn finish(mut self) -> syn::Result<()> {
        self.finished = true;
        self.errors.take().map_or(Ok(()), Err)
    }

    /// Ends the collection with an error that nothing can follow.
    pub(crate) fn fail(mut self, last: syn::Error) -> syn::Error {
        self.finished = true;
        match self.errors.take() {
            Some(mut errors) => {
                errors.combine(last);
                errors
            }
            None => last,
        }
    }
}

impl Drop for Diag {
    fn drop(&mut self) {
        debug_assert!(
            self.finished || std::thread::panicking(),
            "a `Diag` was dropped with its errors: call `finish`"
        );
    }
}
