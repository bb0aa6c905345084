fn load(id: u64) -> User {
    static __MEMO_SITE: ::memo::Site = {
        struct __MemoHere;
        ::memo::__private::site(::core::any::type_name::<__MemoHere>, "load")
            .lock(10000u64)
            .near(5000u64)
    };
    let mut __memo_key = ::memo::__private::Key::new();
    ::memo::__private::Key::instance(&mut __memo_key, &::memo::__private::Around(|| {}));
    ::memo::__private::Key::part(&mut __memo_key, &id);
    ::memo::__private::call(
        &__MEMO_SITE,
        __memo_key,
        ::memo::__private::rules(::memo::__private::Returns::<User>::NEW.__memo_keep()),
        || -> User { query(id) },
    )
}
