//! An `Err` of a return type that is known only where the function is instantiated: `J::Out` of a generic `J`.
//!
//! Method resolution sees the bounds that are written, and for it `J::Out` is no `Result`. So the outcome itself is asked. No cast gets from an
//! unknown `R` to a `Result<T, E>` of unknown `T` and `E`, but none is needed: the name of the type says that it is a `Result`, and which variant a
//! value is can be compared without looking inside.

use std::any::type_name;
use std::hash::{Hash, Hasher};
use std::mem::discriminant;

/// Returns true if `outcome` is the `Err` of a `Result`.
pub(crate) fn is_err<R>(outcome: &R) -> bool {
    is_result::<R>() && variant(outcome) == variant(&Err::<(), ()>(()))
}

/// Compares the path of the type with that of `Result`, whatever that is called by this compiler.
fn is_result<R>() -> bool {
    path::<R>() == path::<Result<(), ()>>()
}

fn path<R>() -> &'static str {
    let name = type_name::<R>();
    name.split_once('<').map_or(name, |(path, _)| path)
}

/// The number of a value's variant, which an enum's definition fixes for all its parameters.
fn variant<R>(value: &R) -> Number {
    let mut number = Number::default();
    discriminant(value).hash(&mut number);
    number
}

/// What a number hashes to, kept as it is.
#[derive(Debug, Default, PartialEq, Eq)]
struct Number(Vec<u8>);

impl Hasher for Number {
    fn write(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    fn finish(&self) -> u64 {
        0
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU8;

    use super::*;

    #[test]
    fn an_error_of_any_result_is_seen() {
        assert!(is_err(&Err::<u8, String>("no".into())));
        assert!(is_err(&Err::<NonZeroU8, ()>(())));
        assert!(is_err(&Err::<Vec<u8>, Box<str>>("no".into())));
        assert!(is_err(&Err::<std::convert::Infallible, u8>(1)));
        assert!(is_err(&Err::<Result<u8, u8>, u8>(1)));
    }

    #[test]
    fn a_success_is_no_error() {
        assert!(!is_err(&Ok::<u8, String>(1)));
        assert!(!is_err(&Ok::<NonZeroU8, ()>(NonZeroU8::MIN)));
        assert!(!is_err(&Ok::<Result<u8, u8>, u8>(Err(1))));
    }

    #[test]
    fn another_type_has_no_errors() {
        /// A type of the same name.
        enum Result<T, E> {
            #[expect(dead_code, reason = "the first variant, as in the original")]
            Ok(T),
            Err(E),
        }
        assert!(!is_err(&Result::Err::<u8, u8>(1)));
        assert!(!is_err(&Some(Err::<u8, u8>(1))));
        assert!(!is_err(&[Err::<u8, u8>(1)]));
        assert!(!is_err(&1_u8) && !is_err(&()) && !is_err(&"Err"));
    }
}
