//! The first line of an answer.

use super::{Flags, Malformed, Refusal, Reply};

/// What the first line of an answer says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Head {
    /// The whole answer.
    Whole(Reply),
    /// A value of this length follows, and a line end.
    Value(usize, Flags),
}

/// No line of an answer is longer: names have 250 bytes, and are not asked back.
const LONGEST: usize = 2048;

/// The first line of `input`, and its length with its end; `None` if more has to come.
pub(super) fn parse(input: &[u8]) -> Result<Option<(Head, usize)>, Malformed> {
    let seen = input.get(..LONGEST).unwrap_or(input);
    let Some(end) = seen.iter().position(|&byte| byte == b'\n') else {
        return match seen.len() < LONGEST {
            true => Ok(None),
            false => Err(Malformed("a line without an end")),
        };
    };
    let line = input.get(..end).and_then(|line| line.strip_suffix(b"\r"));
    let head = line.ok_or(Malformed("a line without its end"))?;
    Ok(Some((read(head)?, end + 1)))
}

fn read(line: &[u8]) -> Result<Head, Malformed> {
    let mut words = line.split(|&byte| byte == b' ');
    let reply = match words.next().unwrap_or_default() {
        b"VA" => return value(words),
        b"HD" => Reply::Done(flags(words)?),
        b"EN" | b"NF" => Reply::Absent,
        b"EX" | b"NS" => Reply::Other,
        b"MN" => Reply::Noop,
        b"STAT" => stat(words)?,
        b"END" => Reply::End,
        b"ERROR" | b"CLIENT_ERROR" | b"SERVER_ERROR" => Reply::Refused(refusal(line)),
        _ => return Err(Malformed("an unknown answer")),
    };
    Ok(Head::Whole(reply))
}

fn value<'a>(mut words: impl Iterator<Item = &'a [u8]>) -> Result<Head, Malformed> {
    let length = words.next().ok_or(Malformed("a value without a length"))?;
    let length = usize::try_from(number(length)?).map_err(|_| NOT_A_NUMBER)?;
    Ok(Head::Value(length, flags(words)?))
}

/// Flags that are not asked for are passed over: later servers may know more of them.
fn flags<'a>(words: impl Iterator<Item = &'a [u8]>) -> Result<Flags, Malformed> {
    let mut flags = Flags::default();
    for word in words {
        match word.split_first() {
            Some((b'f', token)) => {
                let client = u32::try_from(number(token)?).map_err(|_| NOT_A_NUMBER)?;
                flags.client = Some(client);
            }
            Some((b's', token)) => flags.size = Some(number(token)?),
            Some((b'c', token)) => flags.cas = Some(number(token)?),
            // No end is `-1`.
            Some((b't', token)) if token != b"-1" => flags.left = Some(number(token)?),
            _ => {}
        }
    }
    Ok(flags)
}

fn stat<'a>(mut words: impl Iterator<Item = &'a [u8]>) -> Result<Reply, Malformed> {
    match words.next() {
        Some(b"item_size_max") => {
            let bytes = words.next().ok_or(Malformed("a setting without a value"))?;
            Ok(Reply::LargestItem(number(bytes)?))
        }
        _ => Ok(Reply::Stat),
    }
}

fn refusal(line: &[u8]) -> Refusal {
    let is = |start: &[u8]| line.starts_with(start);
    match line {
        b"SERVER_ERROR object too large for cache" => Refusal::TooLarge,
        b"SERVER_ERROR out of memory storing object" => Refusal::Full,
        b"CLIENT_ERROR cannot increment or decrement non-numeric value" => Refusal::NotANumber,
        _ if is(b"CLIENT_ERROR unauthenticated") => Refusal::Unauthenticated,
        _ if is(b"ERROR Too many open connections") => Refusal::Crowded,
        _ if is(b"CLIENT_ERROR") => Refusal::Client,
        _ if is(b"SERVER_ERROR") => Refusal::Server,
        _ => Refusal::Unknown,
    }
}

const NOT_A_NUMBER: Malformed = Malformed("a number that is none");

