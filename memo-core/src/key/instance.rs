//! The types in a key: what makes `parse::<u32>` another function than `parse::<u64>`.

use core::any::{TypeId, type_name};
use core::marker::PhantomData;

/// A type as a part of a key: equal when the type is, readable by its name.
#[derive(Clone, Copy, Debug)]
pub(super) struct Instance {
    pub(super) id: TypeId,
    pub(super) name: &'static str,
}

impl Instance {
    #[inline]
    pub(super) fn is_none(&self) -> bool {
        self.id == TypeId::of::<()>()
    }

    #[inline]
    pub(super) fn of<I: ?Sized>() -> Self {
        Self {
            id: typeid::of::<I>(),
            name: type_name::<I>(),
        }
    }
}

impl Default for Instance {
    /// No types.
    #[inline]
    fn default() -> Self {
        Self::of::<()>()
    }
}

/// Stands for the type `T` where a value is expected, also when `T` has no value at hand or no size.
pub struct Type<T: ?Sized>(PhantomData<fn() -> *const T>);

impl<T: ?Sized> Type<T> {
    /// The only one there is.
    pub const NEW: Self = Self(PhantomData);
}

/// Stands for the types around a function that names none of them, by a closure in it: its type has every generic parameter in scope.
pub struct Around<F>(pub F);

/// The type of a value: of an `impl Trait` argument, which has no name to write.
#[inline]
pub fn type_of<T: ?Sized>(_: &T) -> Type<T> {
    Type::NEW
}

/// What a type's name says to a reader: `(memo::Type<shop::User>, memo::Type<u32>)` is `shop::User,u32`, and
/// `memo::Around<shop::List<u8>::load::{{closure}}>` is `shop::List<u8>::load`.
pub(crate) fn plain_name(name: &str) -> String {
    let bare = without_wrappers(name);
    let items = bare
        .strip_prefix('(')
        .and_then(|rest| rest.strip_suffix(')'));
    match items {
        Some(items) => items.strip_suffix(',').unwrap_or(items).replace(", ", ","),
        None => bare.replace(", ", ","),
    }
}

/// The name of the type that the name of a `Type<…>` says.
pub(crate) fn self_name(name: &str) -> Option<&str> {
    name.strip_prefix(wrapper::<Type<()>>())?.strip_suffix('>')
}

/// The path of the function that stands in the name of an `Around<…>`.
pub(crate) fn around_path(name: &str) -> Option<&str> {
    let closure = name
        .strip_prefix(wrapper::<Around<()>>())?
        .strip_suffix('>')?;
    Some(closure.trim_end_matches(CLOSURE))
}

/// Takes out every `Type<` and `Around<`, and the `>` that belongs to it.
fn without_wrappers(name: &str) -> String {
    let wrappers = [
        (wrapper::<Type<()>>(), Bracket::Type),
        (wrapper::<Around<()>>(), Bracket::Around),
    ];
    let mut bare = String::with_capacity(name.len());
    let mut open = Vec::new();
    let mut rest = name;
    while let Some(next) = rest.chars().next() {
        let wrapper = wrappers
            .iter()
            .find(|(wrapper, _)| rest.starts_with(wrapper) && !continues_a_path(&bare));
        if let Some((wrapper, bracket)) = wrapper {
            open.push(*bracket);
            rest = &rest[wrapper.len()..];
            continue;
        }
        let closed = match next {
            '<' => {
                open.push(Bracket::Own);
                None
            }
            '>' if !bare.ends_with('-') => open.pop(),
            _ => None,
        };
        match closed {
            Some(Bracket::Type) => {}
            // The closure is ours, and so is the body of an `async fn` around it; what they stand in is what was asked for.
            Some(Bracket::Around) => {
                let around = bare.trim_end_matches(CLOSURE).len();
                bare.truncate(around);
            }
            Some(Bracket::Own) | None => bare.push(next),
        }
        rest = &rest[next.len_utf8()..];
    }
    bare
}

#[derive(Clone, Copy)]
enum Bracket {
    Own,
    Type,
    Around,
}

/// How the name of a closure ends.
const CLOSURE: &str = "::{{closure}}";

/// `path::to::Type<` of `Type<()>`: asked of the compiler, for it knows where this module was put.
fn wrapper<W>() -> &'static str {
    let name = type_name::<W>();
    name.strip_suffix("()>").unwrap_or(name)
}

fn continues_a_path(before: &str) -> bool {
    before.ends_with(|last: char| last == ':' || last == '_' || last.is_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::super::Key;
    use super::*;

    struct User;
    struct List<T>(PhantomData<T>);

    fn name_of<I: ?Sized>(_: &I) -> String {
        plain_name(type_name::<I>())
    }

    fn id_of<I: ?Sized>(marker: &I) -> TypeId {
        let mut key = Key::new();
        key.instance(marker);
        key.instance_id()
    }

    #[test]
    fn the_wrappers_are_not_in_the_name() {
        assert_eq!(name_of(&(Type::<u8>::NEW,)), "u8");
        assert_eq!(name_of(&(Type::<u8>::NEW, Type::<str>::NEW)), "u8,str");
        assert_eq!(name_of(&(Type::<(u8, u16)>::NEW,)), "(u8,u16)");
        let here = module_path!();
        assert_eq!(
            name_of(&(Type::<List<User>>::NEW, type_of(&1u8))),
            format!("{here}::List<{here}::User>,u8")
        );
    }

    #[test]
    fn an_arrow_closes_no_bracket() {
        assert_eq!(
            name_of(&(Type::<fn(u8) -> u16>::NEW, Type::<u8>::NEW)),
            "fn(u8) -> u16,u8"
        );
    }

    #[test]
    fn generic_arguments_keep_their_brackets() {
        assert_eq!(
            name_of(&(Type::<Vec<Option<u8>>>::NEW,)),
            "alloc::vec::Vec<core::option::Option<u8>>"
        );
    }

    #[test]
    fn another_type_of_that_name_stays() {
        let wrapper = wrapper::<Type<()>>();
        assert_eq!(
            plain_name(&format!("other_{wrapper}u8>")),
            format!("other_{wrapper}u8>")
        );
    }

    #[test]
    fn other_types_are_other_instances() {
        assert_ne!(id_of(&Type::<u8>::NEW), id_of(&Type::<u16>::NEW));
        assert_ne!(id_of(&Type::<u8>::NEW), Key::new().instance_id());
        assert_eq!(id_of(&type_of(&1u8)), id_of(&Type::<u8>::NEW));
    }

    #[test]
    fn what_is_around_is_named_and_the_closure_in_it_is_not() {
        fn around<T>(_: T) -> String {
            name_of(&(Around(|| {}), Type::<T>::NEW))
        }
        let here = module_path!();
        let function =
            format!("{here}::what_is_around_is_named_and_the_closure_in_it_is_not::around");
        assert_eq!(around(1u8), format!("{function}<u8>,u8"));
        assert!(
            around(|| {}).contains("{{closure}}"),
            "that of a caller stays"
        );
    }

    #[test]
    fn a_closure_carries_the_generics_around_it() {
        fn marker<T>(_: T) -> (TypeId, String) {
            let marker = || {};
            (id_of(&marker), name_of(&marker))
        }
        let ((id, name), (other_id, other_name)) = (marker(1u8), marker(1u16));
        assert_ne!(id, other_id);
        assert_ne!(name, other_name);
    }
}
