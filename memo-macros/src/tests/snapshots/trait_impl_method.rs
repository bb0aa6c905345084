impl Source for Disk {
    fn get(&self, (bucket, name): (u32, &str), _: Hint) -> Arc<[u8]> {
        static __MEMO_SITE: ::memo::Site = {
            struct __MemoHere;
            ::memo::__private::site(::core::any::type_name::<__MemoHere>, "get")
        };
        let mut __memo_key = ::memo::__private::Key::new();
        ::memo::__private::Key::instance(
            &mut __memo_key,
            &::memo::__private::Type::<Self>::NEW,
        );
        ::memo::__private::Key::part(&mut __memo_key, &bucket);
        ::memo::__private::Key::part(&mut __memo_key, &name);
        ::memo::__private::call(
            &__MEMO_SITE,
            __memo_key,
            ::memo::__private::rules(
                ::memo::__private::Returns::<Arc<[u8]>>::NEW.__memo_keep(),
            ),
            || -> Arc<[u8]> { self.read(bucket, name) },
        )
    }
}
