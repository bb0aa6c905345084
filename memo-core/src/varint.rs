//! Unsigned LEB128: seven bits to a byte, the least first, in as few bytes as possible. Keys and envelopes have it in common.

/// Enough for 64 bits.
const MOST_BYTES: usize = 10;

/// A number, encoded.
pub(crate) struct Varint {
    bytes: [u8; MOST_BYTES],
    used: usize,
}

impl Varint {
    pub(crate) fn new(number: u64) -> Self {
        let mut bytes = [0; MOST_BYTES];
        let mut used = 0;
        let mut left = number;
        while left >= 0x80 {
            bytes[used] = left as u8 | 0x80;
            left >>= 7;
            used += 1;
        }
        bytes[used] = left as u8;
        Self {
            bytes,
            used: used + 1,
        }
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.used]
    }
}

/// Appends a number.
pub(crate) fn push(out: &mut Vec<u8>, number: u64) {
    out.extend_from_slice(Varint::new(number).as_bytes());
}

/// Reads a number off the front: it and the rest, or `None` where the bytes are not what [`Varint`] writes.
pub(crate) fn split(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut number = 0u64;
    for (at, &byte) in bytes.iter().take(MOST_BYTES).enumerate() {
        let bits = u64::from(byte & 0x7f);
        let shift = 7 * at;
        if bits << shift >> shift != bits {
            return None;
        }
        number |= bits << shift;
        if byte & 0x80 == 0 {
            let shortest = byte != 0 || at == 0;
            return shortest.then_some((number, &bytes[at + 1..]));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_is_read_as_it_was_written() {
        for value in [0, 1, 0x7f, 0x80, 0x3fff, 0x4000, u64::MAX - 1, u64::MAX] {
            let mut bytes = Vec::new();
            push(&mut bytes, value);
            bytes.push(7);
            assert_eq!(split(&bytes), Some((value, &[7][..])));
        }
    }

    #[test]
    fn what_nobody_would_write_is_refused() {
        assert_eq!(split(&[]), None, "nothing");
        assert_eq!(split(&[0x80]), None, "cut off");
        assert_eq!(split(&[0x80, 0x00]), None, "a zero in two bytes");
        assert_eq!(split(&[0x81, 0x80, 0x00]), None, "a one in three");
        let mut too_large = [0xff; 10];
        too_large[9] = 0x02;
        assert_eq!(split(&too_large), None, "more than 64 bits");
        assert_eq!(split(&[0xff; 11]), None, "more than ten bytes");
    }
}
