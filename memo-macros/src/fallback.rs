//! What is emitted when the attribute cannot be expanded.

use proc_macro2::TokenStream;
use quote::ToTokens;

/// The user's item, untouched, and the errors.
///
/// The item stays so that its callers still resolve: one mistake shows as one error, and completion
/// keeps working.
pub(crate) fn with_errors(mut item: TokenStream, errors: &syn::Error) -> TokenStream {
    errors.to_compile_error().to_tokens(&mut item);
    item
}
