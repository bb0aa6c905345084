//! What a reply means to the one who asked.

use memo_core::backend::{Answer, Bytes, Fault, Lease, Token};

use crate::error;
use crate::protocol::{Flags, Reply};

pub(super) fn value(reply: Reply, server: &str) -> Answer<Option<Bytes>> {
    match reply {
        Reply::Value(value, flags) => Ok((!is_placeholder(value.len(), flags)).then_some(value)),
        Reply::Absent => Ok(None),
        other => Err(unexpected(&other, server)),
    }
}

/// Whether there is a value, by its length and flags alone.
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

pub(super) fn lease(reply: Reply, server: &str) -> Answer<Lease> {
    match reply {
        Reply::Value(value, flags) if !is_placeholder(value.len(), flags) => {
            Ok(Lease::Found(value))
        }
        Reply::Value(_, flags) if flags.won => Ok(Lease::Granted(token(flags, server)?)),
        Reply::Value(..) => Ok(Lease::Held),
        other => Err(unexpected(&other, server)),
    }
}

pub(super) fn filled(reply: Reply, server: &str) -> Answer<bool> {
    match reply {
        Reply::Done(_) => Ok(true),
        Reply::Absent | Reply::Other => Ok(false),
        other => Err(unexpected(&other, server)),
    }
}

pub(super) fn extended(reply: Reply, server: &str) -> Answer<Option<Token>> {
    match reply {
        Reply::Done(flags) => token(flags, server).map(Some),
        Reply::Absent | Reply::Other => Ok(None),
        other => Err(unexpected(&other, server)),
    }
}

pub(super) fn released(reply: Reply, server: &str) -> Answer<()> {
    filled(reply, server).map(|_| ())
}

fn token(flags: Flags, server: &str) -> Answer<Token> {
    match flags.cas {
        Some(0) => Err(error::no_leases(server)),
        Some(cas) => Ok(Token(cas)),
        None => Err(error::unexpected(server)),
    }
}

/// What a lease leaves: empty, and without the flag that all have that we store.
fn is_placeholder(length: usize, flags: Flags) -> bool {
    length == 0 && flags.client == Some(0)
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
    use crate::protocol::Refusal;

    fn flags(client: u32) -> Flags {
        Flags {
            client: Some(client),
            ..Flags::default()
        }
    }

    #[test]
    fn a_placeholder_is_no_value_and_an_empty_value_is_one() {
        let placeholder = Reply::Value(Bytes::new(), flags(0));
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
        assert_eq!(looked(0, 0), Ok(false));
        assert_eq!(looked(0, 1), Ok(true));
        assert_eq!(looked(5, 0), Ok(true));
        assert_eq!(presence(Reply::Absent, ""), Ok(false));
    }

    #[test]
    fn a_lease_is_for_the_one_who_won_it() {
        let of = |won, cas| {
            let cas = Some(cas);
            let flags = Flags {
                cas,
                won,
                ..flags(0)
            };
            lease(Reply::Value(Bytes::new(), flags), "")
        };
        assert_eq!(of(true, 7), Ok(Lease::Granted(Token(7))));
        assert_eq!(of(false, 7), Ok(Lease::Held));
        let kind = of(true, 0).map_err(|fault| fault.kind());
        assert_eq!(kind, Err(FaultKind::Unsupported));
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
