//! The expansion as formatted files, and the errors as lists.

mod errors;
mod expansion;
mod sequences;

use proc_macro2::TokenStream;

use crate::attr::Attr;
use crate::features::Features;

/// Every option is there, whatever this build was given.
const ALL: Features = Features {
    encrypt: true,
    msgpack: true,
    stream: true,
};

fn expand(options: TokenStream, item: TokenStream) -> TokenStream {
    crate::expand(Attr::Memoize, options, item, ALL)
}

fn expand_iter(options: TokenStream, item: TokenStream) -> TokenStream {
    crate::expand(Attr::MemoizeIter, options, item, ALL)
}

/// The messages of an expansion, in order; also checks that the item was emitted as it was.
fn messages(expansion: &TokenStream, item: &TokenStream) -> Vec<String> {
    let expansion = expansion.to_string();
    let rest = expansion
        .strip_prefix(&item.to_string())
        .unwrap_or_else(|| panic!("the item is not untouched: {expansion}"));
    let messages = rest.split("compile_error !").skip(1);
    messages
        .map(|message| {
            let literal = message.split(['{', '}']).collect::<String>();
            literal.trim().to_owned()
        })
        .collect()
}

/// Asserts that there is one message, and what it says.
#[track_caller]
fn is_one(found: &[String], says: &str) {
    assert_eq!(found.len(), 1, "{found:#?}");
    let plain = |text: &str| text.replace(['{', '}', '\\'], "");
    assert!(
        plain(&found[0]).contains(&plain(says)),
        "{found:#?} does not say {says:?}"
    );
}
