//! The call that the body of a sequence becomes.

use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::{LitStr, Type};

use super::{Holds, at, braces, key_local, private, rules, site_ref, spanned_at};
use crate::args::{OnDrop, OnTorn};
use crate::model::{Items, Model, Source};
use crate::road::Road;
use crate::sequence::Kind;

/// What yields the items, as the function returns it.
pub(super) fn call(model: &Model, items: &Items) -> TokenStream {
    let iterated = iterated(model, items);
    let returned = match items.kind {
        Kind::Iterator | Kind::List | Kind::Stream => iterated,
        Kind::BoxedIterator => quote!(::std::boxed::Box::new(#iterated)),
        Kind::BoxedStream => quote!(::std::boxed::Box::pin(#iterated)),
    };
    match (&model.function.road, items.kind) {
        (Road::Boxed(_), Kind::BoxedIterator | Kind::BoxedStream) => {
            typed(&model.function.output, &returned)
        }
        // What the body awaits, the stream awaits; a function without an `await` would be one that need not be `async`.
        (Road::Async, Kind::Stream | Kind::BoxedStream) => {
            quote!(::core::future::ready(()).await; #returned)
        }
        _ => returned,
    }
}

/// What yields the items, in no box.
fn iterated(model: &Model, items: &Items) -> TokenStream {
    let source = source(model, items);
    let source = match items.source {
        Source::Lazy => return source,
        Source::Awaited => quote!(#source.await),
        Source::Eager => quote!(#source.into_vec()),
    };
    match items.kind {
        Kind::List => source,
        _ => quote!(::core::iter::IntoIterator::into_iter(#source)),
    }
}

/// A `Box<X>` as the box of `dyn X` that an `async` block must give, since nothing says so.
fn typed(output: &Type, boxed: &TokenStream) -> TokenStream {
    quote! {
        let __memo_output: #output = #boxed;
        __memo_output
    }
}

/// What an entry holds.
pub(super) fn kept(items: &Items) -> TokenStream {
    let kept = &items.kept;
    quote!(::std::vec::Vec<#kept>)
}

/// ```text
/// ::memo::__private::iter::<Row, _, _, _>(load::site(), __memo_key, …, move || { … }).keep_on_drop()
/// ```
///
/// Here the bounds on the items are checked.
fn source(model: &Model, items: &Items) -> TokenStream {
    let item = &items.item;
    let place = at(item);
    let private = spanned_at(private(model), place);
    let (word, body) = match (items.kind.is_stream(), items.source) {
        (true, _) => ("stream", block(model, items)),
        (false, Source::Awaited) => ("collect", block(model, items)),
        (false, Source::Lazy | Source::Eager) => ("iter", closure(model, items)),
    };
    let word = format_ident!("{word}", span = place);
    let function = quote_spanned!(place=> #private::#word::<#item, _, _, _>);
    let (site, key, rules) = (site_ref(model), key_local(), rules(model, Holds::Here));
    let (on_drop, on_torn) = (on_drop(&items.on_drop), on_torn(&items.on_torn));
    quote!(#function(#site, #key, #rules, #body) #on_drop #on_torn)
}

/// The body of a function that blocks.
fn closure(model: &Model, items: &Items) -> TokenStream {
    let body = braces(model, &model.function.body);
    let output = &model.function.output;
    match items.kind {
        Kind::BoxedIterator | Kind::List => quote!(move || -> #output #body),
        Kind::Iterator | Kind::Stream | Kind::BoxedStream => quote!(move || #body),
    }
}

/// The body of a function that awaits.
///
/// An `async` block cannot say what it gives, and takes it from its first `return`: that is what makes a `Box<X>` one of `dyn X`. The
/// user's body keeps a block of its own, which may begin with items; its braces are ours, or a lint would take them for the user's.
fn block(model: &Model, items: &Items) -> TokenStream {
    let function = &model.function;
    if let Road::Boxed(boxed) = &function.road {
        return boxed.block.to_token_stream();
    }
    let (body, output) = (&function.body, &function.output);
    let body = match items.kind {
        Kind::Iterator | Kind::Stream => braces(model, body),
        Kind::BoxedIterator | Kind::List | Kind::BoxedStream => {
            let hint = quote! {
                if let ::core::option::Option::Some(__memo_output) = ::core::option::Option::None::<#output> {
                    return __memo_output;
                }
            };
            braces(model, quote!(#hint { #body }))
        }
    };
    quote!(async move #body)
}

fn on_drop(way: &OnDrop) -> TokenStream {
    match way {
        OnDrop::Discard => TokenStream::new(),
        OnDrop::Finish(text) => ending("finish_on_drop", text),
        OnDrop::Keep(text) => ending("keep_on_drop", text),
    }
}

fn on_torn(way: &OnTorn) -> TokenStream {
    match way {
        OnTorn::Panic => TokenStream::new(),
        OnTorn::Error(text) => ending("error_if_torn", text),
        OnTorn::End(text) => ending("end_if_torn", text),
    }
}

/// `.keep_on_drop()`; what the items lack for it is said where the attribute asks for it.
fn ending(word: &str, text: &LitStr) -> TokenStream {
    let word = format_ident!("{word}", span = at(text));
    quote_spanned!(at(text)=> .#word())
}
