//! Names of sealed entries and of chunks. docs/envelope.md, section 5.

use std::ops::Range;

use base64ct::{Base64UrlUnpadded, Encoding};

use crate::key::{limit, push_escaped};
use crate::seal::{Digest, WriteId};

/// The name of a chunk: at most 37 bytes longer than that of its entry.
pub(crate) fn chunk_name(entry: &str, id: WriteId, index: u32) -> String {
    format!("{}{index}", before_index(entry, id))
}

/// The names of several chunks.
pub(crate) fn chunk_names(
    entry: &str,
    id: WriteId,
    indices: Range<u32>,
) -> impl Iterator<Item = String> + use<> {
    let start = before_index(entry, id);
    indices.map(move |index| format!("{start}{index}"))
}

fn before_index(entry: &str, id: WriteId) -> String {
    let id = Base64UrlUnpadded::encode_string(&id.0);
    format!("~c:{entry}.{id}.")
}

/// The name of a sealed entry.
pub(crate) fn sealed_name(namespace: &str, digest: &Digest, max_bytes: usize) -> String {
    let mut name = String::from("~s:");
    push_escaped(&mut name, namespace, b"");
    name.push(':');
    name.push_str(&Base64UrlUnpadded::encode_string(&digest.0));
    limit(name, max_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGEST: Digest = Digest([0xff; 32]);

    #[test]
    fn a_sealed_entry_shows_its_namespace_and_a_digest() {
        assert_eq!(
            sealed_name("shop", &DIGEST, 200),
            "~s:shop:__________________________________________8"
        );
        let name = sealed_name("a:b ~", &DIGEST, 200);
        assert!(name.starts_with("~s:a%3Ab%20%7E:"), "{name}");
    }

    #[test]
    fn a_long_namespace_is_cut() {
        let name = sealed_name(&"x".repeat(300), &DIGEST, 200);
        assert_eq!(name.len(), 200);
        assert_eq!(name.find('#'), Some(200 - 65));
    }

    #[test]
    fn a_chunk_is_named_after_its_entry() {
        assert_eq!(
            chunk_name("shop:user:42", WriteId([0; 16]), 7),
            "~c:shop:user:42.AAAAAAAAAAAAAAAAAAAAAA.7"
        );
    }

    #[test]
    fn forty_bytes_are_enough_for_all_that_a_chunk_adds() {
        let name = chunk_name("", WriteId([0xff; 16]), u32::MAX);
        assert!(name.len() <= 40, "{name}");
    }
}
