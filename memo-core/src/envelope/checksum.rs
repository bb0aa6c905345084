//! The checksum of plain entries, bound to their names and functions. docs/envelope.md, section 1.3.

use crc32fast::Hasher;

/// What a plain entry belongs to. Two functions can have entries of one name: their ids tell whose it is.
#[derive(Clone, Copy)]
pub(crate) struct Binding<'a> {
    /// The name of the entry.
    pub(crate) name: &'a str,
    /// The function id. Unlike names, those of templates have a zero byte in them.
    pub(crate) function: &'a str,
}

/// The CRC-32 of an entry's bytes before and after the checksum, and of what it belongs to.
pub(super) fn checksum(before: &[u8], after: &[u8], binding: Binding<'_>) -> [u8; 4] {
    Unbound::new(before, after, binding.name).checksum(binding.function)
}

/// All that a checksum is made of but the function id.
pub(super) struct Unbound(Hasher);

impl Unbound {
    pub(super) fn new(before: &[u8], after: &[u8], name: &str) -> Self {
        let mut hasher = Hasher::new();
        hasher.update(before);
        hasher.update(after);
        hasher.update(name.as_bytes());
        hasher.update(&[0]);
        Self(hasher)
    }

    pub(super) fn checksum(&self, function: &str) -> [u8; 4] {
        let mut hasher = self.0.clone();
        hasher.update(function.as_bytes());
        hasher.finalize().to_le_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_one_of_gzip() {
        let binding = Binding {
            name: "name",
            function: "pfunction",
        };
        assert_eq!(
            checksum(b"12", b"345", binding),
            crc32fast::hash(b"12345name\0pfunction").to_le_bytes()
        );
        // The check value of CRC-32/ISO-HDLC.
        assert_eq!(crc32fast::hash(b"123456789"), 0xcbf4_3926);
    }
}
