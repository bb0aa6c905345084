//! What a codec cannot carry is known beforehand, and nothing else is taken for that.
#![expect(dead_code, reason = "the types are traced, and none is ever made")]

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::*;

#[derive(Deserialize)]
struct Order {
    id: u8,
    lines: Vec<Line>,
}

#[derive(Deserialize)]
enum Line {
    Plain(u8),
    Extra { note: Option<Either> },
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Either {
    Number(u8),
    Text(String),
}

#[derive(Deserialize)]
#[serde(tag = "kind")]
enum Tagged {
    A { n: u8 },
}

#[derive(Deserialize)]
struct Flat {
    id: u8,
    #[serde(flatten)]
    rest: BTreeMap<String, u8>,
}

fn problem<V: DeserializeOwned + 'static>(codec: Codec) -> Option<&'static str> {
    shape::<V>(codec).problem.as_deref()
}

#[test]
fn postcard_carries_nothing_that_describes_itself() {
    let words = problem::<Order>(Codec::Postcard).expect("it is untagged within");
    assert!(words.starts_with("`Order.lines.Extra.note` "), "{words}");
    assert!(words.contains("codec = \"msgpack\"") && words.contains("`local`"));
    assert!(problem::<Either>(Codec::Postcard).is_some());
    assert!(problem::<Tagged>(Codec::Postcard).is_some());
    assert!(problem::<Flat>(Codec::Postcard).is_some());
    assert!(problem::<Vec<serde_json::Value>>(Codec::Postcard).is_some());
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "value")]
enum Adjacent {
    Number(u32),
    Text(String),
}

/// Whether an adjacently tagged enum is carried depends on the version of serde's derive; the trace says what is true.
#[test]
fn what_is_said_of_adjacent_tags_is_true() {
    let value = vec![Adjacent::Number(1), Adjacent::Text("a".into())];
    let bytes = postcard::to_allocvec(&value).ok();
    let back = bytes.and_then(|bytes| postcard::from_bytes::<Vec<Adjacent>>(&bytes).ok());
    assert_eq!(
        problem::<Vec<Adjacent>>(Codec::Postcard).is_none(),
        back == Some(value)
    );
}

#[test]
fn postcard_tells_none_from_some_none() {
    assert_eq!(problem::<Option<Option<u8>>>(Codec::Postcard), None);
    assert_eq!(problem::<Option<()>>(Codec::Postcard), None);
}

#[cfg(feature = "msgpack")]
mod msgpack {
    use super::*;

    #[derive(Deserialize)]
    struct Unit;

    #[derive(Deserialize)]
    struct Wrapped(Option<u8>);

    #[derive(Deserialize)]
    struct Deep {
        a: Vec<Option<Box<Option<u8>>>>,
    }

    #[test]
    fn msgpack_carries_what_describes_itself() {
        assert_eq!(problem::<Order>(Codec::Msgpack), None);
        assert_eq!(problem::<Tagged>(Codec::Msgpack), None);
        assert_eq!(problem::<Flat>(Codec::Msgpack), None);
        assert_eq!(problem::<Option<serde_json::Value>>(Codec::Msgpack), None);
    }

    #[test]
    fn msgpack_does_not_tell_none_from_some_none() {
        let words = problem::<Deep>(Codec::Msgpack).expect("an option is in an option");
        assert!(words.starts_with("`Deep.a` "), "{words}");
        assert!(problem::<Option<Wrapped>>(Codec::Msgpack).is_some());
        assert!(problem::<Option<()>>(Codec::Msgpack).is_some());
        assert_eq!(problem::<Option<Vec<Option<u8>>>>(Codec::Msgpack), None);
        assert_eq!(problem::<Option<Unit>>(Codec::Msgpack), None);
    }
}
