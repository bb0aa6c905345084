//! The meaning of a reply to the caller.

use memo_core::backend::{Answer, Bytes, Fault, Lease, Token};

use super::lease::{self, Placeholder, is_placeholder};
use crate::protocol::{Flags, Reply};
use crate::{error, expiry};

pub(super) fn value(reply: Reply, server: &str) -> Answer<Option<Bytes>> {
    match reply {
        Reply::Value(value, flags) => Ok((!is_placeholder(value.len(), flags)).then_some(value)),
        Reply::Absent => Ok(None),
        other => Err(unexpected(&other, server)),
    }
}

/// Returns whether there is a value, by its length and flags alone.
pub(super) fn presence(reply: Reply, server: &str) -> Answer<bool> {
    match reply {
        Reply::Done(flags) => {
            let size = flags.size.ok_or_else(|| error::unexpected(server))?;
            let size = usize::try_from(size).unwrap_or(usize::MAX);
            Ok(!is_placeholder(size, flags))
        }
        Reply::Absent => Ok(false),
        other => Err(unexpected(&other, server)),
    }
}

pub(super) fn stored(reply: Reply, server: &str) -> Answer<()> {
    match reply {
        Reply::Done(_) => Ok(()),
        other => Err(unexpected(&other, server)),
    }
}

pub(super) fn deleted(reply: Reply, server: &str) -> Answer<bool> {
    match reply {
        Reply::Done(_) => Ok(true),
        Reply::Absent => Ok(false),
        other => Err(unexpected(&other, server)),
    }
}

/// Shorter numbers than their predecessors are padded with blanks.
pub(super) fn sum(reply: Reply, server: &str) -> Answer<u64> {
    match reply {
        Reply::Value(digits, _) => {
            let digits = str::from_utf8(&digits).ok();
            let sum = digits.and_then(|digits| digits.trim_ascii_end().parse().ok());
            sum.ok_or_else(|| error::unexpected(server))
        }
        other => Err(unexpected(&other, server)),
    }
}

/// Puts together what a look and the making of a placeholder say; `None` where somebody came in between.
pub(super) fn lease(
    (looked, made): (Reply, Reply),
    token: Token,
    server: &str,
) -> Answer<Option<Lease>> {
    match made {
        Reply::Done(flags) => return number(flags, server).map(|_| Some(Lease::Granted)),
        Reply::Other => {}
        other => return Err(unexpected(&other, server)),
    }
    match looked {
        Reply::Value(value, flags) => match lease::read(&value, flags) {
            None => Ok(Some(Lease::Found(value))),
            Some(holders) => {
                number(flags, server)?;
                Ok(holders.first().map(|&holder| match holder == token {
                    true => Lease::Granted,
                    false => Lease::Held(holder),
                }))
            }
        },
        Reply::Absent => Ok(None),
        other => Err(unexpected(&other, server)),
    }
}

/// The placeholder that a look has found, if there is one.
pub(super) fn placeholder(reply: Reply, server: &str) -> Answer<Option<Placeholder>> {
    let (value, flags) = match reply {
        Reply::Value(value, flags) => (value, flags),
        Reply::Absent => return Ok(None),
        other => return Err(unexpected(&other, server)),
    };
    let Some(holders) = lease::read(&value, flags) else {
        return Ok(None);
    };
    Ok(Some(Placeholder {
        holders,
        cas: number(flags, server)?,
        exptime: expiry::left(flags.left),
    }))
}

/// Returns whether something was done on the condition that was given.
pub(super) fn changed(reply: Reply, server: &str) -> Answer<bool> {
    match reply {
        Reply::Done(_) => Ok(true),
        Reply::Absent | Reply::Other => Ok(false),
        other => Err(unexpected(&other, server)),
    }
}

/// The number of an item. To the server 0 means not to compare.
pub(super) fn number(flags: Flags, server: &str) -> Answer<u64> {
    match flags.cas {
        Some(0) => Err(error::no_leases(server)),
        Some(cas) => Ok(cas),
        None => Err(error::unexpected(server)),
    }
}

fn unexpected(reply: &Reply, server: &str) -> Fault {
    match reply {
        Reply::Refused(refusal) => error::refused(server, *refusal),
        _ => error::unexpected(server),
    }
}

#[cfg(test)]
mod tests {
    use memo_core::backend::FaultKind;

    use super::*;
    use crate::protocol::{LEASED, Refusal};

