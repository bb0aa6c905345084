//! What went wrong, in memo's kinds.
//!
//! Nothing that a server wrote is passed on but the code of an error that is known here: what follows the code may repeat a name or a value.

use std::io;

use memo_core::backend::{Fault, FaultKind};
use redis::{ErrorKind, RedisError, ServerError};

/// A failure of the driver.
pub(crate) fn of_driver(error: &RedisError) -> Fault {
    match error.kind() {
        ErrorKind::Io if error.is_timeout() => Fault::new(FaultKind::Timeout, "no answer in time"),
        ErrorKind::Io => cut(),
        // This is how it passes on that the connection ended within an answer.
        ErrorKind::Parse if says(error.detail(), "end of input") => cut(),
        ErrorKind::Parse | ErrorKind::UnexpectedReturnType => senseless(),
        ErrorKind::AuthenticationFailed => refused("the password was not accepted"),
        _ => match ServerError::try_from(error.clone()) {
            Ok(error) => of_server(&error),
            Err(_) => Fault::new(FaultKind::Other, "the driver failed"),
        },
    }
}

/// A failure to read or to write.
pub(crate) fn of_io(error: &io::Error) -> Fault {
    match error.kind() {
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => late(),
        // This is how rustls passes on that what came was no TLS.
        io::ErrorKind::InvalidData => senseless(),
        _ => cut(),
    }
}

/// A failure to connect to what is called so.
pub(crate) fn of_connecting(server: &str, error: &io::Error) -> Fault {
    match error.kind() {
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => Fault::new(
            FaultKind::Timeout,
            format!("{server}: no connection in time"),
        ),
        _ => Fault::new(FaultKind::Connect, format!("{server}: {error}")),
    }
}

/// An answer that says that the server did not do it.
pub(crate) fn of_server(error: &ServerError) -> Fault {
    let (kind, message) = match error.code() {
        "NOAUTH" => (FaultKind::Auth, "the server wants a password (NOAUTH)"),
        "WRONGPASS" => (FaultKind::Auth, "the password was not accepted (WRONGPASS)"),
        "NOPERM" => (FaultKind::Auth, "the user may not do this (NOPERM)"),
        "DENIED" => (FaultKind::Auth, "the server is in protected mode (DENIED)"),
        "OOM" => (FaultKind::Full, "the server has no memory left (OOM)"),
        // As with a store that has no room, what is there can still be read.
        "MISCONF" => (FaultKind::Full, "the server cannot save its data (MISCONF)"),
        "LOADING" => (FaultKind::Connect, "the server loads its data (LOADING)"),
        "BUSY" => (FaultKind::Connect, "the server runs a script (BUSY)"),
        "MASTERDOWN" => (
            FaultKind::Connect,
            "the server has lost its master (MASTERDOWN)",
        ),
        "CLUSTERDOWN" => (FaultKind::Connect, "the cluster is down (CLUSTERDOWN)"),
        "READONLY" => (FaultKind::Other, "the server is a replica (READONLY)"),
        "NOREPLICAS" => (FaultKind::Other, "too few replicas (NOREPLICAS)"),
        "TRYAGAIN" => (FaultKind::Other, "the slot is being moved (TRYAGAIN)"),
        "CROSSSLOT" | "MOVED" | "ASK" => (FaultKind::Other, "the server is one of a cluster"),
        "WRONGTYPE" => (
            FaultKind::Other,
            "something else is under the name (WRONGTYPE)",
        ),
        "NOSCRIPT" => (FaultKind::Other, "the script is not known (NOSCRIPT)"),
        _ => return of_words(error.details()),
    };
    Fault::new(kind, message)
}

/// What has no code of its own but `ERR` is known by its words.
fn of_words(details: Option<&str>) -> Fault {
    let says = |words| says(details, words);
    if says("invalid password") || says("without any password configured") || says("AUTH") {
        refused("the password was not accepted")
    } else if says("max number of clients") {
        Fault::new(FaultKind::Connect, "the server has too many clients")
    } else if says("invalid bulk length") || says("exceeds maximum allowed size") {
        Fault::new(
            FaultKind::TooLarge,
            "the server takes no value of this size",
        )
    } else if says("unknown command") {
        Fault::new(
            FaultKind::Unsupported,
            "the server does not know the command",
        )
    } else if says("DB index") {
        Fault::new(
            FaultKind::Other,
            "the server has no database of this number",
        )
    } else {
        Fault::new(FaultKind::Other, "the server answered with an error")
    }
}

/// Whether the answer says more about the server than about the question: who asks next would be told the same.
pub(crate) fn concerns_server(error: &ServerError) -> bool {
    let kind = of_server(error).kind();
    kind == FaultKind::Connect || (kind == FaultKind::Auth && error.code() != "NOPERM")
}

/// The connection ended before the answer.
pub(crate) fn cut() -> Fault {
    Fault::new(FaultKind::Connect, "the connection was cut")
}

/// The deadline has passed.
pub(crate) fn late() -> Fault {
    Fault::new(FaultKind::Timeout, "no answer in time")
}

/// What is under the name is longer than anything that is stored here.
pub(crate) fn too_long() -> Fault {
    Fault::new(FaultKind::TooLarge, "the server has too long an answer")
}

