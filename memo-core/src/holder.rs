//! The type that a method stands in, which a `name` makes superfluous in its keys.

use std::any::{TypeId, type_name};
use std::sync::OnceLock;

use crate::key::{Key, around_path, self_name};
use crate::site::Site;

/// Sets the types of a call of a function with a `name`: `others`, if the function is a method of the one type that `holder` stands for and that type is not
/// generic, or else `all`.
///
/// Such a function is known by its name alone, so moving or renaming its type leaves its entries where they are.
#[inline]
pub fn named_instance<S, A: ?Sized, O: ?Sized>(
    key: &mut Key,
    site: &'static Site,
    _holder: &S,
    all: &A,
    others: &O,
) {
    match site.state().holder.is::<S>() {
        true => key.instance(others),
        false => key.instance(all),
    }
}

/// What a function stands in, as far as its path says so.
pub(crate) struct Holder {
    path: String,
    /// Its type, if it is one that is not generic.
    own: Option<String>,
    /// The first type that was found to be it. Another one of that name is another type.
    seen: OnceLock<TypeId>,
}

impl Holder {
    /// That of the function with this path.
    pub(crate) fn of(path: String) -> Self {
        Self {
            own: own(&path).map(str::to_owned),
            path,
            seen: OnceLock::new(),
        }
    }

    /// Whether `S` stands for the holder: `Type<Self>`, or `Around` a closure in the function.
    #[inline]
    fn is<S>(&self) -> bool {
        let id = typeid::of::<S>();
        match self.seen.get() {
            Some(seen) => *seen == id,
            None => self.has_name(type_name::<S>()) && *self.seen.get_or_init(|| id) == id,
        }
    }

    /// What a generic `impl` or a trait puts into the name of the type is not in the path: `a::List<u8>` stands in `a::List<_>::load`.
    #[cold]
    fn has_name(&self, name: &'static str) -> bool {
        match self_name(name) {
            Some(name) => self.own.as_deref() == Some(name),
            None => around_path(name) == Some(&*self.path),
        }
    }
}

/// The type in the path of a method: `a::User::load`, `b::<impl a::User>::load` or `<a::User as a::Load>::load`.
fn own(path: &str) -> Option<&str> {
    let (around, _) = path.rsplit_once("::")?;
    let own = match around.split_once("<impl ") {
        Some((_, own)) => own.strip_suffix('>')?,
        None => match around.strip_prefix('<') {
            Some(qualified) => qualified.split_once(" as ")?.0,
            None => around,
        },
    };
    (!own.contains('<')).then_some(own)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_type_of_a_method_is_found_in_its_path() {
        assert_eq!(own("a::User::load"), Some("a::User"));
        assert_eq!(own("b::<impl a::User>::load"), Some("a::User"));
        assert_eq!(own("<a::User as a::Load>::load"), Some("a::User"));
        assert_eq!(own("<&str as a::Load<u8>>::load"), Some("&str"));
    }

    #[test]
    fn generic_types_are_not_taken_for_one_type() {
        assert_eq!(own("a::List<_>::load"), None);
        assert_eq!(own("b::<impl a::List<u8>>::load"), None);
        assert_eq!(own("<a::List<_> as a::Load>::load"), None);
        assert_eq!(own("load"), None);
    }
}
