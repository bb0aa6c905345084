//! The holes of a template key: `{id}` and `{id:?}` in `key = "user:{id}"`.
//!
//! A hole is text. Strings and integers know theirs without `core::fmt`; everything else is asked for its `Display`. Which of the two
//! is decided by method resolution, at no cost and without a trait in the user's scope: [`Hole`] has a `text` of its own for the
//! quick types only, and for all others the compiler goes on to the [`Shown`] that it dereferences to.
//! In a function that knows no more than `T: Display` the slow way is taken, with the same bytes.

use core::fmt::{Debug, Display};
use core::ops::Deref;
use std::borrow::Cow;
use std::rc::Rc;
use std::sync::Arc;

use super::Key;

/// A hole of a template key, with the value that fills it.
///
/// ```
/// use memo_core::key::{Hole, Key};
///
/// let mut key = Key::new();
/// Hole(&42u64).text(&mut key);
/// Hole(&Some(1)).debug(&mut key);
///
/// let mut same = Key::new();
/// same.part("42");
/// same.part("Some(1)");
/// assert_eq!(key.bytes(), same.bytes());
/// ```
pub struct Hole<'a, T: ?Sized> {
    shown: Shown<'a, T>,
}

/// Fills a hole with a value. (A function, because a tuple struct could not lend out the [`Shown`] that it dereferences to.)
#[expect(non_snake_case, reason = "reads as the constructor that it is")]
#[inline]
pub fn Hole<T: ?Sized>(value: &T) -> Hole<'_, T> {
    Hole {
        shown: Shown(value),
    }
}

impl<T: Quick + ?Sized> Hole<'_, T> {
    /// Appends the value's text as one part.
    #[inline]
    pub fn text(&self, key: &mut Key) {
        self.shown.0.append(key);
    }
}

impl<T: ?Sized> Hole<'_, T> {
    /// Appends what the value's `Debug` writes as one part.
    #[inline]
    pub fn debug(&self, key: &mut Key)
    where
        T: DebugPart,
    {
        key.text(format_args!("{:?}", self.shown.0));
    }
}

impl<'a, T: ?Sized> Deref for Hole<'a, T> {
    type Target = Shown<'a, T>;

    #[inline]
    fn deref(&self) -> &Shown<'a, T> {
        &self.shown
    }
}

/// A hole that is filled through `Display`.
pub struct Shown<'a, T: ?Sized>(&'a T);

impl<T: ?Sized> Shown<'_, T> {
    /// Appends what the value's `Display` writes as one part.
    // The bound stands here and not on the `impl`, so that a type without it is told so, not that there is no such method.
    #[inline]
    pub fn text(&self, key: &mut Key)
    where
        T: TemplatePart,
    {
        key.text(format_args!("{}", self.0));
    }
}

/// What can stand in a template as `{x}`: everything with a `Display`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no text to stand in a key template",
    label = "no `Display`",
    note = "write `{{x:?}}` to use its `Debug`, or the list form `key = [x]` to use its `serde::Serialize`"
)]
pub trait TemplatePart: Display {}

#[diagnostic::do_not_recommend]
impl<T: Display + ?Sized> TemplatePart for T {}

/// What can stand in a template as `{x:?}`: everything with a `Debug`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no `Debug` form to stand in a key template",
    label = "no `Debug`",
    note = "derive `Debug` for it, write `{{x}}` if it has a `Display`, or use the list form `key = [x]`"
)]
pub trait DebugPart: Debug {}

#[diagnostic::do_not_recommend]
impl<T: Debug + ?Sized> DebugPart for T {}

/// Types whose `Display` is known: the text is the same, without the formatting machinery.
pub trait Quick {
    /// Appends the text as one part.
    fn append(&self, key: &mut Key);
}

impl Quick for str {
    #[inline]
    fn append(&self, key: &mut Key) {
        key.part(self);
    }
}

impl Quick for char {
    #[inline]
    fn append(&self, key: &mut Key) {
        key.part::<str>(self.encode_utf8(&mut [0; 4]));
    }
}

impl Quick for bool {
    #[inline]
    fn append(&self, key: &mut Key) {
        key.part(if *self { "true" } else { "false" });
    }
}

macro_rules! integers {
    ($($type:ty)*) => {$(
        impl Quick for $type {
            #[inline]
            fn append(&self, key: &mut Key) {
                key.part(itoa::Buffer::new().format(*self));
            }
        }
    )*};
}

integers! { i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize }

macro_rules! pointers {
    ($($type:ty: $target:ty $(, $parameter:ident)?;)*) => {$(
        impl$(<$parameter: Quick + ?Sized>)? Quick for $type {
            #[inline]
            fn append(&self, key: &mut Key) {
                <$target>::append(self, key);
            }
        }
    )*};
}

pointers! {
    &T: T, T;
    &mut T: T, T;
    Arc<T>: T, T;
    Box<T>: T, T;
    Rc<T>: T, T;
    Cow<'_, str>: str;
    String: str;
}

#[cfg(test)]
mod tests {
    use core::fmt;

    use super::*;

    /// What the hole appends where no more than `Display` is known.
    fn shown<T: Display + ?Sized>(value: &T) -> Key {
        let mut key = Key::new();
        Hole(value).text(&mut key);
        key
    }

    macro_rules! same_text {
        ($($value:expr),* $(,)?) => {$({
            let mut key = Key::new();
            Hole(&$value).text(&mut key);
            assert_eq!(key.bytes(), shown(&$value).bytes());
            let mut part = Key::new();
            part.part(&$value.to_string());
            assert_eq!(key.bytes(), part.bytes());
        })*};
    }

    #[test]
    fn the_quick_way_and_display_write_the_same() {
        same_text!(
            0u8,
            u8::MAX,
            i8::MIN,
            u16::MAX,
            i16::MIN,
            u32::MAX,
            i32::MIN,
            u64::MAX,
            i64::MIN
        );
        same_text!(
            u128::MAX,
            i128::MIN,
            usize::MAX,
            isize::MIN,
            true,
            false,
            'a',
            '\u{1f980}',
            '\''
        );
        same_text!(
            *"",
            *"acme",
            "a:b",
            "é\n\"",
            String::from("x"),
            "long ".repeat(100)
        );
        same_text!(
            &"a",
            &&"a",
            &String::from("a"),
            &&7u64,
            Box::new(7u8),
            Box::<str>::from("a")
        );
        same_text!(
            Cow::Borrowed("a"),
            Cow::<str>::Owned("a".into()),
            Arc::<str>::from("a"),
            Rc::new(1u8)
        );
    }

    #[test]
    fn others_are_shown_by_display() {
        same_text!(
            1.5f64,
            std::net::IpAddr::from([127, 0, 0, 1]),
            format_args!("{:>200}", 1),
            &&1.5f32
        );
    }

    #[test]
    fn a_type_parameter_with_a_display_can_fill_a_hole() {
        fn by_reference<T: Display>(value: &T) -> Key {
            let mut key = Key::new();
            Hole(&value).text(&mut key);
            key
        }
        assert_eq!(by_reference(&42u64).bytes(), shown("42").bytes());
    }

    #[test]
    fn an_unsized_value_can_fill_a_hole() {
        let value: &dyn Display = &42u64;
        let mut key = Key::new();
        Hole(value).text(&mut key);
        assert_eq!(key.bytes(), shown("42").bytes());
    }

    #[test]
    fn a_display_that_fails_makes_the_key_faulty() {
        struct Refuses;
        impl Display for Refuses {
            fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
                Err(fmt::Error)
            }
        }
        assert!(shown(&Refuses).is_faulty());
    }
}
