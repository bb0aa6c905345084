//! What `#[memoize_iter]` refuses, and what it does not.

use proc_macro2::TokenStream;
use quote::quote;

use super::{ALL, expand, expand_iter, is_one, messages};
use crate::attr::Attr;
use crate::features::Features;

fn errors(attr: TokenStream, item: TokenStream) -> Vec<String> {
    messages(&expand_iter(attr, item.clone()), &item)
}

/// Asserts that there is one error, and what it says.
#[track_caller]
fn one(attr: TokenStream, item: TokenStream, says: &str) {
    is_one(&errors(attr, item), says);
}

/// Asserts that nothing is refused.
#[track_caller]
fn fine(attr: TokenStream, item: TokenStream) {
    let expansion = expand_iter(attr, item).to_string();
    assert!(!expansion.contains("compile_error"), "{expansion}");
}

/// A function that returns `output`.
fn returns(output: &TokenStream) -> TokenStream {
    quote!(
        fn f(n: u64) -> #output {
            body(n)
        }
    )
}

fn item() -> TokenStream {
    returns(&quote!(impl Iterator<Item = u64>))
}

#[test]
fn all_errors_come_at_once() {
    let attr = quote!(
        ttl = 5,
        on_drop = "stop",
        local,
        cache_if = |a, b| a < b,
        eager,
        on_torn = "error"
    );
    let found = errors(attr, returns(&quote!(impl Stream<Item = &str> + Clone)));
    let expected = [
        "expiration",
        "unknown way",
        "borrow",
        "Clone",
        "eager",
        "local",
        "cache_if",
    ];
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for (message, part) in found.iter().zip(expected) {
        assert!(message.contains(part), "{message} does not mention {part}");
    }
}

#[test]
fn each_attribute_lists_and_suggests_its_own_options() {
    one(quote!(on_dorp = "keep"), item(), "did you mean `on_drop`?");
    one(quote!(egaer), item(), "did you mean `eager`?");
    one(quote!(ttl = 5), item(), "did you mean `expiration`?");
    one(
        quote!(chunked),
        item(),
        "unknown option `chunked` (options: key, skip",
    );
    let values = quote!(
        fn f() {}
    );
    let unknown = expand(quote!(on_dorp), values).to_string();
    assert!(
        unknown.contains("unknown option `on_dorp` (options: key"),
        "{unknown}"
    );
    assert!(!unknown.contains("eager"), "{unknown}");
}

#[test]
fn an_option_of_values_says_why_it_is_none_of_sequences() {
    for (attr, says) in [
        (quote!(local), "never as it is; remove `local`"),
        (quote!(weigh = |a, b| a), "weigh what they are"),
        (quote!(large_data), "as many entries as it needs"),
        (
            quote!(cache_if = |a| a),
            "no value to ask; remove `cache_if`",
        ),
        (
            quote!(cache_none = false),
            "no value to ask; remove `cache_none`",
        ),
        (quote!(local, compress, codec = "msgpack"), "remove `local`"),
    ] {
        one(attr, item(), says);
    }
}

#[test]
fn an_option_of_sequences_is_none_of_values() {
    let item = returns(&quote!(Vec<u64>));
    for attr in [
        quote!(on_drop = "keep"),
        quote!(on_torn = "panic"),
        quote!(eager),
    ] {
        let found = messages(&expand(attr, item.clone()), &item);
        is_one(&found, "is an option of `#[memoize_iter]`");
    }
}

