//! Errors come all at once, and the user's function stays.

use proc_macro2::TokenStream;
use quote::quote;

use super::{ALL, expand, expand_iter, is_one, messages};
use crate::attr::Attr;
use crate::features::Features;

fn errors(attr: TokenStream, item: TokenStream) -> Vec<String> {
    messages(&expand(attr, item.clone()), &item)
}

/// Asserts that there is one error, and what it says.
#[track_caller]
fn one(attr: TokenStream, item: TokenStream, says: &str) {
    is_one(&errors(attr, item), says);
}

fn item() -> TokenStream {
    quote!(
        fn f(db: &Db, id: u64, lang: &str) -> u64 {
            body(db, id, lang)
        }
    )
}

#[track_caller]
fn is_memoized(attr: TokenStream, item: TokenStream) {
    let expanded = expand(attr, item).to_string();
    assert!(expanded.contains("__private :: call"), "{expanded}");
}

#[test]
fn a_static_borrow_is_kept_by_local_functions_alone() {
    let returning = |output: TokenStream| quote!(fn f(id: u64) -> #output { body(id) });
    let says = "say `local`";
    for output in [
        quote!(&'static str),
        quote!(Option<&'static [u8]>),
        quote!(std::io::Result<Option<&'static str>>),
        quote!(Result<&'static str, Fault>),
    ] {
        one(quote!(), returning(output.clone()), says);
        is_memoized(quote!(local), returning(output));
    }
    is_memoized(quote!(), returning(quote!(Result<u64, &'static str>)));
}

#[test]
fn times_of_locks_and_copies_are_written_out() {
    let wrong = [
        (quote!(near), "near` needs a value"),
        (quote!(near = "0s"), "of no time does nothing"),
        (quote!(lock = 0), "of no time does nothing"),
        (quote!(lock = "never"), "not a whole number"),
        (quote!(lock = true), "is a duration literal"),
        (quote!(near = config().near), "is a duration literal"),
        (quote!(lock = -5), "negative"),
    ];
    for (attr, says) in wrong {
        one(attr, item(), says);
    }
}

#[test]
fn copies_are_of_what_is_kept_as_it_is_elsewhere() {
    one(quote!(near = "5s", encrypt), item(), "`encrypt` only bytes");
    one(
        quote!(near = 5, large_data),
        item(),
        "`large_data` only bytes",
    );
    one(quote!(near = 5, local), item(), "remove it, or `near`");
    one(quote!(lock, local), item(), "remove it, or `lock`");
}

#[test]
fn an_option_neither_awaits_nor_returns() {
    let wrong = [
        (
            quote!(cache = find(db).await),
            "`.await` does not work in `cache`",
        ),
        (quote!(cache = find(db)?), "`?` does not work in `cache`"),
        (
            quote!(cache = { return 1 }),
            "`return` does not work in `cache`",
        ),
        (
            quote!(encrypt, encryption_key = ring()?),
            "in `encryption_key`",
        ),
        (quote!(expiration = ttl().await), "in `expiration`"),
        (quote!(force_overwrite = fresh?), "in `force_overwrite`"),
        (quote!(cache_if = |v| good(v).await), "in `cache_if`"),
        (quote!(weigh = |v| size(v).await), "in `weigh`"),
        (quote!(key = [db, id?, lang]), "in `key`"),
        (quote!(key = "{db.0}{f(id)?}{lang}"), "in `key`"),
    ];
    for (attr, says) in wrong {
        one(attr.clone(), item(), says);
        let item = item();
        one(attr, quote!(async #item), says);
    }
}

#[test]
fn what_stays_in_a_closure_or_a_block_of_its_own_is_left_alone() {
    is_memoized(
        quote!(
            cache_if = |v| {
                v.get(0)?;
                return None;
            }
        ),
        item(),
    );
    is_memoized(quote!(cache_if = |v| spawn(async { f(v).await? })), item());
    is_memoized(quote!(cache_if = g(async |v| f(v).await?)), item());
    is_memoized(
        quote!(
            cache = {
                fn first() -> Option<u8> {
                    last()?
                }
                CACHE
            }
        ),
        item(),
    );
}

#[test]
fn a_function_is_memoized_once() {
    let says = "memoized already";
    let item = item();
    one(quote!(), quote!(#[memoize] #item), says);
    one(quote!(), quote!(#[memo::memoize_iter(eager)] #item), says);
    is_memoized(quote!(), quote!(#[memoize_me] #item));
}

#[test]
fn an_option_is_given_by_its_name() {
    one(quote!("user:{id}"), item(), "`key = \"user:{id}\"`");
    one(quote!(60), item(), "an option is given by its name");
    one(quote!(skip("db")), item(), "`skip` needs the names");
    one(quote!(skip(db.id)), item(), "`skip` needs the names");
}

#[test]
fn what_asks_the_value_is_a_function() {
    one(
        quote!(cache_if = "is_some"),
        item(),
        "is a closure, or the path",
    );
    one(quote!(cache_if = true), item(), "is a closure, or the path");
    one(quote!(weigh = 8), item(), "is a closure, or the path");
    is_memoized(quote!(cache_if = is_prime, weigh = |_| 8), item());
}

#[test]
fn a_hole_may_be_a_constant() {
    is_memoized(quote!(key = "{SHARD}:{db}:{id}:{lang}"), item());
    is_memoized(quote!(key = "{N}:{db}:{id}:{lang}"), item());
    let says = "`Shard` is not an argument";
    one(quote!(key = "{Shard}:{db}:{id}:{lang}"), item(), says);
}

#[test]
fn all_errors_come_at_once() {
    let attr = quote!(
        ttl = 60,
        key = "u:{di}:{}",
        skip(bd),
        version = "2",
        expiration = 0,
        local = true
    );
    let item = quote!(
        const fn f(id: u64) -> &str {
            ""
        }
    );
    let found = errors(attr, item);
    let expected = [
        "ttl",
        "empty hole",
        "version",
        "local",
        "const fn",
        "outlives",
        "bd",
        "zero",
    ];
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for (message, part) in found.iter().zip(expected) {
        assert!(message.contains(part), "{message} does not mention {part}");
    }
}

#[test]
fn an_unknown_option_is_named_with_the_nearest() {
    one(quote!(expiraton = 5), item(), "did you mean `expiration`?");
    one(quote!(ttl = 5), item(), "did you mean `expiration`?");
    one(
        quote!(sync_writes),
        item(),
        "unknown option `sync_writes` (options: key, skip",
    );
    one(quote!(stale), item(), "unknown option `stale`");
}

#[test]
fn the_words_of_other_caches_find_ours() {
    for (theirs, ours) in [
        ("large", "large_data"),
        ("chunked", "large_data"),
        ("encrypted", "encrypt"),
        ("secure", "encrypt"),
        ("use_encryption", "encrypt"),
        ("secret", "encryption_key"),
        ("keyring", "encryption_key"),
        ("compression", "compress"),
        ("compress_large_data", "compress"),
        ("serializer", "codec"),
        ("format", "codec"),
        ("lease", "lock"),
        ("sync", "lock"),
        ("client_side", "near"),
    ] {
        let word: TokenStream = theirs.parse().expect(theirs);
        one(quote!(#word), item(), &format!("did you mean `{ours}`?"));
    }
}

#[test]
fn every_known_option_is_read() {
    for (option, _) in crate::args::OPTIONS {
        let name: TokenStream = option.parse().expect(option);
        for expand in [expand, expand_iter] {
            let expansion = expand(quote!(#name = ?), item()).to_string();
            assert!(!expansion.contains("unknown option"), "{option}");
        }
    }
}

#[test]
fn a_half_typed_attribute_is_never_a_panic() {
    let whole = quote!(
        key = "{id}:{lang:?}",
        skip(db),
        expiration = f(id),
        cache_if = |a, b| a < b,
        local,
        compress = true,
        encryption_key = self.keys,
        codec = "msgpack",
        entry = e
    );
    let tokens = Vec::from_iter(whole);
    for (start, end) in
        (0..tokens.len()).flat_map(|start| (start..=tokens.len()).map(move |end| (start, end)))
    {
        let part = tokens[start..end].iter().cloned().collect();
        assert!(expand(part, item()).to_string().contains("fn f"));
    }
}

#[test]
fn an_option_is_given_once() {
    one(
        quote!(version = 1, version = 2),
        item(),
        "`version` is given twice",
    );
}

#[test]
fn an_option_needs_its_value() {
    one(
        quote!(key),
        item(),
        "`key` needs a value, for example `key = \"user:{id}\"`",
    );
    one(quote!(version =), item(), "`version` needs a value");
    one(quote!(weigh =, local), item(), "`weigh` needs a value");
    one(quote!(skip), item(), "`skip` needs the names of arguments");
    one(
        quote!(skip()),
        item(),
        "`skip` needs the names of arguments",
    );
}

#[test]
fn an_option_has_a_value_of_its_kind() {
    one(
        quote!(key = id),
        item(),
        "`key` is a template (a string literal) or a list",
    );
    one(quote!(name = users), item(), "`name` is a string");
    one(quote!(name = ""), item(), "the name is empty");
    one(quote!(version = -1), item(), "`version` is a whole number");
    one(quote!(version = 99999999999), item(), "cannot be used here");
    one(
        quote!(cache_none = "no"),
        item(),
        "`cache_none` is `true` or `false`",
    );
    one(quote!(local = true), item(), "`local` takes no value");
    one(
        quote!(entry = "f_entry"),
        item(),
        "`entry` is `false` or the name of a method",
    );
    one(quote!(entry = f), item(), "the method itself is called `f`");
    one(
        quote!(crate = "memo"),
        item(),
        "`crate` is a path, without quotes",
    );
    one(quote!(jitter = 1.5), item(), "between 0 and 1");
    one(quote!(jitter = spread()), item(), "`jitter` is a share");
    one(quote!(jitter = "0s"), item(), "a jitter of zero");
    one(
        quote!(jitter = 5, expiration = "never"),
        item(),
        "\"never\" has none",
    );
}

#[test]
fn a_flag_with_a_value_is_one_fault() {
    for flag in ["local", "large_data", "encrypt"] {
        let name: TokenStream = flag.parse().expect(flag);
        let says = format!("`{flag}` takes no value; write `{flag}`");
        one(quote!(#name = true), item(), &says);
        one(quote!(#name = false, version = 2), item(), &says);
        one(quote!(#name("x", 1)), item(), &says);
    }
    one(
        quote!(encrypt = true, encryption_key = KEYS),
        item(),
        "`encrypt` takes no value",
    );
}

#[test]
fn compress_is_a_flag_or_a_bool() {
    for (attr, expected) in [
        (quote!(compress), ".compress(true)"),
        (quote!(compress, version = 2), ".compress(true)"),
        (quote!(compress = true), ".compress(true)"),
        (quote!(compress = false), ".compress(false)"),
    ] {
        let expansion = expand(attr, item()).to_string().replace(' ', "");
        assert!(expansion.contains(expected), "{expansion}");
    }
    one(
        quote!(compress = "zstd"),
        item(),
        "LZ4 is the only algorithm; write `compress` or `compress = false`",
    );
    one(
        quote!(compress = 3),
        item(),
        "`compress` is `true` or `false`",
    );
    one(quote!(compress =), item(), "`compress` needs a value");
}

#[test]
fn a_codec_is_one_of_two_names() {
    one(
        quote!(codec = "msgpak"),
        item(),
        "unknown codec `msgpak`; did you mean `msgpack`? (codecs: postcard, msgpack)",
    );
    one(quote!(codec = "MsgPack"), item(), "did you mean `msgpack`?");
    one(
        quote!(codec = "json"),
        item(),
        "unknown codec `json` (codecs: postcard, msgpack)",
    );
    one(
        quote!(codec = Codec::Msgpack),
        item(),
        "`codec` is a string literal, for example `codec = \"msgpack\"`",
    );
    one(quote!(codec), item(), "`codec` needs a value");
}

#[test]
fn an_encryption_key_is_no_secret_in_the_source() {
    one(
        quote!(encrypt, encryption_key = "hunter2"),
        item(),
        "`encryption_key` is a `Keyring`, never the secret itself",
    );
    one(
        quote!(encryption_key = KEYS),
        item(),
        "`encryption_key` seals nothing by itself; add `encrypt`",
    );
    one(
        quote!(encryption_key, encrypt),
        item(),
        "`encryption_key` needs a value, for example `encryption_key = KEYS`",
    );
}

#[test]
fn an_option_without_its_feature_says_what_to_write() {
    let with = |attr: TokenStream, features| {
        crate::expand(Attr::Memoize, attr, item(), features).to_string()
    };
    let none = Features {
        encrypt: false,
        msgpack: false,
        stream: false,
    };
    for (attr, off, token) in [
        (
            quote!(encrypt),
            Features {
                encrypt: false,
                ..ALL
            },
            "encrypt",
        ),
        (
            quote!(codec = "msgpack"),
            Features {
                msgpack: false,
                ..ALL
            },
            "msgpack",
        ),
    ] {
        let line = format!(r#"features = [\"{token}\"]"#);
        let refused = with(attr.clone(), off);
        assert!(
            refused.contains(&format!("needs memo's feature `{token}`")) && refused.contains(&line),
            "{refused}"
        );
        assert!(!with(attr.clone(), ALL).contains("compile_error"));
        assert_eq!(with(attr, none), refused, "only its own feature counts");
    }
    let needs_none = quote!(large_data, compress, codec = "postcard");
    assert!(!with(needs_none, none).contains("compile_error"));
}

#[test]
fn local_values_never_become_bytes() {
    let found = errors(
        quote!(
            local,
            large_data,
            compress = false,
            encrypt,
            encryption_key = KEYS,
            codec = "postcard",
            schema = true,
            weigh = size
        ),
        item(),
    );
    let names = [
        "large_data",
        "compress",
        "encrypt",
        "encryption_key",
        "codec",
        "schema",
    ];
    assert_eq!(found.len(), names.len(), "{found:#?}");
    for (message, name) in found.iter().zip(names) {
        assert!(
            message.contains(&format!("as they are; remove it, or `{name}`")),
            "{message}"
        );
    }
}

#[test]
fn a_future_is_made_by_an_async_function() {
    for output in [
        quote!(BoxFuture<'static, u64>),
        quote!(futures::future::LocalBoxFuture<'a, u64>),
        quote!(impl Future<Output = u64> + Send),
        quote!(impl std::future::Future<Output = u64> + 'a),
    ] {
        let item = quote!(fn f(id: u64) -> #output { made(id) });
        one(TokenStream::new(), item, "make this an `async fn`");
    }
}

#[test]
fn a_literal_that_a_macro_was_given_is_a_literal() {
    let grouped = |tokens: TokenStream| {
        let group = proc_macro2::Group::new(proc_macro2::Delimiter::None, tokens);
        quote!(#group)
    };
    let (key, expiration) = (grouped(quote!("user:{id}:{lang}")), grouped(quote!("5m")));
    let options = quote!(key = #key, expiration = #expiration, skip(db));
    let expansion = expand(options, item()).to_string();
    assert!(!expansion.contains("compile_error"), "{expansion}");
    assert!(expansion.contains("seconds (300u64)"), "{expansion}");
}

#[test]
fn a_type_that_nobody_looks_at_needs_a_version() {
    one(quote!(schema = false), item(), "add `version = 1`");
    one(quote!(schema), item(), "`schema` needs a value");
}

#[test]
fn what_is_kept_as_bytes_is_not_weighed() {
    for kept in ["large_data", "encrypt"] {
        let name: TokenStream = kept.parse().expect(kept);
        one(
            quote!(#name, weigh = size),
            item(),
            &format!("`{kept}` keeps values as bytes, which weigh what they are; remove `weigh`"),
        );
    }
    let compressed = expand(quote!(compress, weigh = size), item()).to_string();
    assert!(!compressed.contains("compile_error"), "{compressed}");
}

#[test]
fn an_expiration_is_a_duration() {
    one(
        quote!(expiration = 0),
        item(),
        "an expiration of zero keeps nothing",
    );
    one(
        quote!(expiration = "0s"),
        item(),
        "an expiration of zero keeps nothing",
    );
    one(
        quote!(expiration = 0.5),
        item(),
        "`expiration` is seconds, a string or a `Duration`",
    );
    one(quote!(expiration = -5), item(), "cannot be negative");
    one(
        quote!(expiration = "5 minutes"),
        item(),
        "did you mean \"5m\"?",
    );
    one(
        quote!(expiration = "soon"),
        item(),
        "not a whole number with a unit",
    );
}

#[test]
fn a_template_names_arguments() {
    let skip_rest = |key: &str| quote!(key = #key, skip(db, id));
    one(
        skip_rest("{lang}:{lnag.len()}"),
        item(),
        "`lnag` is not an argument of this function; did you mean `lang`?",
    );
    one(
        skip_rest("{lang}:{self.x}"),
        item(),
        "this function has no `self`",
    );
    one(skip_rest("{lang}:{"), item(), "never closed");
    one(skip_rest("{lang}:}"), item(), "closes nothing");
    one(skip_rest("{lang}:{}"), item(), "an empty hole");
    one(skip_rest("{lang:>8}"), item(), "`:>8` is not supported");
}

#[test]
fn every_argument_is_in_the_key_or_skipped() {
    one(
        quote!(key = "{id}", skip(db)),
        item(),
        "`lang` is not part of the key; add `{lang}` to it, or `skip(lang)`",
    );
    one(
        quote!(key = [id, db.lang], skip(db)),
        quote!(
            fn f(db: &Db, id: u64) {}
        ),
        "`db` is skipped and also part",
    );
    one(
        quote!(key = [q.lang]),
        quote!(
            fn f(q: &Q, lang: &str) {}
        ),
        "`lang` is not part of the key; add `lang` to it",
    );
    one(
        quote!(key = "{id}"),
        quote!(
            fn f(&self, id: u64) {}
        ),
        "`self` is not part of the key; add `{self.…}` to it",
    );
    one(
        quote!(key = "{id}"),
        quote!(
            fn f<const N: usize>(id: u64) {}
        ),
        "`N` is not part of the key",
    );
    one(
        quote!(skip(dv)),
        item(),
        "`dv` is not an argument of this function; did you mean `db`?",
    );
}

#[test]
fn everything_may_be_skipped() {
    let expansion = expand(quote!(skip(db, id, lang)), item()).to_string();
    assert!(expansion.contains("__private :: call"), "{expansion}");
}

#[test]
fn a_mutable_borrow_is_skipped() {
    one(
        quote!(),
        quote!(
            fn f(log: &mut Log) {}
        ),
        "add `skip(log)`",
    );
    one(
        quote!(),
        quote!(
            fn f(log: Option<&mut Log>) {}
        ),
        "add `skip(log)`",
    );
    one(
        quote!(),
        quote!(
            fn f(&mut self) {}
        ),
        "add `skip(self)`",
    );
    one(
        quote!(),
        quote!(
            fn f(self: Pin<&mut Self>) {}
        ),
        "add `skip(self)`",
    );
}

#[test]
fn the_signature_can_be_memoized() {
    one(
        quote!(),
        quote!(
            const fn f() -> u8 {
                1
            }
        ),
        "a `const fn` cannot use a cache",
    );
    one(
        quote!(),
        quote!(
            extern "C" fn f() -> u8 {
                1
            }
        ),
        "an `extern` function cannot be memoized",
    );
    one(
        quote!(),
        quote!(
            fn f() -> ! {
                loop {}
            }
        ),
        "never returns",
    );
    one(
        quote!(),
        quote!(
            fn f() -> Box<impl Ord> {
                x
            }
        ),
        "its type has no name",
    );
    one(
        quote!(),
        quote!(
            fn f(a: &str) -> &str {
                a
            }
        ),
        "cannot borrow",
    );
    one(
        quote!(),
        quote!(
            fn f(a: &str) -> Cow<'_, str> {
                a
            }
        ),
        "cannot borrow",
    );
    one(
        quote!(),
        quote!(
            fn f(_: impl Ord) -> u8 {
                1
            }
        ),
        "give it a name",
    );
    let opaque = quote!(
        fn f() -> Pin<Box<dyn Future<Output = u8>>> {
            later()
        }
    );
    one(quote!(), opaque, "a boxed future cannot be kept");
}

#[test]
fn a_static_borrow_is_owned_enough() {
    let item = quote!(
        fn f(g: fn(&str) -> &str) -> Cow<'static, str> {
            g("").into()
        }
    );
    assert!(
        expand(quote!(), item)
            .to_string()
            .contains("__private :: call")
    );
}

#[test]
fn other_items_are_named() {
    one(
        quote!(),
        quote!(
            struct S;
        ),
        "goes on a function or a method",
    );
    one(
        quote!(),
        quote!(
            pub const X: u8 = 1;
        ),
        "goes on a function or a method",
    );
    one(
        quote!(),
        quote!(impl S { fn f() {} }),
        "goes on each method",
    );
    one(
        quote!(),
        quote!(
            unsafe trait S {}
        ),
        "goes on each method",
    );
    one(
        quote!(),
        quote!(
            fn f(&self) -> u8;
        ),
        "a function without a body",
    );
}
