fn total(a: u32, q: &Query, d: D, c: u32) -> u64 {
    let mut __memo_key = ::memo::__private::Key::new();
    ::memo::__private::Key::part(&mut __memo_key, &a);
    ::memo::__private::Key::part(&mut __memo_key, &q.name);
    ::memo::__private::Key::part(&mut __memo_key, &f(d));
    ::memo::__private::Key::part(&mut __memo_key, &(c + 1));
    ::memo::__private::call(
        total::site(),
        __memo_key,
        ::memo::__private::rules(::memo::__private::Returns::<u64>::NEW.__memo_keep()),
        || -> u64 { sum(a, q, d, c) },
    )
}
/// The cached entries of [`total`](fn@total).
#[allow(non_camel_case_types, dead_code)]
enum total {}
#[allow(dead_code, unused_variables, clippy::all, clippy::pedantic)]
impl total {
    /// The registry's view of this function.
    fn site() -> &'static ::memo::Site {
        static __MEMO_SITE: ::memo::Site = {
            struct __MemoHere;
            ::memo::__private::site(::core::any::type_name::<__MemoHere>, "total").list()
        };
        &__MEMO_SITE
    }
    /// The entry of a call with these arguments.
    #[inline]
    fn entry(a: u32, q: &Query, d: D, c: u32) -> ::memo::Entry<u64> {
        let mut __memo_key = ::memo::__private::Key::new();
        ::memo::__private::Key::part(&mut __memo_key, &a);
        ::memo::__private::Key::part(&mut __memo_key, &q.name);
        ::memo::__private::Key::part(&mut __memo_key, &f(d));
        ::memo::__private::Key::part(&mut __memo_key, &(c + 1));
        ::memo::__private::entry(
            Self::site(),
            __memo_key,
            ::memo::__private::rules(
                ::memo::__private::Returns::<u64>::NEW.__memo_keep(),
            ),
        )
    }
}
