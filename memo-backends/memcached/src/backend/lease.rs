//! Placeholders: what stands under a name that is leased.
//!
//! A placeholder is an item of a length and with client flags that no value has. It holds the tokens of those who have the lease, the last one
//! first, in sixteen digits each. It is made where there is nothing (`ms` with `ME`), or in the place of anything (`ms`). Whatever is done by the
//! right of a token is done in two steps: the placeholder is looked at (`mg`), and if the token is in it, what takes its place is stored, or it
//! is deleted, on the condition that the item still has the number it had (`C`). The number alone would not do: a server counts from the
//! beginning when it is restarted, and an old holder's number would be that of somebody else's placeholder.

use memo_core::backend::{Bytes, Token};

use crate::protocol::{Flags, LEASED};

/// The most that may hold a lease.
const MOST_HOLDERS: usize = 8;

/// The digits of a token.
const DIGITS: usize = 16;

/// The item that stands under a leased name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Placeholder {
    /// The last one first.
    pub(super) holders: Vec<Token>,
    /// The item's own number.
    pub(super) cas: u64,
    /// The rest of its time, as it is given to the server.
    pub(super) exptime: u32,
}

impl Placeholder {
    /// The holder that got the lease last.
    pub(super) fn last(&self) -> Option<Token> {
        self.holders.first().copied()
    }

    pub(super) fn is_of(&self, token: Token) -> bool {
        self.holders.contains(&token)
    }

    /// Those who hold it when this one has joined, if it joins the last one.
    pub(super) fn joined(&self, holder: Token, token: Token) -> Option<Bytes> {
        if self.last() == Some(token) {
            return Some(written(&self.holders));
        }
        let others = self.holders.iter().copied();
        let holders = Vec::from_iter([token].into_iter().chain(others).take(MOST_HOLDERS));
        (self.last() == Some(holder)).then(|| written(&holders))
    }

    /// Those who hold it without this one; `None` where that is nobody.
    pub(super) fn without(&self, token: Token) -> Option<Bytes> {
        let others = self.holders.iter().copied();
        let others = Vec::from_iter(others.filter(|holder| *holder != token));
        (!others.is_empty()).then(|| written(&others))
    }
}

/// Returns what is stored for these holders.
pub(super) fn written(holders: &[Token]) -> Bytes {
    let digits = holders.iter().map(|token| format!("{:016x}", token.0));
    digits.collect::<String>().into()
}

/// The holders that a value names, if it is a placeholder.
pub(super) fn read(value: &[u8], flags: Flags) -> Option<Vec<Token>> {
    if !is_placeholder(value.len(), flags) {
        return None;
    }
    let token = |digits| {
        let digits = str::from_utf8(digits).ok()?;
        u64::from_str_radix(digits, 16).ok().map(Token)
    };
    value.chunks(DIGITS).map(token).collect()
}

/// Returns whether it is a placeholder, by its length and flags alone.
pub(super) fn is_placeholder(length: usize, flags: Flags) -> bool {
    let is_some = (DIGITS..=DIGITS * MOST_HOLDERS).contains(&length);
    is_some && length.is_multiple_of(DIGITS) && flags.client == Some(LEASED)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flags(client: u32) -> Flags {
        Flags {
            client: Some(client),
            ..Flags::default()
        }
    }

    fn held(holders: &[u64]) -> Placeholder {
        Placeholder {
            holders: holders.iter().copied().map(Token).collect(),
            cas: 7,
            exptime: 9,
        }
    }

    #[test]
    fn tokens_are_read_as_they_were_written() {
        let holders = [Token(0), Token(u64::MAX), Token(0x1234)];
        let value = written(&holders);
        assert_eq!(read(&value, flags(LEASED)), Some(holders.to_vec()));
        assert_eq!(read(&value, flags(1)), None, "a value of ours");
        assert_eq!(read(&value[1..], flags(LEASED)), None);
        assert_eq!(read(b"", flags(LEASED)), None);
        assert_eq!(read(b"not a hex number", flags(LEASED)), None);
    }

    #[test]
    fn the_last_holder_is_joined_and_no_other() {
        let (one, two) = (held(&[1]), held(&[2, 1]));
        let tokens = |numbers: &[u64]| Some(written(&held(numbers).holders));
        assert_eq!(one.joined(Token(1), Token(2)), tokens(&[2, 1]));
        assert_eq!(two.joined(Token(1), Token(3)), None);
        assert_eq!(two.joined(Token(1), Token(2)), tokens(&[2, 1]), "again");
        let many = held(&[8, 7, 6, 5, 4, 3, 2, 1]);
        let joined = tokens(&[9, 8, 7, 6, 5, 4, 3, 2]);
        assert_eq!(many.joined(Token(8), Token(9)), joined);
    }

    #[test]
    fn who_leaves_leaves_the_others() {
        let two = held(&[2, 1]);
        assert_eq!(two.without(Token(2)), Some(written(&[Token(1)])));
        assert_eq!(held(&[1]).without(Token(1)), None);
    }
}
