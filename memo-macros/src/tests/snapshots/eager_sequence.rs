fn words(text: &str) -> Box<dyn Iterator<Item = String>> {
    static __MEMO_SITE: ::memo::Site = {
        struct __MemoHere;
        ::memo::__private::site(::core::any::type_name::<__MemoHere>, "words")
    };
    let mut __memo_key = ::memo::__private::Key::new();
    ::memo::__private::Key::instance(&mut __memo_key, &::memo::__private::Around(|| {}));
    ::memo::__private::Key::part(&mut __memo_key, &text);
    ::std::boxed::Box::new(
        ::core::iter::IntoIterator::into_iter(
            ::memo::__private::iter::<
                String,
                _,
                _,
                _,
            >(
                    &__MEMO_SITE,
                    __memo_key,
                    ::memo::__private::item_rules(
                            ::memo::__private::Returns::<String>::NEW.__memo_keep(),
                        )
                        .expires_in(config().ttl),
                    move || -> Box<dyn Iterator<Item = String>> { split(text) },
                )
                .into_vec(),
        ),
    )
}
