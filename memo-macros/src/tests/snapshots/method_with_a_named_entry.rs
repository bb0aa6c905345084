impl Store {
    pub async fn user(&self, mut id: u64) -> Option<User> {
        ::memo::__private::call_async::<
            Option<User>,
            _,
            _,
            _,
        >(
                Self::__memo_site_user(),
                || {
                    let mut __memo_key = ::memo::__private::Key::new();
                    ::memo::__private::Key::instance(
                        &mut __memo_key,
                        &::memo::__private::Type::<Self>::NEW,
                    );
                    ::memo::__private::Hole(&self.shard).text(&mut __memo_key);
                    ::memo::__private::Hole(&id).text(&mut __memo_key);
                    (
                        __memo_key,
                        ::memo::__private::rules(
                            ::memo::__private::Returns::<Option<User>>::NEW.__memo_keep(),
                        ),
                        async move {
                            id += 1;
                            self.find(id).await
                        },
                    )
                },
            )
            .await
    }
    #[doc(hidden)]
    fn __memo_site_user() -> &'static ::memo::Site {
        static __MEMO_SITE: ::memo::Site = {
            struct __MemoHere;
            ::memo::__private::site(::core::any::type_name::<__MemoHere>, "user")
                .template(&["user:", ":", ""])
        };
        &__MEMO_SITE
    }
    /// The cached entry of a call of [`user`](Self::user) with these arguments.
    #[allow(dead_code, unused_variables, clippy::all, clippy::pedantic)]
    #[inline]
    pub fn user_entry(&self, id: u64) -> ::memo::AsyncEntry<Option<User>> {
        let mut __memo_key = ::memo::__private::Key::new();
        ::memo::__private::Key::instance(
            &mut __memo_key,
            &::memo::__private::Type::<Self>::NEW,
        );
        ::memo::__private::Hole(&self.shard).text(&mut __memo_key);
        ::memo::__private::Hole(&id).text(&mut __memo_key);
        ::memo::__private::async_entry(
            Self::__memo_site_user(),
            __memo_key,
            ::memo::__private::rules(
                ::memo::__private::Returns::<Option<User>>::NEW.__memo_keep(),
            ),
        )
    }
}
