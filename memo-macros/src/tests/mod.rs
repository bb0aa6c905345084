//! The expansion as formatted files, and the errors as lists.

mod errors;
mod expansion;

use proc_macro2::TokenStream;

use crate::features::Features;

/// Every option is there, whatever this build was given.
const ALL: Features = Features {
    encrypt: true,
    msgpack: true,
};

fn expand(attr: TokenStream, item: TokenStream) -> TokenStream {
    crate::expand(attr, item, ALL)
}
