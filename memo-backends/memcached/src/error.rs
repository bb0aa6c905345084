//! What goes wrong, as faults. Nothing here shows names, values or passwords.

use std::io;

use memo_core::backend::{Fault, FaultKind};

use crate::protocol::{Malformed, Refusal};

/// A configuration that makes no sense.
pub(crate) fn config(message: &'static str) -> Fault {
    Fault::new(FaultKind::Other, message)
}

/// A name that the protocol has no room for.
pub(crate) fn name_too_long() -> Fault {
    Fault::new(FaultKind::TooLarge, "a name has more than 250 bytes")
}

/// A name that would not be one word of a command.
pub(crate) fn name_unfit() -> Fault {
    let message = "a name is empty, or not printable ASCII without blanks";
    Fault::new(FaultKind::Protocol, message)
}

/// A value longer than any server takes.
pub(crate) fn value_too_long() -> Fault {
    Fault::new(FaultKind::TooLarge, "a value has more than a gibibyte")
}

/// A server started with `-C` keeps no numbers of values, which leases need.
pub(crate) fn no_leases(server: &str) -> Fault {
    let message = format!("{server} gives no leases: it was started without CAS");
    Fault::new(FaultKind::Unsupported, message)
}

/// Others have changed what is under a name each time between a look at it and a change.
pub(crate) fn crowded_name() -> Fault {
    Fault::new(FaultKind::Other, "too many change one name at once")
}

/// No answer by the deadline.
pub(crate) fn late(server: &str) -> Fault {
    Fault::new(
        FaultKind::Timeout,
        format!("no answer from {server} in time"),
    )
}

/// The connection is gone, with answers outstanding.
pub(crate) fn cut(server: &str) -> Fault {
    Fault::new(
        FaultKind::Connect,
        format!("{server} closed the connection"),
    )
}

/// The connection was given up, with answers outstanding.
pub(crate) fn given_up(server: &str) -> Fault {
    Fault::new(
        FaultKind::Connect,
        format!("the connection to {server} was given up"),
    )
}

/// The answer is to another question.
pub(crate) fn unexpected(server: &str) -> Fault {
    Fault::new(
        FaultKind::Protocol,
        format!("{server} answered something else"),
    )
}

/// What the network, or TLS, says.
pub(crate) fn io(server: &str, error: &io::Error) -> Fault {
    match error.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => late(server),
        io::ErrorKind::UnexpectedEof => cut(server),
        _ => Fault::new(FaultKind::Connect, format!("{server}: {error}")),
    }
}

/// What is no answer at all.
pub(crate) fn malformed(server: &str, malformed: Malformed) -> Fault {
    let kind = match malformed {
        // It is well formed, and a stranger's.
        Malformed::TOO_LONG => FaultKind::TooLarge,
        _ => FaultKind::Protocol,
    };
    let Malformed(what) = malformed;
    Fault::new(kind, format!("{server} sent {what}"))
}

/// What the server would not do.
pub(crate) fn refused(server: &str, refusal: Refusal) -> Fault {
    let (kind, what) = match refusal {
        Refusal::TooLarge => (
            FaultKind::TooLarge,
            "the value is larger than its items may be",
        ),
        Refusal::Full => (FaultKind::Full, "there is no memory for the value"),
        Refusal::NotANumber => (FaultKind::Other, "what is there cannot be counted on"),
        Refusal::Unauthenticated => (
            FaultKind::Auth,
            "it wants a name and a password, which memo does not give",
        ),
        Refusal::Crowded => (FaultKind::Connect, "it has too many connections"),
        Refusal::Unknown => (
            FaultKind::Unsupported,
            "it does not know the meta commands: memo needs 1.6.18 or later",
        ),
        Refusal::Client => (FaultKind::Protocol, "it could not make sense of a command"),
        Refusal::Server => (FaultKind::Other, "it has troubles of its own"),
    };
    Fault::new(kind, format!("{server}: {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_network_says_is_a_cut_or_a_timeout() {
        let kind = |kind: io::ErrorKind| io("a:1", &kind.into()).kind();
        assert_eq!(kind(io::ErrorKind::WouldBlock), FaultKind::Timeout);
        assert_eq!(kind(io::ErrorKind::TimedOut), FaultKind::Timeout);
        for cut in [
            io::ErrorKind::UnexpectedEof,
            io::ErrorKind::ConnectionReset,
            io::ErrorKind::ConnectionRefused,
            io::ErrorKind::BrokenPipe,
            io::ErrorKind::NotFound,
            io::ErrorKind::InvalidData,
        ] {
            assert_eq!(kind(cut), FaultKind::Connect, "{cut}");
        }
    }

    #[test]
    fn each_refusal_has_its_kind() {
        let kinds = [
            (Refusal::TooLarge, FaultKind::TooLarge),
            (Refusal::Full, FaultKind::Full),
            (Refusal::NotANumber, FaultKind::Other),
            (Refusal::Unauthenticated, FaultKind::Auth),
            (Refusal::Crowded, FaultKind::Connect),
            (Refusal::Unknown, FaultKind::Unsupported),
            (Refusal::Client, FaultKind::Protocol),
            (Refusal::Server, FaultKind::Other),
        ];
        for (refusal, kind) in kinds {
            let fault = refused("a:1", refusal);
            assert_eq!(fault.kind(), kind);
            assert!(fault.to_string().contains("a:1"));
        }
    }

    #[test]
    fn the_rest_has_the_kind_of_what_can_be_done_about_it() {
        assert_eq!(config("no").kind(), FaultKind::Other);
        assert_eq!(name_too_long().kind(), FaultKind::TooLarge);
        assert_eq!(name_unfit().kind(), FaultKind::Protocol);
        assert_eq!(value_too_long().kind(), FaultKind::TooLarge);
        assert_eq!(no_leases("a:1").kind(), FaultKind::Unsupported);
        assert_eq!(crowded_name().kind(), FaultKind::Other);
        assert_eq!(late("a:1").kind(), FaultKind::Timeout);
        assert_eq!(cut("a:1").kind(), FaultKind::Connect);
        assert_eq!(given_up("a:1").kind(), FaultKind::Connect);
        assert_eq!(unexpected("a:1").kind(), FaultKind::Protocol);
        assert_eq!(
            malformed("a:1", Malformed("noise")).kind(),
            FaultKind::Protocol
        );
        let too_long = malformed("a:1", Malformed::TOO_LONG);
        assert_eq!(too_long.kind(), FaultKind::TooLarge);
    }
}
