#[cfg(feature = "users")]
unsafe fn load(db: &Db, id: u64, fresh: bool, hours: u64) -> Option<User> {
    #![allow(unused)]
    static __MEMO_SITE: my::memo::Site = {
        struct __MemoHere;
        my::memo::__private::site(::core::any::type_name::<__MemoHere>, "load")
            .named("users")
            .list()
            .version(2u32)
            .jitter(my::memo::Jitter::fraction(0.1))
    };
    let mut __memo_key = my::memo::__private::Key::new();
    my::memo::__private::named_instance(
        &mut __memo_key,
        &__MEMO_SITE,
        &my::memo::__private::Around(|| {}),
        &my::memo::__private::Around(|| {}),
        &(),
    );
    my::memo::__private::Key::part(&mut __memo_key, &id);
    my::memo::__private::call(
        &__MEMO_SITE,
        __memo_key,
        my::memo::__private::local_rules(
                my::memo::__private::Returns::<Option<User>>::NEW.__memo_keep(),
            )
            .weigh(User::weight)
            .expires_in(Duration::from_secs(hours * 3600))
            .cache_if(|user| user.is_some())
            .skip_none(
                my::memo::__private::Returns::<Option<User>>::NEW.__memo_optional(),
            )
            .force(fresh)
            .cache(&db.cache),
        || -> Option<User> { unsafe { db.load(id) } },
    )
}
