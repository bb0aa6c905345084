impl Source for Disk {
    fn get<'life0, 'async_trait>(
        &'life0 self,
        id: u64,
    ) -> ::core::pin::Pin<
        Box<
            dyn ::core::future::Future<
                Output = u64,
            > + ::core::marker::Send + 'async_trait,
        >,
    >
    where
        'life0: 'async_trait,
        Self: 'async_trait,
    {
        static __MEMO_SITE: ::memo::Site = {
            struct __MemoHere;
            ::memo::__private::site(::core::any::type_name::<__MemoHere>, "get")
                .template(&["", ":", ""])
        };
        let mut __memo_key = ::memo::__private::Key::new();
        ::memo::__private::Key::instance(
            &mut __memo_key,
            &::memo::__private::Type::<Self>::NEW,
        );
        ::memo::__private::Hole(&self.id).text(&mut __memo_key);
        ::memo::__private::Hole(&id).text(&mut __memo_key);
        Box::pin(async move {
            ::memo::__private::call_async::<
                u64,
                _,
                _,
                _,
            >(
                    &__MEMO_SITE,
                    || {
                        (
                            __memo_key,
                            ::memo::__private::rules(
                                    ::memo::__private::Returns::<u64>::NEW.__memo_keep(),
                                )
                                .force(self.fresh),
                            async move {
                                let __self = self;
                                let id = id;
                                let __ret: u64 = { __self.read(id).await };
                                __ret
                            },
                        )
                    },
                )
                .await
        })
    }
}
