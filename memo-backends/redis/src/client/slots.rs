//! Which slot of a cluster a name is in, and who has the slots (redis.io, "Redis cluster specification").

use memo_core::backend::Answer;
use memo_net::Address;
use redis::Value;

use crate::error::senseless;

const SLOTS: u16 = 16384;

/// The slot of a name: of what is in its first braces, where there is something.
pub(super) fn slot_of(name: &str) -> u16 {
    let tag = name.split_once('{').and_then(|(_, rest)| {
        let (tag, _) = rest.split_once('}')?;
        Some(tag).filter(|tag| !tag.is_empty())
    });
    crc16(tag.unwrap_or(name).as_bytes()) % SLOTS
}

/// CRC-16/XMODEM.
fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc, &byte| {
        let crc = crc ^ (u16::from(byte) << 8);
        (0..8).fold(crc, |crc: u16, _| {
            let poly = if crc & 0x8000 == 0 { 0 } else { 0x1021 };
            (crc << 1) ^ poly
        })
    })
}

/// Slots that are together, and where they are.
#[derive(Debug, PartialEq)]
pub(super) struct Range {
    pub(super) first: u16,
    pub(super) last: u16,
    pub(super) address: Address,
}

/// What `CLUSTER SLOTS` answers, in the order of the slots. A server that does not know its own address is the one that was asked.
pub(super) fn read(reply: &Value, asked: &Address) -> Answer<Vec<Range>> {
    let Value::Array(ranges) = reply else {
        return Err(senseless());
    };
    let ranges = ranges.iter().map(|range| read_range(range, asked));
    let mut ranges: Vec<Range> = ranges.collect::<Answer<_>>()?;
    ranges.sort_by_key(|range| range.first);
    Ok(ranges)
}

fn read_range(range: &Value, asked: &Address) -> Answer<Range> {
    let Value::Array(parts) = range else {
        return Err(senseless());
    };
    let [
        Value::Int(first),
        Value::Int(last),
        Value::Array(master),
        ..,
    ] = parts.as_slice()
    else {
        return Err(senseless());
    };
    let slot = |number: &i64| {
        let slot = u16::try_from(*number).ok().filter(|slot| *slot < SLOTS);
        slot.ok_or_else(senseless)
    };
    Ok(Range {
        first: slot(first)?,
        last: slot(last)?,
        address: read_address(master, asked)?,
    })
}

fn read_address(server: &[Value], asked: &Address) -> Answer<Address> {
    let [host, Value::Int(port), ..] = server else {
        return Err(senseless());
    };
    let port = u16::try_from(*port).map_err(|_| senseless())?;
    match host {
        Value::BulkString(host) => {
            let host = std::str::from_utf8(host).map_err(|_| senseless())?;
            Ok(at(host, port, asked))
        }
        Value::Nil => Ok(at("", port, asked)),
        _ => Err(senseless()),
    }
}

/// Where `MOVED` or `ASK` sends us: what follows the slot.
pub(super) fn read_redirection(details: &str, asked: &Address) -> Option<Address> {
    let (_, place) = details.split_once(' ')?;
    let (host, port) = place.trim().rsplit_once(':')?;
    Some(at(host, port.parse().ok()?, asked))
}

fn at(host: &str, port: u16, asked: &Address) -> Address {
    match asked {
        Address::Tcp { host: known, .. } if host.is_empty() || host == "?" => {
            Address::tcp(known, port)
        }
        _ => Address::tcp(host, port),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_those_of_the_specification() {
        assert_eq!(crc16(b"123456789"), 0x31C3);
        assert_eq!(slot_of("foo"), 12182);
        assert_eq!(
            slot_of("{user1000}.following"),
            slot_of("{user1000}.followers")
        );
        assert_eq!(slot_of("foo{{bar}}zap"), slot_of("{bar"));
        assert_eq!(slot_of("foo{bar}{zap}"), slot_of("bar"));
        assert_eq!(slot_of("foo{}{bar}"), crc16(b"foo{}{bar}") % SLOTS);
    }

    #[test]
    fn a_server_that_does_not_know_its_address_is_where_it_was_asked() {
        let asked = Address::tcp("cache", 7000);
        let server = |host| Value::Array(vec![host, Value::Int(7001), Value::Nil]);
        let range = |host| {
            let whole = vec![Value::Int(0), Value::Int(16383), server(host)];
            Value::Array(vec![Value::Array(whole)])
        };
        let address = |host| read(&range(host), &asked).map(|ranges| ranges[0].address.clone());
        assert_eq!(address(Value::Nil), Ok(Address::tcp("cache", 7001)));
        let elsewhere = Value::BulkString(b"other".to_vec());
        assert_eq!(address(elsewhere), Ok(Address::tcp("other", 7001)));
    }

    #[test]
    fn redirections_are_read_and_nonsense_is_not() {
        let asked = Address::tcp("cache", 7000);
        let read = |details| read_redirection(details, &asked);
        assert_eq!(read("3999 other:6381"), Some(Address::tcp("other", 6381)));
        assert_eq!(read("3999 :6381"), Some(Address::tcp("cache", 6381)));
        for nonsense in [
            "",
            "3999",
            "3999 other",
            "3999 other:port",
            "3999 other:99999",
        ] {
            assert_eq!(read(nonsense), None, "{nonsense}");
        }
    }

    #[test]
    fn nonsense_about_slots_is_a_fault() {
        let asked = Address::tcp("cache", 7000);
        let master = Value::Array(vec![Value::Nil, Value::Int(1)]);
        let range = |first| Value::Array(vec![Value::Int(first), Value::Int(9), master.clone()]);
        assert!(read(&Value::Array(vec![range(5)]), &asked).is_ok());
        for first in [-1, 16384, i64::MAX] {
            assert!(read(&Value::Array(vec![range(first)]), &asked).is_err());
        }
        for nonsense in [Value::Nil, Value::Array(vec![Value::Nil]), Value::Okay] {
            assert!(read(&nonsense, &asked).is_err());
        }
    }
}
