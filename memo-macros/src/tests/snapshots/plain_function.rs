/// Loads a user.
#[must_use]
pub fn load_user(id: u64) -> User {
    let mut __memo_key = ::memo::__private::Key::new();
    ::memo::__private::Key::part(&mut __memo_key, &id);
    ::memo::__private::call(
        load_user::site(),
        __memo_key,
        ::memo::__private::rules(::memo::__private::Returns::<User>::NEW.__memo_keep()),
        || -> User {
            let row = query(id)?;
            User::from(row)
        },
    )
}
/// The cached entries of [`load_user`](fn@load_user).
#[allow(non_camel_case_types, dead_code)]
pub enum load_user {}
#[allow(dead_code, unused_variables, clippy::all, clippy::pedantic)]
impl load_user {
    /// The registry's view of this function.
    pub fn site() -> &'static ::memo::Site {
        static __MEMO_SITE: ::memo::Site = {
            struct __MemoHere;
            ::memo::__private::site(::core::any::type_name::<__MemoHere>, "load_user")
        };
        &__MEMO_SITE
    }
    /// The entry of a call with these arguments.
    #[inline]
    pub fn entry(id: u64) -> ::memo::Entry<User> {
        let mut __memo_key = ::memo::__private::Key::new();
        ::memo::__private::Key::part(&mut __memo_key, &id);
        ::memo::__private::entry(
            Self::site(),
            __memo_key,
            ::memo::__private::rules(
                ::memo::__private::Returns::<User>::NEW.__memo_keep(),
            ),
        )
    }
}
