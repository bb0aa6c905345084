//! Percent escapes: names are ASCII without blanks and control characters, whatever the arguments are.

const UPPER: &[u8; 16] = b"0123456789ABCDEF";
const LOWER: &[u8; 16] = b"0123456789abcdef";

/// Appends `text`, with every byte escaped but letters, digits, `-`, `_`, `.` and those in `bare`.
pub(crate) fn push_escaped(out: &mut String, text: &str, bare: &[u8]) {
    for &byte in text.as_bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.".contains(&byte) || bare.contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            push_digits(out, byte, UPPER);
        }
    }
}

/// Appends the bytes in base 16.
pub(super) fn push_hex(out: &mut String, bytes: &[u8]) {
    for &byte in bytes {
        push_digits(out, byte, LOWER);
    }
}

fn push_digits(out: &mut String, byte: u8, digits: &[u8; 16]) {
    out.push(char::from(digits[usize::from(byte >> 4)]));
    out.push(char::from(digits[usize::from(byte & 0x0f)]));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn escaped(text: &str, bare: &[u8]) -> String {
        let mut out = String::new();
        push_escaped(&mut out, text, bare);
        out
    }

    #[test]
    fn what_is_not_plain_is_escaped_byte_by_byte() {
        assert_eq!(escaped("Az09-_.", b""), "Az09-_.");
        assert_eq!(escaped("a:b c%~\n", b""), "a%3Ab%20c%25%7E%0A");
        assert_eq!(escaped("é", b""), "%C3%A9");
        assert_eq!(escaped("a:b/c", b":"), "a:b%2Fc");
    }
}
