impl Vault {
    pub async fn statement(&self, id: u64) -> Result<Option<Statement>, Denied> {
        ::memo::__private::call_async::<
            Result<Option<Statement>, Denied>,
            _,
            _,
            _,
        >(
                Self::__memo_site_statement(),
                || {
                    let mut __memo_key = ::memo::__private::Key::new();
                    ::memo::__private::Key::instance(
                        &mut __memo_key,
                        &::memo::__private::Type::<Self>::NEW,
                    );
                    ::memo::__private::Hole(&self.bank).text(&mut __memo_key);
                    ::memo::__private::Hole(&id).text(&mut __memo_key);
                    (
                        __memo_key,
                        ::memo::__private::bytes_rules(
                                ::memo::__private::Returns::<
                                    Result<Option<Statement>, Denied>,
                                >::NEW
                                    .__memo_keep(),
                            )
                            .cache(&self.cache)
                            .encryption_key(&self.ring)
                            .strict(),
                        async move { self.read(id).await },
                    )
                },
            )
            .await
    }
    #[doc(hidden)]
    fn __memo_site_statement() -> &'static ::memo::Site {
        static __MEMO_SITE: ::memo::Site = {
            struct __MemoHere;
            ::memo::__private::site(::core::any::type_name::<__MemoHere>, "statement")
                .template(&["statement:", ":", ""])
                .large_data()
                .compress(false)
                .encrypt()
                .codec(::memo::Codec::Msgpack)
                .lock(30000u64)
        };
        &__MEMO_SITE
    }
    /// The cached entry of a call of [`statement`](Self::statement) with these arguments.
    #[allow(dead_code, unused_variables, clippy::all, clippy::pedantic)]
    #[inline]
    pub fn statement_entry(
        &self,
        id: u64,
    ) -> ::memo::AsyncEntry<Result<Option<Statement>, Denied>> {
        let mut __memo_key = ::memo::__private::Key::new();
        ::memo::__private::Key::instance(
            &mut __memo_key,
            &::memo::__private::Type::<Self>::NEW,
        );
        ::memo::__private::Hole(&self.bank).text(&mut __memo_key);
        ::memo::__private::Hole(&id).text(&mut __memo_key);
        ::memo::__private::async_entry(
            Self::__memo_site_statement(),
            __memo_key,
            ::memo::__private::bytes_rules(
                    ::memo::__private::Returns::<Result<Option<Statement>, Denied>>::NEW
                        .__memo_keep(),
                )
                .cache(&self.cache)
                .encryption_key(&self.ring),
        )
    }
}
