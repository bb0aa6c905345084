fn parse<'a, T: FromStr, const N: usize>(text: &'a str, by: impl Display) -> Vec<T>
where
    T: Clone,
{
    let mut __memo_key = ::memo::__private::Key::new();
    ::memo::__private::Key::instance(
        &mut __memo_key,
        &(::memo::__private::Type::<T>::NEW, ::memo::__private::type_of(&by)),
    );
    ::memo::__private::Key::part(&mut __memo_key, &text);
    ::memo::__private::Key::part(&mut __memo_key, &by);
    ::memo::__private::Key::part(&mut __memo_key, &N);
    ::memo::__private::call(
        parse::site(),
        __memo_key,
        ::memo::__private::rules(
            ::memo::__private::Returns::<Vec<T>>::NEW.__memo_keep(),
        ),
        || -> Vec<T> { split::<N>(text, by).collect() },
    )
}
/// The cached entries of [`parse`](fn@parse).
#[allow(non_camel_case_types, dead_code)]
enum parse {}
#[allow(dead_code, unused_variables, clippy::all, clippy::pedantic)]
impl parse {
    /// The registry's view of this function.
    fn site() -> &'static ::memo::Site {
        static __MEMO_SITE: ::memo::Site = {
            struct __MemoHere;
            ::memo::__private::site(::core::any::type_name::<__MemoHere>, "parse")
        };
        &__MEMO_SITE
    }
    /// The entry of a call with these arguments.
    #[inline]
    fn entry<'a, T: FromStr, const N: usize>(
        text: &'a str,
        by: impl Display,
    ) -> ::memo::Entry<Vec<T>>
    where
        T: Clone,
    {
        let mut __memo_key = ::memo::__private::Key::new();
        ::memo::__private::Key::instance(
            &mut __memo_key,
            &(::memo::__private::Type::<T>::NEW, ::memo::__private::type_of(&by)),
        );
        ::memo::__private::Key::part(&mut __memo_key, &text);
        ::memo::__private::Key::part(&mut __memo_key, &by);
        ::memo::__private::Key::part(&mut __memo_key, &N);
        ::memo::__private::entry(
            Self::site(),
            __memo_key,
            ::memo::__private::rules(
                ::memo::__private::Returns::<Vec<T>>::NEW.__memo_keep(),
            ),
        )
    }
}
