//! Answers, as they come over a blocking connection (redis.io, "Redis serialization protocol specification", version 2).

use memo_core::backend::Answer;
use redis::{Value, parse_redis_value};

use crate::error::{senseless, too_long};

/// Where answers come from.
pub(super) trait Source {
    /// A line with its end, of at most [`LONGEST_LINE`] bytes.
    fn line(&mut self) -> Answer<Vec<u8>>;
    /// Adds so many bytes.
    fn bytes(&mut self, into: &mut Vec<u8>, many: usize) -> Answer<()>;
}

/// No line of a server is longer; those that say how much follows have a dozen bytes.
pub(super) const LONGEST_LINE: usize = 64 << 10;

/// The longest piece of an answer that is read. Nothing that this client stores has more than a mebibyte; what is much longer is a stranger's, and
/// reading it would cost all who use the connection their time.
pub(super) const LONGEST_BULK: usize = 16 << 20;

/// What Redis stores at most under a name, by default: what is announced as longer is nonsense, and no stranger's value.
pub(super) const LONGEST_SENSIBLE: usize = 512 << 20;

/// What is believed of a length before the bytes are there.
const BELIEVED: usize = 1 << 20;

/// No answer to our questions is deeper than that to `CLUSTER SLOTS`.
const DEEPEST: usize = 8;

pub(super) fn read_value(source: &mut impl Source) -> Answer<Value> {
    read_at(source, 0)
}

fn read_at(source: &mut impl Source, depth: usize) -> Answer<Value> {
    let line = source.line()?;
    match line.split_first() {
        Some((b'$', length)) => match read_length(length)? {
            Some(length) => read_bulk(source, length),
            None => Ok(Value::Nil),
        },
        Some((b'*', length)) => match read_length(length)? {
            Some(length) => read_array(source, length, depth),
            None => Ok(Value::Nil),
        },
        Some((b'+' | b'-' | b':', _)) => parse_redis_value(&line).map_err(|_| senseless()),
        _ => Err(senseless()),
    }
}

/// `None` for -1, which stands for nothing.
fn read_length(line: &[u8]) -> Answer<Option<usize>> {
    let text = std::str::from_utf8(line).map_err(|_| senseless())?;
    match text.trim_end().parse::<i64>() {
        Ok(-1) => Ok(None),
        Ok(length) => usize::try_from(length).map(Some).map_err(|_| senseless()),
        Err(_) => Err(senseless()),
    }
}

fn read_bulk(source: &mut impl Source, length: usize) -> Answer<Value> {
    if length > LONGEST_SENSIBLE {
        return Err(senseless());
    }
    if length > LONGEST_BULK {
        return Err(too_long());
    }
    let mut bytes = Vec::with_capacity(length.min(BELIEVED));
    while bytes.len() < length {
        let step = (length - bytes.len()).min(bytes.len().max(BELIEVED));
        source.bytes(&mut bytes, step)?;
    }
    match source.line()?.as_slice() {
        b"\r\n" => Ok(Value::BulkString(bytes)),
        _ => Err(senseless()),
    }
}

fn read_array(source: &mut impl Source, length: usize, depth: usize) -> Answer<Value> {
    if depth == DEEPEST {
        return Err(senseless());
    }
    let mut values = Vec::with_capacity(length.min(1024));
    for _ in 0..length {
        values.push(read_at(source, depth + 1)?);
    }
    Ok(Value::Array(values))
}

#[cfg(test)]
mod tests {
    use memo_core::backend::FaultKind;

    use super::*;
    use crate::error;

    /// Bytes that came, after which the connection is cut.
    struct Came<'a>(&'a [u8]);

    impl Source for Came<'_> {
        fn line(&mut self) -> Answer<Vec<u8>> {
            let end = self.0.iter().position(|&byte| byte == b'\n');
            let (line, rest) = self.0.split_at(end.ok_or_else(error::cut)? + 1);
            self.0 = rest;
            Ok(line.to_vec())
        }

        fn bytes(&mut self, into: &mut Vec<u8>, many: usize) -> Answer<()> {
            let (taken, rest) = self.0.split_at_checked(many).ok_or_else(error::cut)?;
            into.extend_from_slice(taken);
            self.0 = rest;
            Ok(())
        }
    }

    fn read(came: &[u8]) -> Answer<Value> {
        read_value(&mut Came(came))
    }

    #[test]
    fn answers_are_what_the_driver_makes_of_them() {
        let answers: [&[u8]; 9] = [
            b"+OK\r\n",
            b"+string\r\n",
            b"-ERR what\r\n",
            b":-12\r\n",
            b"$-1\r\n",
            b"$0\r\n\r\n",
            b"$4\r\na\r\nb\r\n",
            b"*-1\r\n",
            b"*3\r\n$1\r\nx\r\n*1\r\n:1\r\n$-1\r\n",
        ];
        for answer in answers {
            assert_eq!(
                read(answer).ok(),
                parse_redis_value(answer).ok(),
                "{answer:?}"
            );
        }
    }

    #[test]
    fn no_bytes_from_outside_do_harm() {
        let deep = "*1\r\n".repeat(1000);
        let nonsense: [&[u8]; 10] = [
            b"\n",
            b"HTTP/1.1 200 OK\r\n",
            b"$-2\r\n",
            b"$9223372036854775807\r\n",
            b"$99999999999999999999\r\n",
            b"$536870913\r\n",
            b"$2\r\nabc\r\n",
            b"*x\r\n",
            b":\xff\r\n",
            deep.as_bytes(),
        ];
        for came in nonsense {
            let fault = read(came).expect_err("it is no answer");
            assert_eq!(fault.kind(), FaultKind::Protocol, "{came:?}");
        }
        for length in [LONGEST_BULK + 1, 300 << 20, LONGEST_SENSIBLE] {
            let head = format!("$-1\r\n${length}\r\n");
            let mut came = Came(head.as_bytes());
            assert_eq!(read_value(&mut came).ok(), Some(Value::Nil));
            let fault = read_value(&mut came).expect_err("it is too long");
            assert_eq!(fault.kind(), FaultKind::TooLarge, "{length}");
        }
        // Nothing is allocated for what only may come.
        let longest = format!("${LONGEST_BULK}\r\nabc");
        for came in ["*9223372036854775807\r\n:1\r\n", &longest] {
            let fault = read(came.as_bytes()).expect_err("there is not so much");
            assert_eq!(fault.kind(), FaultKind::Connect);
        }
    }
}
