//! The codecs on bytes from outside, for fuzzers: what is read must be written and read again, at the same length.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use super::{Blocks, Codec, Unencodable, decode, encode};
use crate::schema::{self, Watch};
use crate::value::Portable;

/// Bytes as values of all kinds of types, in postcard.
pub fn postcard(bytes: &[u8]) {
    all(Codec::Postcard, bytes);
    reads::<Vec<Nothing>>(Codec::Postcard, bytes);
    reads::<HashSet<()>>(Codec::Postcard, bytes);
    comes_back::<Option<Option<Box<str>>>>(Codec::Postcard, bytes);
}

/// Bytes as values of all kinds of types, in MessagePack.
#[cfg(feature = "msgpack")]
pub fn msgpack(bytes: &[u8]) {
    all(Codec::Msgpack, bytes);
    reads::<HashSet<()>>(Codec::Msgpack, bytes);
    reads::<Any>(Codec::Msgpack, bytes);
    reads::<Flat>(Codec::Msgpack, bytes);
}

fn all(codec: Codec, bytes: &[u8]) {
    comes_back::<Order>(codec, bytes);
    comes_back::<Vec<Order>>(codec, bytes);
    comes_back::<Tree>(codec, bytes);
    comes_back::<List>(codec, bytes);
    comes_back::<Bare>(codec, bytes);
    comes_back::<Vec<Vec<Vec<Vec<u8>>>>>(codec, bytes);
    comes_back::<Vec<Option<[u64; 31]>>>(codec, bytes);
    comes_back::<HashMap<String, Result<u8, String>>>(codec, bytes);
    comes_back::<BTreeMap<(u8, i8), Cow<'static, str>>>(codec, bytes);
    comes_back::<(SocketAddr, Duration, NonZeroU32, char, bool)>(codec, bytes);
    reads::<SystemTime>(codec, bytes);
}

fn reads<V: Portable>(codec: Codec, bytes: &[u8]) {
    let _ = decode::<V>(codec, bytes);
}

fn comes_back<V: Portable + 'static>(codec: Codec, bytes: &[u8]) {
    let Ok(value) = decode::<V>(codec, bytes) else {
        return;
    };
    let written = bytes_of(&value, codec).expect("what is read can be written");
    let again = decode::<V>(codec, &written).expect("what is written can be read");
    let again = bytes_of(&again, codec).expect("what is read can be written");
    assert_eq!(again.len(), written.len());
}

fn bytes_of<V: Portable + 'static>(value: &V, codec: Codec) -> Result<Vec<u8>, Unencodable> {
    let mut kept = Vec::new();
    let mut out = Blocks::new(100, &mut kept);
    encode(
        value,
        codec,
        schema::shape::<V>(codec, Watch::Tag),
        &mut out,
    )?;
    out.finish().map_err(|_| Unencodable::Overflow)?;
    Ok(kept)
}

#[derive(Serialize, Deserialize)]
struct Order {
    id: u128,
    lines: Vec<Line>,
    notes: HashMap<String, Option<i64>>,
    state: State,
    due: Option<Duration>,
}

#[derive(Serialize, Deserialize)]
struct Line(String, f64, char, bool, [i16; 3]);

#[derive(Serialize, Deserialize)]
enum State {
    New,
    Sent(u64),
    Split(i8, i128),
    Lost { since: f32, why: Box<State> },
}

#[derive(Serialize, Deserialize)]
struct Tree(u8, Vec<Tree>, BTreeMap<String, Tree>);

#[derive(Serialize, Deserialize)]
enum List {
    End,
    Link(Box<List>),
}

#[derive(Serialize, Deserialize)]
#[serde(transparent)]
struct Bare(Option<Box<Bare>>);

#[derive(Serialize, Deserialize)]
struct Nothing;

/// Whatever there is.
#[cfg(feature = "msgpack")]
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Any {
    Nothing(()),
    Flag(bool),
    Number(u64),
    Float(f64),
    Text(String),
    Listed(Vec<Any>),
    Named(BTreeMap<String, Any>),
}

#[cfg(feature = "msgpack")]
#[derive(Serialize, Deserialize)]
struct Flat {
    id: u8,
    #[serde(flatten)]
    rest: BTreeMap<String, Any>,
}
