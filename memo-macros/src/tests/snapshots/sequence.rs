pub fn rows(db: &Db, table: &str) -> impl Iterator<Item = io::Result<Row>> {
    let mut __memo_key = ::memo::__private::Key::new();
    ::memo::__private::Hole(&table).text(&mut __memo_key);
    ::memo::__private::iter::<
        io::Result<Row>,
        _,
        _,
        _,
    >(
            rows::site(),
            __memo_key,
            ::memo::__private::item_rules(
                ::memo::__private::Returns::<io::Result<Row>>::NEW.__memo_keep(),
            ),
            move || { db.query(table) },
        )
        .keep_on_drop()
        .error_if_torn()
}
/// The cached entries of [`rows`](fn@rows).
#[allow(non_camel_case_types, dead_code)]
pub enum rows {}
#[allow(dead_code, unused_variables, clippy::all, clippy::pedantic)]
impl rows {
    /// The registry's view of this function.
    pub fn site() -> &'static ::memo::Site {
        static __MEMO_SITE: ::memo::Site = {
            struct __MemoHere;
            ::memo::__private::site(::core::any::type_name::<__MemoHere>, "rows")
                .template(&["", ""])
        };
        &__MEMO_SITE
    }
    /// The entry of a call with these arguments.
    #[inline]
    pub fn entry(db: &Db, table: &str) -> ::memo::Entry<::std::vec::Vec<Row>> {
        let mut __memo_key = ::memo::__private::Key::new();
        ::memo::__private::Hole(&table).text(&mut __memo_key);
        ::memo::__private::items_entry(
            Self::site(),
            __memo_key,
            ::memo::__private::item_rules(
                ::memo::__private::Returns::<io::Result<Row>>::NEW.__memo_keep(),
            ),
        )
    }
}
