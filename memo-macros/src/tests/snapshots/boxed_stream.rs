async fn feed(url: Url) -> BoxStream<'static, Event> {
    static __MEMO_SITE: ::memo::Site = {
        struct __MemoHere;
        ::memo::__private::site(::core::any::type_name::<__MemoHere>, "feed").encrypt()
    };
    let mut __memo_key = ::memo::__private::Key::new();
    ::memo::__private::Key::instance(&mut __memo_key, &::memo::__private::Around(|| {}));
    ::memo::__private::Key::part(&mut __memo_key, &url);
    ::core::future::ready(()).await;
    ::std::boxed::Box::pin(
        ::memo::__private::stream::<
            Event,
            _,
            _,
            _,
        >(
            &__MEMO_SITE,
            __memo_key,
            ::memo::__private::item_rules(
                ::memo::__private::Returns::<Event>::NEW.__memo_keep(),
            ),
            async move {
                if let ::core::option::Option::Some(__memo_output) = ::core::option::Option::None::<
                    BoxStream<'static, Event>,
                > {
                    return __memo_output;
                }
                { Box::pin(open(url).await) }
            },
        ),
    )
}
