//! Names that are words of the protocol.

use memo_core::backend::{Answer, Name};

use crate::error;

/// The longest that memcached takes, in bytes.
pub(super) const LONGEST: usize = 250;

/// A name that is one word of a command: no name is ever taken for a command of its own.
pub(super) fn checked(name: &Name) -> Answer<&str> {
    let text = name.as_str();
    if text.len() > LONGEST {
        return Err(error::name_too_long());
    }
    match !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        true => Ok(text),
        false => Err(error::name_unfit()),
    }
}

#[cfg(test)]
mod tests {
    use memo_core::backend::{FaultKind, Group};

    use super::*;

    fn kind(text: &str) -> Option<FaultKind> {
        let name = Name::new(text, Group(0));
        checked(&name).err().map(|fault| fault.kind())
    }

    #[test]
    fn a_name_is_one_word_of_the_protocol() {
        assert_eq!(kind("shop:user:42"), None);
        assert_eq!(kind(&"n".repeat(LONGEST)), None);
        assert_eq!(kind(&"n".repeat(LONGEST + 1)), Some(FaultKind::TooLarge));
        for text in [
            "",
            "a b",
            "a\r\nflush_all",
            "a\n",
            "\t",
            "\0",
            "\u{7f}",
            "ä",
        ] {
            assert_eq!(kind(text), Some(FaultKind::Protocol), "{text:?}");
        }
    }
}