    fn flags(client: u32) -> Flags {
        Flags {
            client: Some(client),
            ..Flags::default()
        }
    }

    #[test]
    fn a_placeholder_is_no_value_and_an_empty_value_is_one() {
        let placeholder = Reply::Value(lease::written(&[Token(1)]), flags(LEASED));
        let empty = Reply::Value(Bytes::new(), flags(1));
        let counter = Reply::Value("5".into(), flags(0));
        assert_eq!(value(placeholder, ""), Ok(None));
        assert_eq!(value(empty, ""), Ok(Some(Bytes::new())));
        assert_eq!(value(counter, ""), Ok(Some("5".into())));
        let looked = |size, client| {
            let size = Some(size);
            presence(
                Reply::Done(Flags {
                    size,
                    ..flags(client)
                }),
                "",
            )
        };
        assert_eq!(looked(16, LEASED), Ok(false));
        assert_eq!(looked(128, LEASED), Ok(false));
        for (size, client) in [(0, 0), (0, 1), (16, 1), (5, 0), (17, LEASED), (144, LEASED)] {
            assert_eq!(looked(size, client), Ok(true), "{size} {client}");
        }
        assert_eq!(presence(Reply::Absent, ""), Ok(false));
    }

    fn numbered(client: u32, cas: u64) -> Flags {
        Flags {
            cas: Some(cas),
            ..flags(client)
        }
    }

    #[test]
    fn a_lease_is_for_the_one_who_made_the_placeholder() {
        const ME: Token = Token(1);
        let held = |token| Reply::Value(lease::written(&[token]), numbered(LEASED, 7));
        let of = |looked, made| lease((looked, made), ME, "");
        let done = || Reply::Done(numbered(0, 7));
        assert_eq!(of(Reply::Absent, done()), Ok(Some(Lease::Granted)));
        assert_eq!(of(held(ME), Reply::Other), Ok(Some(Lease::Granted)));
        let other = of(held(Token(2)), Reply::Other);
        assert_eq!(other, Ok(Some(Lease::Held(Token(2)))));
        let value = Reply::Value("A".into(), numbered(1, 7));
        let found = Some(Lease::Found("A".into()));
        assert_eq!(of(value, Reply::Other), Ok(found));
        assert_eq!(of(Reply::Absent, Reply::Other), Ok(None));
        let kind = of(Reply::Absent, Reply::Done(numbered(0, 0)));
        let kind = kind.map_err(|fault| fault.kind());
        assert_eq!(kind, Err(FaultKind::Unsupported));
    }

    #[test]
    fn a_value_is_no_placeholder() {
        let value = Reply::Value(lease::written(&[Token(1)]), numbered(1, 7));
        assert_eq!(placeholder(value, ""), Ok(None));
        assert_eq!(placeholder(Reply::Absent, ""), Ok(None));
        let flags = Flags {
            left: Some(30),
            ..numbered(LEASED, 7)
        };
        let held = placeholder(Reply::Value(lease::written(&[Token(1)]), flags), "");
        let expected = Placeholder {
            holders: vec![Token(1)],
            cas: 7,
            exptime: 30,
        };
        assert_eq!(held, Ok(Some(expected)));
    }

    #[test]
    fn sums_are_numbers_with_or_without_blanks() {
        let of = |digits: &'static str| sum(Reply::Value(digits.into(), Flags::default()), "");
        assert_eq!(of("15"), Ok(15));
        assert_eq!(of("9 "), Ok(9));
        assert_eq!(of("18446744073709551615"), Ok(u64::MAX));
        for digits in ["", " ", "-1", "1.5", "18446744073709551616"] {
            assert!(of(digits).is_err(), "{digits:?}");
        }
    }

    #[test]
    fn a_refusal_is_its_fault_and_another_answer_one_of_the_protocol() {
        let kind = |answer: Answer<()>| answer.err().map(|fault| fault.kind());
        let refused = stored(Reply::Refused(Refusal::TooLarge), "");
        assert_eq!(kind(refused), Some(FaultKind::TooLarge));
        for other in [
            Reply::Noop,
            Reply::Stat,
            Reply::Value(Bytes::new(), flags(1)),
        ] {
            assert_eq!(kind(stored(other, "")), Some(FaultKind::Protocol));
        }
        assert_eq!(kind(stored(Reply::Other, "")), Some(FaultKind::Protocol));
    }
}
