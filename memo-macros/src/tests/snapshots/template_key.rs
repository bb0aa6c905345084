fn page(db: &Db, q: &Query, lang: Lang) -> String {
    let mut __memo_key = ::memo::__private::Key::new();
    ::memo::__private::Hole(&q.org).text(&mut __memo_key);
    ::memo::__private::Hole(&lang).debug(&mut __memo_key);
    ::memo::__private::Hole(&key_of(q)).text(&mut __memo_key);
    ::memo::__private::call(
        page::site(),
        __memo_key,
        ::memo::__private::rules(
            ::memo::__private::Returns::<String>::NEW.__memo_keep(),
        ),
        || -> String { db.render(q, lang) },
    )
}
/// The cached entries of [`page`](fn@page).
#[allow(non_camel_case_types, dead_code)]
enum page {}
#[allow(dead_code, unused_variables, clippy::all, clippy::pedantic)]
impl page {
    /// The registry's view of this function.
    fn site() -> &'static ::memo::Site {
        static __MEMO_SITE: ::memo::Site = {
            struct __MemoHere;
            ::memo::__private::site(::core::any::type_name::<__MemoHere>, "page")
                .template(&["{page}:", ":", ":", ""])
        };
        &__MEMO_SITE
    }
    /// The entry of a call with these arguments.
    #[inline]
    fn entry(db: &Db, q: &Query, lang: Lang) -> ::memo::Entry<String> {
        let mut __memo_key = ::memo::__private::Key::new();
        ::memo::__private::Hole(&q.org).text(&mut __memo_key);
        ::memo::__private::Hole(&lang).debug(&mut __memo_key);
        ::memo::__private::Hole(&key_of(q)).text(&mut __memo_key);
        ::memo::__private::entry(
            Self::site(),
            __memo_key,
            ::memo::__private::rules(
                ::memo::__private::Returns::<String>::NEW.__memo_keep(),
            ),
        )
    }
}
