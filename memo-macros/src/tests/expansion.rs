//! Tokens in, formatted Rust out; the snapshots are read in review.
//!
//! `UPDATE_EXPECT=1 cargo test -p memo-macros` writes them anew.

use expect_test::{ExpectFile, expect_file};
use proc_macro2::TokenStream;
use quote::quote;
use syn::{ImplItem, Item};

use super::{expand, expand_iter};

fn pretty(attr: TokenStream, item: TokenStream) -> String {
    format(expand(attr, item))
}

fn pretty_iter(attr: TokenStream, item: TokenStream) -> String {
    format(expand_iter(attr, item))
}

fn format(tokens: TokenStream) -> String {
    let file = syn::parse2(tokens).expect("an expansion is a sequence of items");
    prettyplease::unparse(&file)
}

#[expect(clippy::needless_pass_by_value, reason = "as `expect_file!` makes it")]
fn check(attr: TokenStream, item: TokenStream, expected: ExpectFile) {
    expected.assert_eq(&pretty(attr, item));
}

#[expect(clippy::needless_pass_by_value, reason = "as `expect_file!` makes it")]
fn check_iter(attr: TokenStream, item: TokenStream, expected: ExpectFile) {
    expected.assert_eq(&pretty_iter(attr, item));
}

/// What `item` becomes inside `impl … { }`.
#[expect(clippy::needless_pass_by_value, reason = "as `expect_file!` makes it")]
fn check_in(header: TokenStream, attr: TokenStream, item: TokenStream, expected: ExpectFile) {
    let expansion = expand(attr, item);
    expected.assert_eq(&format(quote!(#header { #expansion })));
}

#[test]
fn plain_function() {
    check(
        quote!(),
        quote! {
            /// Loads a user.
            #[must_use]
            pub fn load_user(id: u64) -> User {
                let row = query(id)?;
                User::from(row)
            }
        },
        expect_file!["snapshots/plain_function.rs"],
    );
}

#[test]
fn async_function() {
    check(
        quote!(),
        quote! {
            pub(crate) async fn report(org: &str, q: &Query) -> Result<Report, DbError> {
                let rows = fetch(org, q).await?;
                Ok(Report::from(rows))
            }
        },
        expect_file!["snapshots/async_function.rs"],
    );
}

#[test]
fn method_with_a_named_entry() {
    check_in(
        quote!(impl Store),
        quote!(key = "user:{self.shard}:{id}", entry = user_entry),
        quote! {
            pub async fn user(&self, mut id: u64) -> Option<User> {
                id += 1;
                self.find(id).await
            }
        },
        expect_file!["snapshots/method_with_a_named_entry.rs"],
    );
}

#[test]
fn generic_function() {
    check(
        quote!(),
        quote! {
            fn parse<'a, T: FromStr, const N: usize>(text: &'a str, by: impl Display) -> Vec<T>
            where
                T: Clone,
            {
                split::<N>(text, by).collect()
            }
        },
        expect_file!["snapshots/generic_function.rs"],
    );
}

#[test]
fn trait_impl_method() {
    check_in(
        quote!(impl Source for Disk),
        quote!(skip(self)),
        quote! {
            fn get(&self, (bucket, name): (u32, &str), _: Hint) -> Arc<[u8]> {
                self.read(bucket, name)
            }
        },
        expect_file!["snapshots/trait_impl_method.rs"],
    );
}

/// The item is what `#[async_trait]` 0.1 makes of `async fn get(&self, id: u64) -> u64`.
#[test]
fn async_trait_method() {
    check_in(
        quote!(impl Source for Disk),
        quote!(key = "{self.id}:{id}", force_overwrite = self.fresh),
        quote! {
            fn get<'life0, 'async_trait>(
                &'life0 self,
                id: u64,
            ) -> ::core::pin::Pin<Box<
                dyn ::core::future::Future<Output = u64> + ::core::marker::Send + 'async_trait,
            >>
            where
                'life0: 'async_trait,
                Self: 'async_trait,
            {
                Box::pin(async move {
                    let __self = self;
                    let id = id;
                    let __ret: u64 = { __self.read(id).await };
                    __ret
                })
            }
        },
        expect_file!["snapshots/async_trait_method.rs"],
    );
}

#[test]
fn template_key() {
    check(
        quote!(key = "{{page}}:{q.org}:{lang:?}:{key_of(q)}", skip(db)),
        quote! {
            fn page(db: &Db, q: &Query, lang: Lang) -> String {
                db.render(q, lang)
            }
        },
        expect_file!["snapshots/template_key.rs"],
    );
}

#[test]
fn list_key() {
    check(
        quote!(key = [a, q.name, f(d), c + 1]),
        quote! {
            fn total(a: u32, q: &Query, d: D, c: u32) -> u64 {
                sum(a, q, d, c)
            }
        },
        expect_file!["snapshots/list_key.rs"],
    );
}

#[test]
fn all_options() {
    check(
        quote!(
            key = [id],
            skip(db, fresh, hours),
            name = "users",
            version = 2,
            expiration = Duration::from_secs(hours * 3600),
            jitter = 0.1,
            force_overwrite = fresh,
            cache_if = |user| user.is_some(),
            cache_none = false,
            local,
            weigh = User::weight,
            cache = db.cache,
            entry = false,
            crate = my::memo,
        ),
        quote! {
            #[cfg(feature = "users")]
            unsafe fn load(db: &Db, id: u64, fresh: bool, hours: u64) -> Option<User> {
                #![allow(unused)]
                unsafe { db.load(id) }
            }
        },
        expect_file!["snapshots/all_options.rs"],
    );
}

/// Values as bytes: four more constants on the site, one more argument of the rules.
#[test]
fn all_options_of_bytes() {
    check_in(
        quote!(impl Vault),
        quote!(
            key = "statement:{self.bank}:{id}",
            large_data,
            compress = false,
            encrypt,
            encryption_key = self.ring,
            codec = "msgpack",
            strict,
            lock = "30s",
            cache = self.cache,
            entry = statement_entry,
        ),
        quote! {
            pub async fn statement(&self, id: u64) -> Result<Option<Statement>, Denied> {
                self.read(id).await
            }
        },
        expect_file!["snapshots/all_options_of_bytes.rs"],
    );
}

/// Two constants on the site.
#[test]
fn options_of_processes() {
    check(
        quote!(lock, near = "5s", entry = false),
        quote! {
            fn load(id: u64) -> User {
                query(id)
            }
        },
        expect_file!["snapshots/options_of_processes.rs"],
    );
}

#[test]
fn sequence() {
    check_iter(
        quote!(
            key = "{table}",
            skip(db),
            on_drop = "keep",
            on_torn = "error"
        ),
        quote! {
            pub fn rows(db: &Db, table: &str) -> impl Iterator<Item = io::Result<Row>> {
                db.query(table)
            }
        },
        expect_file!["snapshots/sequence.rs"],
    );
}

#[test]
fn eager_sequence() {
    check_iter(
        quote!(eager, expiration = config().ttl, entry = false),
        quote! {
            fn words(text: &str) -> Box<dyn Iterator<Item = String>> {
                split(text)
            }
        },
        expect_file!["snapshots/eager_sequence.rs"],
    );
}

/// The block is told its type, or it would not make a `dyn Stream` of what it ends in.
#[test]
fn boxed_stream() {
    check_iter(
        quote!(entry = false, encrypt),
        quote! {
            async fn feed(url: Url) -> BoxStream<'static, Event> {
                Box::pin(open(url).await)
            }
        },
        expect_file!["snapshots/boxed_stream.rs"],
    );
}

#[test]
fn awaited_list() {
    check_iter(
        quote!(),
        quote! {
            async fn all(org: &str) -> Vec<Row> {
                fetch(org).await
            }
        },
        expect_file!["snapshots/awaited_list.rs"],
    );
}

#[test]
fn each_return_type_has_its_call() {
    let with = |output: TokenStream| {
        pretty_iter(
            quote!(),
            quote!(
                fn f(n: u64) -> #output {
                    body(n)
                }
            ),
        )
    };
    for (output, call) in [
        (
            quote!(impl Iterator<Item = u64>),
            "iter::<u64,_,_,_>(f::site(),__memo_key,",
        ),
        (
            quote!(impl core::iter::IntoIterator<Item = u64> + 'a),
            "iter::<u64,",
        ),
        (
            quote!(impl FusedIterator<Item = u64> + use<>),
            "iter::<u64,",
        ),
        (quote!(std::vec::Vec<u64>), "{body(n)}).into_vec()"),
        (
            quote!(Box<dyn Iterator<Item = u64> + Send>),
            "::std::boxed::Box::new(::memo::__private::iter::<u64,",
        ),
        (quote!(impl futures::Stream<Item = u64>), "stream::<u64,"),
        (
            quote!(LocalBoxStream<'_, u64>),
            "::std::boxed::Box::pin(::memo::__private::stream::<u64,",
        ),
        (
            quote!(Pin<Box<dyn Stream<Item = u64> + 'static>>),
            "::std::boxed::Box::pin(::memo::__private::stream::<u64,",
        ),
    ] {
        let expansion = with(output).replace(char::is_whitespace, "");
        assert!(
            expansion
                .replace(",>", ">")
                .replace(",)", ")")
                .contains(call),
            "{expansion}"
        );
    }
}

/// Of a `Result` the value is kept, and what an entry holds is a list of it.
#[test]
fn an_entry_of_a_sequence_is_a_list_of_what_is_kept() {
    let entry = |output: TokenStream| {
        pretty_iter(
            quote!(),
            quote!(
                fn f() -> #output {
                    body()
                }
            ),
        )
    };
    let plain = entry(quote!(Vec<Row>));
    assert!(
        plain.contains("::memo::Entry<::std::vec::Vec<Row>>"),
        "{plain}"
    );
    let fallible = entry(quote!(impl Iterator<Item = io::Result<Row>>));
    assert!(
        fallible.contains("::memo::Entry<::std::vec::Vec<Row>>"),
        "{fallible}"
    );
    let later = entry(quote!(BoxStream<'static, Row>));
    assert!(
        later.contains("::memo::AsyncEntry<::std::vec::Vec<Row>>"),
        "{later}"
    );
}

/// Whoever consumes the items may do so in another scope.
#[test]
fn the_expiration_of_a_sequence_is_of_its_call() {
    let expansion = pretty_iter(
        quote!(expiration = config().ttl),
        quote!(
            fn f() -> Vec<u64> {
                body()
            }
        ),
    );
    assert!(
        expansion.contains(".expires_in(config().ttl)"),
        "{expansion}"
    );
}

#[test]
fn constants_go_to_the_site() {
    for (attr, expected) in [
        (
            quote!(expiration = 300),
            ".expiration(::memo::Expiration::seconds(300u64))",
        ),
        (
            quote!(expiration = "1h30m"),
            ".expiration(::memo::Expiration::seconds(5400u64))",
        ),
        (
            quote!(expiration = "1s500ms"),
            ".expiration(::memo::Expiration::millis(1500u64))",
        ),
        (
            quote!(expiration = "never"),
            ".expiration(::memo::Expiration::never())",
        ),
        (
            quote!(jitter = "30s"),
            ".jitter(::memo::Jitter::upto_millis(30000u64))",
        ),
        (
            quote!(jitter = 5),
            ".jitter(::memo::Jitter::upto_millis(5000u64))",
        ),
        (quote!(large_data), ".large_data()"),
        (quote!(compress), ".compress(true)"),
        (quote!(encrypt), ".encrypt()"),
        (quote!(schema = false, version = 1), ".untraced()"),
        (
            quote!(codec = "postcard"),
            ".codec(::memo::Codec::Postcard)",
        ),
    ] {
        let expansion = pretty(
            attr,
            quote!(
                fn f() {}
            ),
        );
        assert!(expansion.contains(expected), "{expansion}");
    }
}

/// An expression that needs no argument is not computed on a hit.
#[test]
fn a_dynamic_expiration_is_lazy_when_it_can_be() {
    let lazy = pretty(
        quote!(expiration = config().ttl),
        quote!(
            fn f(id: u64) -> u64 {
                id
            }
        ),
    );
    assert!(lazy.contains(".expires(|| config().ttl)"), "{lazy}");
    let eager = pretty(
        quote!(expiration = ttl_of(id)),
        quote!(
            fn f(id: u64) -> u64 {
                id
            }
        ),
    );
    assert!(eager.contains(".expires_in(ttl_of(id))"), "{eager}");
}

#[test]
fn a_plain_function_becomes_one_call_and_at_most_one_static() {
    let expansion = pretty(
        quote!(entry = false),
        quote!(
            fn load(id: u64) -> User {
                body(id)
            }
        ),
    );
    assert!(expansion.lines().count() <= 25, "{expansion}");
    assert_eq!(expansion.matches("static ").count(), 1, "{expansion}");
    assert_eq!(
        expansion.matches("__private::call(").count(),
        1,
        "{expansion}"
    );
}

/// A free function may contain an `impl`; only a `Self` of its own says that it stands in one.
#[test]
fn self_inside_a_nested_impl_is_no_evidence() {
    let free = quote!(
        fn f() -> u8 {
            struct S;
            impl S {
                fn new() -> Self {
                    S
                }
            }
            1
        }
    );
    assert!(pretty(quote!(), free).contains("enum f {}"));
    let associated = quote!(
        fn f() -> u8 {
            let s = Self::new();
            s.0
        }
    );
    assert!(!pretty(quote!(), associated).contains("enum f {}"));
    let in_a_macro = quote!(
        fn f() -> Vec<u8> {
            vec![Self::FIRST]
        }
    );
    assert!(!pretty(quote!(), in_a_macro).contains("enum f {}"));
}

/// So that completion works inside a body that is being written.
#[test]
fn a_half_typed_body_is_passed_on() {
    let expansion = expand(quote!(), quote!(fn f() -> u8 { let x = user. ; 1 })).to_string();
    assert!(
        expansion.contains("|| -> u8 { let x = user . ; 1 }"),
        "{expansion}"
    );
}

#[test]
fn a_whole_binding_stands_for_its_parts() {
    let expansion = pretty(
        quote!(),
        quote!(
            fn f(whole @ (a, b): (u8, u8)) -> u8 {
                a + b
            }
        ),
    );
    assert!(
        expansion.contains("&mut __memo_key, &whole)")
            && !expansion.contains("&mut __memo_key, &a)"),
        "{expansion}"
    );
}

#[test]
fn a_raw_name_is_written_without_its_prefix() {
    let expansion = pretty(
        quote!(),
        quote!(
            fn r#type(r#in: u8) -> u8 {
                r#in
            }
        ),
    );
    assert!(
        expansion.contains("\"type\"") && expansion.contains("enum r#type {}"),
        "{expansion}"
    );
}

#[test]
fn a_cfg_on_an_argument_is_kept_on_its_part() {
    let expansion = pretty(
        quote!(),
        quote!(
            fn f(
                #[cfg(x)]
                #[allow(y)]
                a: u8,
            ) -> u8 {
                a
            }
        ),
    );
    assert_eq!(expansion.matches("#[cfg(x)]").count(), 4, "{expansion}");
}

#[test]
fn output_names_nothing_that_users_can_shadow() {
    let item = quote!(
        fn f<T: Clone>(a: T, b: impl Ord) -> Option<T> {
            body(a, b)
        }
    );
    let expansion = expand(
        quote!(key = [a, b], cache_none = false, expiration = ttl()),
        item,
    );
    let file: syn::File = syn::parse2(expansion).expect("items");
    assert!(
        file.items
            .iter()
            .all(|item| !matches!(item, Item::Use(_) | Item::Const(_) | Item::Static(_)))
    );
    let impls = file.items.iter().filter_map(|item| match item {
        Item::Impl(twin) => Some(twin),
        _ => None,
    });
    let methods = impls
        .flat_map(|twin| &twin.items)
        .filter(|item| matches!(item, ImplItem::Fn(_)));
    assert_eq!(methods.count(), 2);
}