/// The answer is none, or none to this question.
pub(crate) fn senseless() -> Fault {
    Fault::new(FaultKind::Protocol, "the answer makes no sense")
}

fn says(details: Option<&str>, words: &str) -> bool {
    details.is_some_and(|details| details.contains(words))
}

fn refused(why: &'static str) -> Fault {
    Fault::new(FaultKind::Auth, why)
}

#[cfg(test)]
mod tests {
    use redis::{Value, parse_redis_value};

    use super::*;

    /// What Redis 7 and its neighbors say.
    const SAID: &[(&str, FaultKind)] = &[
        ("NOAUTH Authentication required.", FaultKind::Auth),
        (
            "WRONGPASS invalid username-password pair or user is disabled.",
            FaultKind::Auth,
        ),
        ("ERR invalid password", FaultKind::Auth),
        (
            "ERR AUTH <password> called without any password configured for the default user.",
            FaultKind::Auth,
        ),
        (
            "NOPERM this user has no permissions to run the 'get' command",
            FaultKind::Auth,
        ),
        ("DENIED Redis is running in protected mode", FaultKind::Auth),
        (
            "OOM command not allowed when used memory > 'maxmemory'.",
            FaultKind::Full,
        ),
        (
            "MISCONF Redis is configured to save RDB snapshots",
            FaultKind::Full,
        ),
        (
            "ERR string exceeds maximum allowed size (proto-max-bulk-len)",
            FaultKind::TooLarge,
        ),
        (
            "ERR Protocol error: invalid bulk length",
            FaultKind::TooLarge,
        ),
        (
            "LOADING Redis is loading the dataset in memory",
            FaultKind::Connect,
        ),
        ("BUSY Redis is busy running a script.", FaultKind::Connect),
        ("MASTERDOWN Link with MASTER is down", FaultKind::Connect),
        ("CLUSTERDOWN The cluster is down", FaultKind::Connect),
        ("ERR max number of clients reached", FaultKind::Connect),
        (
            "ERR unknown command 'UNLINK', with args beginning with: 'secret'",
            FaultKind::Unsupported,
        ),
        (
            "READONLY You can't write against a read only replica.",
            FaultKind::Other,
        ),
        (
            "TRYAGAIN Multiple keys request during rehashing of slot",
            FaultKind::Other,
        ),
        (
            "WRONGTYPE Operation against a key holding the wrong kind of value",
            FaultKind::Other,
        ),
        (
            "ERR value is not an integer or out of range",
            FaultKind::Other,
        ),
        ("secret", FaultKind::Other),
    ];

    #[test]
    fn what_a_server_says_is_of_a_kind_and_not_repeated() {
        for (said, kind) in SAID {
            let fault = of_server(&error(&format!("{said} secret")));
            assert_eq!(fault.kind(), *kind, "{said}");
            assert!(!fault.to_string().contains("secret"), "{fault}");
        }
    }

    #[test]
    fn failures_of_sockets_are_of_a_kind() {
        use io::ErrorKind::*;
        let kinds = [
            (TimedOut, FaultKind::Timeout),
            (WouldBlock, FaultKind::Timeout),
            (InvalidData, FaultKind::Protocol),
            (ConnectionReset, FaultKind::Connect),
            (BrokenPipe, FaultKind::Connect),
            (UnexpectedEof, FaultKind::Connect),
        ];
        for (kind, expected) in kinds {
            assert_eq!(of_io(&kind.into()).kind(), expected, "{kind}");
            let by_driver = of_driver(&io::Error::from(kind).into());
            assert!(
                by_driver.kind() == expected || kind == InvalidData,
                "{kind}"
            );
        }
        let refused = of_connecting("cache:6379", &ConnectionRefused.into());
        assert_eq!(refused.kind(), FaultKind::Connect);
        assert!(refused.to_string().contains("cache:6379"));
        let unknown = io::Error::other("failed to lookup address information");
        assert_eq!(
            of_connecting("nowhere:1", &unknown).kind(),
            FaultKind::Connect
        );
        assert_eq!(
            of_connecting("cache:1", &TimedOut.into()).kind(),
            FaultKind::Timeout
        );
    }

    #[test]
    fn garbage_is_a_fault_of_the_protocol() {
        let garbage = parse_redis_value(b"HTTP/1.1 400").expect_err("it is no answer");
        assert_eq!(of_driver(&garbage).kind(), FaultKind::Protocol);
    }

    #[test]
    fn a_refused_command_says_nothing_about_the_server() {
        assert!(concerns_server(&error("NOAUTH Authentication required.")));
        assert!(concerns_server(&error("LOADING")));
        for about_the_question in ["NOPERM", "OOM", "WRONGTYPE", "NOSCRIPT", "ERR", "READONLY"] {
            assert!(
                !concerns_server(&error(about_the_question)),
                "{about_the_question}"
            );
        }
    }

    fn error(said: &str) -> ServerError {
        match parse_redis_value(format!("-{said}\r\n").as_bytes()) {
            Ok(Value::ServerError(error)) => error,
            other => panic!("no error: {other:?}"),
        }
    }
}
