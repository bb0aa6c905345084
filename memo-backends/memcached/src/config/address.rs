//! How a server's address is written.

use memo_core::backend::Fault;
use memo_net::Address;

use crate::error;

/// Memcached's own.
const PORT: u16 = 11211;

/// A `host`, `host:port`, `[address]:port`, or an absolute path.
pub(super) fn parse(text: &str) -> Result<Address, Fault> {
    if text.starts_with('/') {
        return Ok(Address::Unix(text.into()));
    }
    let (host, port) = split(text).ok_or_else(nonsense)?;
    let is_plain = |c: char| c.is_ascii_graphic() && !"/?#@,[]\\".contains(c);
    match !host.is_empty() && host.chars().all(is_plain) {
        true => Ok(Address::tcp(&host.to_ascii_lowercase(), port)),
        false => Err(nonsense()),
    }
}

fn split(text: &str) -> Option<(&str, u16)> {
    if let Some(bracketed) = text.strip_prefix('[') {
        let (host, rest) = bracketed.split_once(']')?;
        let port = rest.strip_prefix(':');
        return match rest.is_empty() {
            true => Some((host, PORT)),
            false => Some((host, port?.parse().ok()?)),
        };
    }
    match text.split_once(':') {
        // More than one colon: an address without brackets, and so without a port.
        Some((_, rest)) if rest.contains(':') => Some((text, PORT)),
        Some((host, port)) => Some((host, port.parse().ok()?)),
        None => Some((text, PORT)),
    }
}

fn nonsense() -> Fault {
    error::config("a server is neither host, host:port, nor an absolute path")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_understood_and_called_by_one_name() {
        let labels = [
            ("cache", "cache:11211"),
            ("Cache.Example:1", "cache.example:1"),
            ("127.0.0.1", "127.0.0.1:11211"),
            ("127.0.0.1:65535", "127.0.0.1:65535"),
            ("::1", "[::1]:11211"),
            ("[::1]", "[::1]:11211"),
            ("[fe80::1]:7", "[fe80::1]:7"),
            ("/run/memcached.sock", "/run/memcached.sock"),
        ];
        for (text, label) in labels {
            let address = parse(text).expect(text);
            assert_eq!(address.to_string(), label);
            assert_eq!(parse(label), Ok(address));
        }
    }

    #[test]
    fn nonsense_is_refused_and_not_repeated() {
        let texts = [
            "", ":1", "a:", "a:x", "a:65536", "a:-1", "[::1", "[::1]1", "[]", "a b", "a/b",
            "secret@a", "a\r\n", "ä",
        ];
        for text in texts {
            let fault = parse(text).expect_err(text);
            assert!(!fault.to_string().contains("secret"), "{text}");
        }
    }
}