#[test]
fn the_two_ways_are_words() {
    for way in ["discard", "finish", "keep"] {
        fine(quote!(on_drop = #way), item());
    }
    for way in ["panic", "error", "end_with_event"] {
        fine(quote!(on_torn = #way), item());
    }
    one(quote!(on_drop = "kepe"), item(), "did you mean `keep`?");
    one(
        quote!(on_torn = "end"),
        item(),
        "unknown way `end` (ways: panic, error, end_with_event)",
    );
    one(quote!(on_drop = keep), item(), "`on_drop` is a string");
    one(quote!(on_torn), item(), "`on_torn` needs a value");
    one(quote!(eager = true), item(), "`eager` takes no value");
}

#[test]
fn a_value_that_is_handed_out_is_of_the_other_attribute() {
    for output in [
        quote!(impl Iterator<Item = u64>),
        quote!(impl DoubleEndedIterator),
        quote!(Box<dyn Iterator<Item = &'a u64> + 'a>),
        quote!(impl futures::Stream<Item = u64>),
        quote!(Pin<Box<dyn Stream<Item = u64>>>),
        quote!(BoxStream<'a, u64>),
    ] {
        let item = returns(&output);
        is_one(
            &messages(&expand(quote!(), item.clone()), &item),
            "use `#[memoize_iter]`",
        );
    }
}

#[test]
fn what_is_yielded_shows() {
    for output in [
        quote!(Rows),
        quote!(std::ops::Range<u64>),
        quote!(impl Iterator),
        quote!(Box<impl Iterator<Item = u64>>),
        quote!(Box<dyn Stream<Item = u64>>),
        quote!(Pin<Box<dyn Iterator<Item = u64>>>),
        quote!(()),
    ] {
        one(quote!(), returns(&output), "must show in the return type");
    }
    one(
        quote!(),
        returns(&quote!(io::Result<impl Iterator<Item = u64>>)),
        "return the iterator, with `Item = Result<T, E>`",
    );
    one(quote!(), returns(&quote!(!)), "never returns");
    let future = quote!(Pin<Box<dyn Future<Output = Vec<u64>>>>);
    one(quote!(), returns(&future), "a boxed future cannot be kept");
}

#[test]
fn an_item_has_a_name_and_does_not_borrow() {
    for output in [
        quote!(Vec<impl Ord>),
        quote!(impl Iterator<Item = impl Ord>),
    ] {
        one(quote!(), returns(&output), "an `impl Trait` item");
    }
    for output in [
        quote!(Vec<&str>),
        quote!(BoxStream<'static, Cow<'_, str>>),
        quote!(impl Iterator<Item = Result<&str, E>>),
    ] {
        one(
            quote!(),
            returns(&output),
            "a cached item outlives the call",
        );
    }
    fine(quote!(), returns(&quote!(Vec<&'static str>)));
}

#[test]
fn a_sequence_has_the_bounds_that_reading_can_keep() {
    for bound in [
        quote!(DoubleEndedIterator<Item = u64>),
        quote!(ExactSizeIterator<Item = u64>),
        quote!(Iterator<Item = u64> + Clone),
        quote!(Iterator<Item = u64> + std::fmt::Debug),
    ] {
        one(
            quote!(),
            returns(&quote!(impl #bound)),
            "ask for `Iterator` alone, or return `Vec<T>`",
        );
    }
    one(
        quote!(),
        returns(&quote!(impl Stream<Item = u64> + FusedStream)),
        "is not `FusedStream`; ask for `Stream` alone",
    );
    fine(
        quote!(),
        returns(&quote!(
            impl Iterator<Item = u64> + Send + Sync + Unpin + core::iter::FusedIterator + 'static
        )),
    );
}

#[test]
fn what_awaits_needs_its_feature() {
    let off = Features {
        stream: false,
        ..ALL
    };
    let awaited = quote!(
        async fn f() -> Vec<u64> {
            body()
        }
    );
    for item in [
        returns(&quote!(impl Stream<Item = u64>)),
        returns(&quote!(BoxStream<'static, u64>)),
        awaited,
    ] {
        let expansion = crate::expand(Attr::MemoizeIter, quote!(), item.clone(), off);
        is_one(&messages(&expansion, &item), "features = [\"stream\"]");
        fine(quote!(), item);
    }
    let blocking = crate::expand(Attr::MemoizeIter, quote!(), item(), off).to_string();
    assert!(!blocking.contains("compile_error"), "{blocking}");
}

#[test]
fn what_the_body_uses_is_borrowed_as_long_as_the_return_type_says() {
    let add = |lifetime: &str| format!("add `+ {lifetime}` to the return type");
    one(
        quote!(),
        quote!(
            fn f(a: &str) -> Box<dyn Iterator<Item = u8>> {
                b(a)
            }
        ),
        &add("'_"),
    );
    one(
        quote!(),
        quote!(
            fn f<'a>(a: Cow<'a, str>) -> impl Iterator<Item = u8> + 'static {
                b(a)
            }
        ),
        &add("'a"),
    );
    one(
        quote!(skip(self)),
        quote!(
            fn f(&self, n: u8) -> Box<dyn Iterator<Item = u8>> {
                self.b(n)
            }
        ),
        &add("'_"),
    );
    one(
        quote!(),
        quote!(
            fn f(a: &str) -> impl Iterator<Item = u8> + use<> {
                format!("{a}").into_bytes().into_iter()
            }
        ),
        "add `'_` to the `use<…>`",
    );
    one(
        quote!(),
        quote!(
            fn f(a: &str) -> BoxStream<'static, u8> {
                b(a)
            }
        ),
        "give the return type the lifetime `'_`, or take it by value",
    );
    one(
        quote!(),
        quote!(
            fn f(&self, a: &str) -> Box<dyn Iterator<Item = u8> + '_> {
                self.b(a)
            }
        ),
        "name one lifetime `'a`",
    );
    one(
        quote!(),
        quote!(
            fn f<'a>(a: &'a str, b: &str) -> impl Iterator<Item = u8> + 'a {
                c(a, b)
            }
        ),
        "give it the lifetime `'a` of the return type",
    );
}

#[test]
fn a_borrow_that_the_return_type_names_or_the_body_leaves_alone_is_fine() {
    for item in [
        quote!(
            fn f(&self, a: &str) -> impl Iterator<Item = u8> {
                self.b(a)
            }
        ),
        quote!(
            fn f(a: &str) -> Box<dyn Iterator<Item = u8> + '_> {
                b(a)
            }
        ),
        quote!(
            fn f<'a, 'b: 'a>(a: &'a str, c: &'b str) -> Box<dyn Iterator<Item = u8> + 'a> {
                b(a, c)
            }
        ),
        quote!(
            fn f<'a>(&self, a: &'a str) -> impl Iterator<Item = u8> + use<'a> {
                b(a)
            }
        ),
        quote!(
            fn f(a: &'static str, g: fn(&str) -> &str) -> Box<dyn Iterator<Item = u8>> {
                b(a, g)
            }
        ),
        quote!(
            fn f(a: &str) -> BoxStream<u8> {
                b(a)
            }
        ),
        quote!(
            fn f(a: &str, b: &str) -> Vec<u8> {
                b(a)
            }
        ),
    ] {
        fine(quote!(), item);
    }
    fine(
        quote!(eager),
        quote!(
            fn f(a: &str, b: &str) -> Box<dyn Iterator<Item = u8>> {
                c(a, b)
            }
        ),
    );
}

#[test]
fn what_finishes_in_the_background_borrows_nothing() {
    one(
        quote!(on_drop = "finish"),
        quote!(
            fn f(&self, n: u8) -> impl Iterator<Item = u8> {
                self.b(n)
            }
        ),
        "cannot borrow `self`; take it by value",
    );
    fine(
        quote!(on_drop = "finish"),
        quote!(
            fn f(log: &Log, n: u8) -> impl Iterator<Item = u8> {
                b(n)
            }
        ),
    );
}

#[test]
fn an_option_that_changes_nothing_is_refused() {
    let list = returns(&quote!(Vec<u64>));
    let stream = returns(&quote!(impl Stream<Item = u64>));
    let awaited = quote!(
        async fn f() -> impl Iterator<Item = u64> {
            body()
        }
    );
    one(quote!(eager), list.clone(), "a `Vec` is whole");
    one(quote!(eager), stream.clone(), "a stream cannot be there");
    one(
        quote!(eager),
        awaited.clone(),
        "an `async fn` has all items",
    );
    for way in ["discard", "finish", "keep"] {
        one(quote!(on_drop = #way), list.clone(), "remove `on_drop`");
        one(quote!(on_drop = #way), awaited.clone(), "remove `on_drop`");
        one(quote!(on_drop = #way, eager), item(), "remove `on_drop`");
        fine(quote!(on_drop = #way), stream.clone());
    }
    one(quote!(on_torn = "error"), awaited, "remove `on_torn`");
    one(quote!(on_torn = "error"), list, "remove `on_torn`");
    one(quote!(on_torn = "error", eager), item(), "remove `on_torn`");
    fine(quote!(on_torn = "error"), stream);
}

#[test]
fn messages_name_the_attribute_that_was_written() {
    one(
        quote!(),
        quote!(
            fn f(&self) -> Vec<u8>;
        ),
        "put `#[memoize_iter]` on its implementations",
    );
    one(
        quote!(),
        quote!(
            struct S;
        ),
        "`#[memoize_iter]` goes on a function",
    );
}

#[test]
fn a_half_typed_attribute_is_never_a_panic() {
    let whole = quote!(
        key = "{n}",
        on_drop = "keep",
        on_torn = "error",
        eager,
        cache_if = |a, b| a
    );
    let tokens = Vec::from_iter(whole);
    for (start, end) in
        (0..tokens.len()).flat_map(|start| (start..=tokens.len()).map(move |end| (start, end)))
    {
        let part = tokens[start..end].iter().cloned().collect();
        assert!(expand_iter(part, item()).to_string().contains("fn f"));
    }
}
