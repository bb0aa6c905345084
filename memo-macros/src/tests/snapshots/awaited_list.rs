async fn all(org: &str) -> Vec<Row> {
    let mut __memo_key = ::memo::__private::Key::new();
    ::memo::__private::Key::part(&mut __memo_key, &org);
    ::memo::__private::collect::<
        Row,
        _,
        _,
        _,
    >(
            all::site(),
            __memo_key,
            ::memo::__private::item_rules(
                ::memo::__private::Returns::<Row>::NEW.__memo_keep(),
            ),
            async move {
                if let ::core::option::Option::Some(__memo_output) = ::core::option::Option::None::<
                    Vec<Row>,
                > {
                    return __memo_output;
                }
                { fetch(org).await }
            },
        )
        .await
}
/// The cached entries of [`all`](fn@all).
#[allow(non_camel_case_types, dead_code)]
enum all {}
#[allow(dead_code, unused_variables, clippy::all, clippy::pedantic)]
impl all {
    /// The registry's view of this function.
    fn site() -> &'static ::memo::Site {
        static __MEMO_SITE: ::memo::Site = {
            struct __MemoHere;
            ::memo::__private::site(::core::any::type_name::<__MemoHere>, "all")
        };
        &__MEMO_SITE
    }
    /// The entry of a call with these arguments.
    #[inline]
    fn entry(org: &str) -> ::memo::AsyncEntry<::std::vec::Vec<Row>> {
        let mut __memo_key = ::memo::__private::Key::new();
        ::memo::__private::Key::part(&mut __memo_key, &org);
        ::memo::__private::async_items_entry(
            Self::site(),
            __memo_key,
            ::memo::__private::item_rules(
                ::memo::__private::Returns::<Row>::NEW.__memo_keep(),
            ),
        )
    }
}
