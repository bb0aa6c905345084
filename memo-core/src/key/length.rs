//! Lengths: LEB128, seven bits to a byte, the least first, in as few bytes as possible.

/// Enough for 64 bits.
const MOST_BYTES: usize = 10;

/// A length, encoded.
pub(super) struct Length {
    bytes: [u8; MOST_BYTES],
    used: usize,
}

impl Length {
    pub(super) fn new(length: usize) -> Self {
        let mut bytes = [0; MOST_BYTES];
        let mut used = 0;
        let mut left = length as u64;
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

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.used]
    }
}

/// Reads a length off the front: it and the rest, or `None` when the bytes are not what [`Length`] writes.
pub(super) fn split(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let mut length = 0u64;
    for (at, &byte) in bytes.iter().take(MOST_BYTES).enumerate() {
        let bits = u64::from(byte & 0x7f);
        let shift = 7 * at;
        if bits << shift >> shift != bits {
            return None;
        }
        length |= bits << shift;
        if byte & 0x80 == 0 {
            let shortest = byte != 0 || at == 0;
            return shortest.then_some((usize::try_from(length).ok()?, &bytes[at + 1..]));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length_is_read_as_it_was_written() {
        for length in [
            0,
            1,
            0x7f,
            0x80,
            0x3fff,
            0x4000,
            u32::MAX as usize,
            usize::MAX,
        ] {
            let written = Length::new(length);
            assert_eq!(split(written.as_bytes()), Some((length, &[][..])));
        }
    }

    #[test]
    fn a_length_in_more_bytes_than_needed_is_refused() {
        assert_eq!(split(&[0x80, 0x00]), None);
        assert_eq!(split(&[0x81, 0x80, 0x00]), None);
    }

    #[test]
    fn a_length_of_more_than_64_bits_is_refused() {
        assert_eq!(
            split(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02]),
            None
        );
        assert_eq!(split(&[0xff; 11]), None);
    }

    #[test]
    fn a_length_that_is_cut_off_is_refused() {
        assert_eq!(split(&[]), None);
        assert_eq!(split(&[0x80]), None);
    }
}
