pub(crate) async fn report(org: &str, q: &Query) -> Result<Report, DbError> {
    ::memo::__private::call_async::<
        Result<Report, DbError>,
        _,
        _,
        _,
    >(
            report::site(),
            || {
                let mut __memo_key = ::memo::__private::Key::new();
                ::memo::__private::Key::part(&mut __memo_key, &org);
                ::memo::__private::Key::part(&mut __memo_key, &q);
                (
                    __memo_key,
                    ::memo::__private::rules(
                        ::memo::__private::Returns::<Result<Report, DbError>>::NEW
                            .__memo_keep(),
                    ),
                    async move {
                        let rows = fetch(org, q).await?;
                        Ok(Report::from(rows))
                    },
                )
            },
        )
        .await
}
/// The cached entries of [`report`](fn@report).
#[allow(non_camel_case_types, dead_code)]
pub(crate) enum report {}
#[allow(dead_code, unused_variables, clippy::all, clippy::pedantic)]
impl report {
    /// The registry's view of this function.
    pub(crate) fn site() -> &'static ::memo::Site {
        static __MEMO_SITE: ::memo::Site = {
            struct __MemoHere;
            ::memo::__private::site(::core::any::type_name::<__MemoHere>, "report")
        };
        &__MEMO_SITE
    }
    /// The entry of a call with these arguments.
    #[inline]
    pub(crate) fn entry(
        org: &str,
        q: &Query,
    ) -> ::memo::AsyncEntry<Result<Report, DbError>> {
        let mut __memo_key = ::memo::__private::Key::new();
        ::memo::__private::Key::part(&mut __memo_key, &org);
        ::memo::__private::Key::part(&mut __memo_key, &q);
        ::memo::__private::async_entry(
            Self::site(),
            __memo_key,
            ::memo::__private::rules(
                ::memo::__private::Returns::<Result<Report, DbError>>::NEW.__memo_keep(),
            ),
        )
    }
}