/// Decimal digits and nothing else.
pub(super) fn number(digits: &[u8]) -> Result<u64, Malformed> {
    let is_plain = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    let text = std::str::from_utf8(digits).map_err(|_| NOT_A_NUMBER)?;
    match is_plain {
        true => text.parse().map_err(|_| NOT_A_NUMBER),
        false => Err(NOT_A_NUMBER),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(line: &str) -> Result<Reply, Malformed> {
        match parse(format!("{line}\r\n").as_bytes())? {
            Some((Head::Whole(reply), used)) => {
                assert_eq!(used, line.len() + 2);
                Ok(reply)
            }
            other => panic!("{line}: {other:?}"),
        }
    }

    fn done(flags: Flags) -> Result<Reply, Malformed> {
        Ok(Reply::Done(flags))
    }

    #[test]
    fn each_answer_is_known() {
        let none = Flags::default();
        assert_eq!(whole("HD"), done(none));
        assert_eq!(whole("HD "), done(none));
        let looked = Flags {
            client: Some(1),
            size: Some(12),
            ..none
        };
        assert_eq!(whole("HD s12 f1"), done(looked));
        assert_eq!(whole("HD s12 f1 Z q-x"), done(looked));
        let extended = Flags {
            cas: Some(u64::MAX),
            ..none
        };
        assert_eq!(whole("HD c18446744073709551615"), done(extended));
        for absent in ["EN", "NF", "NF c0"] {
            assert_eq!(whole(absent), Ok(Reply::Absent));
        }
        for other in ["EX", "NS", "EX c0"] {
            assert_eq!(whole(other), Ok(Reply::Other));
        }
        assert_eq!(whole("MN"), Ok(Reply::Noop));
        let largest = whole("STAT item_size_max 1048576");
        assert_eq!(largest, Ok(Reply::LargestItem(1 << 20)));
        assert_eq!(whole("STAT evictions on"), Ok(Reply::Stat));
        assert_eq!(whole("STAT"), Ok(Reply::Stat));
        assert_eq!(whole("END"), Ok(Reply::End));
    }

    #[test]
    fn a_value_says_its_length_and_flags() {
        let leased = Flags {
            client: Some(0),
            cas: Some(7),
            left: Some(30),
            size: None,
        };
        let head = parse(b"VA 0 f0 c7 t30\r\n\r\n");
        assert_eq!(head, Ok(Some((Head::Value(0, leased), 16))));
        let endless = parse(b"VA 0 f0 c7 t-1\r\n\r\n");
        let left = None;
        let endless_flags = Flags { left, ..leased };
        assert_eq!(endless, Ok(Some((Head::Value(0, endless_flags), 16))));
        let plain = parse(b"VA 1048576\r\n");
        assert_eq!(
            plain,
            Ok(Some((Head::Value(1 << 20, Flags::default()), 12)))
        );
    }

    #[test]
    fn each_refusal_has_its_meaning() {
        let refusals = [
            (
                "SERVER_ERROR object too large for cache",
                Refusal::TooLarge,
                true,
            ),
            (
                "SERVER_ERROR out of memory storing object",
                Refusal::Full,
                true,
            ),
            (
                "SERVER_ERROR out of memory reading request",
                Refusal::Server,
                false,
            ),
            ("SERVER_ERROR", Refusal::Server, false),
            (
                "CLIENT_ERROR cannot increment or decrement non-numeric value",
                Refusal::NotANumber,
                true,
            ),
            (
                "CLIENT_ERROR unauthenticated",
                Refusal::Unauthenticated,
                false,
            ),
            ("CLIENT_ERROR bad data chunk", Refusal::Client, false),
            ("ERROR", Refusal::Unknown, false),
            ("ERROR Too many open connections", Refusal::Crowded, false),
        ];
        for (line, refusal, leaves_order) in refusals {
            assert_eq!(whole(line), Ok(Reply::Refused(refusal)), "{line}");
            assert_eq!(refusal.leaves_order(), leaves_order, "{line}");
        }
    }

    #[test]
    fn what_is_no_answer_is_said_to_be_none() {
        let lines = [
            "",
            " ",
            "hd",
            "HDD",
            "VA",
            "VA ",
            "VA x",
            "VA -1",
            "VA +1",
            "VA 1 f",
            "VA 1 f-1",
            "VA 1 f4294967296",
            "VA 99999999999999999999999",
            "HD c",
            "HD s1x",
            "STAT item_size_max",
            "STAT item_size_max 1m",
            "HTTP/1.1 400 Bad Request",
            "\0\0",
        ];
        for line in lines {
            assert!(parse(format!("{line}\r\n").as_bytes()).is_err(), "{line:?}");
        }
        assert!(parse(b"HD\n").is_err());
        assert!(parse(b"\n").is_err());
    }

    #[test]
    fn a_line_may_come_in_pieces_and_not_for_ever() {
        let line = b"HD s12 f1\r\n";
        for end in 0..line.len() {
            assert_eq!(parse(&line[..end]), Ok(None), "{end}");
        }
        assert_eq!(parse(&[b'x'; LONGEST - 1]), Ok(None));
        assert!(parse(&[b'x'; LONGEST]).is_err());
        assert!(parse(&[b'x'; 10 * LONGEST]).is_err());
    }
}
