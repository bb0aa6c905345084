//! What the codecs carry, and what they refuse.

mod strict;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Debug;

use proptest::prelude::*;
use serde::{Deserialize, Serialize, Serializer};

use super::*;

/// Keeps everything, up to a limit.
struct Memory {
    bytes: Vec<u8>,
    blocks: Vec<usize>,
    limit: usize,
}

impl Memory {
    fn holding(limit: usize) -> Self {
        Self {
            bytes: Vec::new(),
            blocks: Vec::new(),
            limit,
        }
    }
}

impl BlockSink for Memory {
    fn take(&mut self, block: &[u8]) -> Result<(), Overflow> {
        if self.bytes.len() + block.len() > self.limit {
            return Err(Overflow);
        }
        self.bytes.extend_from_slice(block);
        self.blocks.push(block.len());
        Ok(())
    }
}

/// Encodes in blocks of seven bytes.
fn try_bytes<V: Portable + 'static>(
    value: &V,
    codec: Codec,
    limit: usize,
) -> Result<Vec<u8>, Unencodable> {
    let mut memory = Memory::holding(limit);
    let mut out = Blocks::new(7, &mut memory);
    encode(
        value,
        codec,
        schema::shape::<V>(codec, Watch::Tag),
        &mut out,
    )?;
    let total = out.finish().map_err(|_| Unencodable::Overflow)?;
    assert_eq!(total, memory.bytes.len() as u64);
    Ok(memory.bytes)
}

fn bytes<V: Portable + 'static>(value: &V, codec: Codec) -> Vec<u8> {
    try_bytes(value, codec, usize::MAX).expect("it can be encoded")
}

const ALL: &[Codec] = &[
    Codec::Postcard,
    #[cfg(feature = "msgpack")]
    Codec::Msgpack,
];

fn comes_back<V: Portable + 'static + PartialEq + Debug>(value: V) {
    for &codec in ALL {
        assert_eq!(decode(codec, &bytes(&value, codec)).as_ref(), Ok(&value));
    }
}

fn refuses<V: Portable>(codec: Codec, bytes: &[u8]) {
    assert!(decode::<V>(codec, bytes).is_err());
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Order {
    id: u128,
    lines: Vec<Line>,
    notes: HashMap<String, Option<i64>>,
    state: State,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Line(String, f64, char, bool, [u8; 3]);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum State {
    New,
    Sent(u64),
    Split(i8, i128),
    Lost { since: (), why: Box<State> },
}

fn order() -> Order {
    let lost = State::Lost {
        since: (),
        why: Box::new(State::Split(-1, i128::MIN)),
    };
    Order {
        id: u128::MAX,
        lines: vec![Line("tea".into(), -0.5, 'é', true, [1, 2, 255])],
        notes: HashMap::from([("late".into(), Some(-7))]),
        state: lost,
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum List {
    End,
    Link(Box<List>),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Tree(Vec<Tree>);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
struct Bare(Option<Box<Bare>>);

fn list(links: usize) -> List {
    (0..links).fold(List::End, |list, _| List::Link(Box::new(list)))
}

#[test]
fn values_come_back() {
    comes_back(order());
    comes_back((State::New, State::Sent(u64::MAX)));
    comes_back(std::net::IpAddr::from([127, 0, 0, 1]));
    comes_back(std::time::Duration::new(1, 999_999_999));
    comes_back(BTreeMap::from([((1u8, -1i8), vec![Some("a".to_owned())])]));
    comes_back(list(20));
    comes_back("long ".repeat(1000));
    comes_back(());
}

#[test]
fn the_bytes_are_those_of_the_format() {
    let plain = postcard::to_allocvec(&order()).expect("postcard carries it");
    assert_eq!(bytes(&order(), Codec::Postcard), plain);
}

mod postcard {
    pub(super) use ::postcard::to_allocvec;
}

#[test]
fn blocks_are_full_but_for_the_last() {
    let mut memory = Memory::holding(usize::MAX);
    let mut out = Blocks::new(7, &mut memory);
    out.put(&[1; 20]).expect("it fits");
    out.put_byte(2).expect("it fits");
    out.put(&[3; 2]).expect("it fits");
    assert_eq!(out.finish(), Ok(23));
    assert_eq!(memory.blocks, [7, 7, 7, 2]);
}

#[test]
fn what_overflows_is_told_from_what_is_refused() {
    for &codec in ALL {
        assert_eq!(
            try_bytes(&"x".repeat(100), codec, 50),
            Err(Unencodable::Overflow)
        );
        let refused = try_bytes(&Secretive, codec, 50).expect_err("it refuses");
        assert!(matches!(refused, Unencodable::Refused(_)));
        assert!(!format!("{refused:?}").contains("hunter2"));
    }
}

#[derive(Deserialize)]
struct Secretive;

impl Serialize for Secretive {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(serde::ser::Error::custom("bad password hunter2"))
    }
}

#[test]
fn a_value_that_hides_the_overflow_is_not_stored_in_part() {
    for &codec in ALL {
        let hidden = Careless("x".repeat(100));
        assert_eq!(try_bytes(&hidden, codec, 50), Err(Unencodable::Overflow));
    }
}

#[derive(Deserialize)]
struct Careless(String);

impl Serialize for Careless {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeTuple;
        let mut tuple = serializer.serialize_tuple(2)?;
        let _ = tuple.serialize_element(&self.0);
        let _ = tuple.serialize_element(&1u8);
        tuple.end()
    }
}

#[test]
fn postcard_needs_lengths() {
    struct Endless;
    impl Serialize for Endless {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            use serde::ser::SerializeSeq;
            serializer.serialize_seq(None)?.end()
        }
    }
    impl<'de> Deserialize<'de> for Endless {
        fn deserialize<D: serde::Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
            Ok(Self)
        }
    }
    let refused = try_bytes(&Endless, Codec::Postcard, 50).expect_err("it has no length");
    assert!(format!("{refused:?}").contains("msgpack"));
}

/// A varint.
fn varint(mut number: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number > 127 {
        bytes.push(number as u8 | 128);
        number >>= 7;
    }
    bytes.push(number as u8);
    bytes
}

#[test]
fn lengths_that_lie_are_refused() {
    let tall = varint(1 << 40);
    refuses::<Vec<u64>>(Codec::Postcard, &tall);
    refuses::<String>(Codec::Postcard, &tall);
    refuses::<Vec<String>>(Codec::Postcard, &tall);
    refuses::<HashMap<u64, u64>>(Codec::Postcard, &tall);
    refuses::<Vec<Vec<Vec<Vec<u8>>>>>(Codec::Postcard, &tall.repeat(4));
    refuses::<Vec<Vec<Vec<Vec<u8>>>>>(Codec::Postcard, &[&[1, 1, 1][..], &tall].concat());
}

#[test]
fn elements_that_take_no_bytes_come_in_small_numbers_only() {
    let many = varint(u64::MAX);
    refuses::<HashSet<()>>(Codec::Postcard, &many);
    refuses::<Vec<()>>(Codec::Postcard, &many);
    refuses::<Vec<Vec<()>>>(
        Codec::Postcard,
        &[varint(2), varint(40_000), varint(40_000)].concat(),
    );
    comes_back(vec![(); 60_000]);
    comes_back(vec![vec![(); 100]; 100]);
}

/// Memory may be as many times the input as an element's size is a byte's: here 256 times. The caller's cap on the encoded length bounds it.
#[test]
fn an_element_takes_a_byte_at_least() {
    type Wide = Vec<Option<[u64; 31]>>;
    let zeros = [varint(10_000), vec![0; 10_000]].concat();
    assert_eq!(
        decode::<Wide>(Codec::Postcard, &zeros).map(|v| v.len()),
        Ok(10_000)
    );
    refuses::<Wide>(Codec::Postcard, &zeros[..5_000]);
}

#[test]
fn nesting_ends_before_the_stack_does() {
    let deep = |bytes: Vec<u8>| {
        move || {
            for &codec in ALL {
                refuses::<List>(codec, &bytes);
                refuses::<Tree>(codec, &bytes);
                refuses::<Bare>(codec, &bytes);
            }
        }
    };
    // Links and vectors of one in postcard; arrays and maps of one in MessagePack.
    let mut runs = vec![deep(vec![1; 300_000]), deep(vec![0x91; 300_000])];
    runs.push(deep([0x81, 0xA4, b'L', b'i', b'n', b'k'].repeat(50_000)));
    for run in runs {
        std::thread::Builder::new()
            .stack_size(512 << 10)
            .spawn(run)
            .expect("a thread can be started")
            .join()
            .expect("the stack suffices");
    }
}

#[test]
fn nesting_of_a_hundred_levels_is_fine() {
    comes_back(list(100));
    let mut tree = Tree(Vec::new());
    for _ in 0..60 {
        tree = Tree(vec![tree]);
    }
    comes_back(tree);
    refuses::<List>(Codec::Postcard, &[1; 200]);
    #[cfg(feature = "msgpack")]
    refuses::<List>(
        Codec::Msgpack,
        &rmp_serde::to_vec_named(&list(200)).expect("it is written"),
    );
}

/// Kinds of nesting that are written and read as unlike things.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Tangle {
    End,
    Newtype(Box<Tangle>),
    Tuple(u8, Box<Tangle>),
    Struct { inner: Box<Tangle> },
    Maybe(Option<Box<Tangle>>),
    Many(Vec<Tangle>),
    Named(BTreeMap<String, Tangle>),
}

#[cfg(feature = "msgpack")]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Anything {
    Number(u8),
    Many(Vec<Anything>),
    Named { inner: Box<Anything> },
}

#[cfg(feature = "msgpack")]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind")]
enum Tagged {
    End,
    Inner { inner: Box<Tagged> },
    Maybe { inner: Option<Box<Tagged>> },
}

fn is_read_if_written<V: Portable + 'static + PartialEq + Debug>(value: &V, codec: Codec) -> bool {
    match try_bytes(value, codec, usize::MAX) {
        Ok(bytes) => {
            assert_eq!(decode(codec, &bytes).as_ref(), Ok(value));
            true
        }
        Err(Unencodable::Refused(words)) => {
            assert!(words.contains("nested deeper"), "{words}");
            false
        }
        Err(Unencodable::Overflow) => panic!("there is room"),
    }
}

fn nested<V: Clone>(end: V, wraps: &[fn(V) -> V], depth: usize) -> V {
    (0..depth).fold(end, |value, level| wraps[level % wraps.len()](value))
}

#[test]
fn whatever_is_written_is_read_however_deep_it_is() {
    let wraps: [fn(Tangle) -> Tangle; 6] = [
        |inner| Tangle::Newtype(inner.into()),
        |inner| Tangle::Tuple(1, inner.into()),
        |inner| Tangle::Struct {
            inner: inner.into(),
        },
        |inner| Tangle::Maybe(Some(inner.into())),
        |inner| Tangle::Many(vec![inner]),
        |inner| Tangle::Named([("inner".to_owned(), inner)].into()),
    ];
    for &codec in ALL {
        for depth in 0..140 {
            let is_read = is_read_if_written(&nested(Tangle::End, &wraps, depth), codec);
            assert!(is_read || depth > 80);
            for wrap in wraps {
                is_read_if_written(&nested(Tangle::End, &[wrap], depth), codec);
            }
            is_read_if_written(&list(depth), codec);
            is_read_if_written(
                &nested(Tree(Vec::new()), &[|tree| Tree(vec![tree])], depth),
                codec,
            );
        }
    }
}

#[cfg(feature = "msgpack")]
#[test]
fn whatever_is_written_of_a_type_that_asks_for_anything_is_read() {
    for depth in 0..140 {
        let any: [fn(Anything) -> Anything; 2] = [
            |inner| Anything::Many(vec![inner]),
            |inner| Anything::Named {
                inner: inner.into(),
            },
        ];
        is_read_if_written(&nested(Anything::Number(1), &any, depth), Codec::Msgpack);
        for wrap in any {
            is_read_if_written(&nested(Anything::Number(1), &[wrap], depth), Codec::Msgpack);
        }
        let tagged: [fn(Tagged) -> Tagged; 2] = [
            |inner| Tagged::Inner {
                inner: inner.into(),
            },
            |inner| Tagged::Maybe {
                inner: Some(inner.into()),
            },
        ];
        is_read_if_written(&nested(Tagged::End, &tagged, depth), Codec::Msgpack);
        let json: [fn(serde_json::Value) -> serde_json::Value; 2] = [
            |inner| serde_json::json!([inner]),
            |inner| serde_json::json!({ "inner": inner }),
        ];
        is_read_if_written(
            &nested(serde_json::Value::Null, &json, depth),
            Codec::Msgpack,
        );
        is_read_if_written(&nested(1.into(), &json, depth), Codec::Msgpack);
    }
}

#[test]
fn nothing_may_be_left_over() {
    for &codec in ALL {
        let longer = [bytes(&order(), codec), vec![0]].concat();
        refuses::<Order>(codec, &longer);
        refuses::<Option<u8>>(codec, &[bytes(&None::<u8>, codec), vec![0xC0]].concat());
    }
}

#[test]
fn damaged_bytes_are_an_error_or_a_value() {
    for &codec in ALL {
        let sound = bytes(&order(), codec);
        for end in 0..sound.len() {
            refuses::<Order>(codec, &sound[..end]);
        }
        for bit in 0..sound.len() * 8 {
            let mut damaged = sound.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            let _ = decode::<Order>(codec, &damaged);
        }
    }
}

#[cfg(feature = "msgpack")]
mod msgpack {
    use super::*;

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    struct Flat {
        id: u8,
        #[serde(flatten)]
        rest: BTreeMap<String, serde_json::Value>,
    }

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    #[serde(untagged)]
    pub(super) enum Either {
        Number(u64),
        Nested(Vec<Either>),
        Text { text: String },
    }

    fn comes_back<V: Portable + 'static + PartialEq + Debug>(value: V) {
        let bytes = bytes(&value, Codec::Msgpack);
        assert_eq!(decode(Codec::Msgpack, &bytes), Ok(value));
    }

    #[test]
    fn types_that_describe_themselves_come_back() {
        let text = Either::Text { text: "a".into() };
        comes_back(Either::Nested(vec![Either::Number(1), text]));
        comes_back(Flat {
            id: 1,
            rest: BTreeMap::from([("a".into(), serde_json::json!([null, 1, "x", {"b": 2.5}]))]),
        });
    }

    #[test]
    fn fields_have_names() {
        let bytes = bytes(&order(), Codec::Msgpack);
        assert!(bytes.windows(5).any(|window| window == b"lines"));
    }

    #[test]
    fn lengths_that_lie_are_refused() {
        let array = [0xDD, 0xFF, 0xFF, 0xFF, 0xFF];
        let map = [0xDF, 0xFF, 0xFF, 0xFF, 0xFF];
        refuses::<Vec<u64>>(Codec::Msgpack, &array);
        refuses::<HashSet<()>>(Codec::Msgpack, &array);
        refuses::<Either>(Codec::Msgpack, &array);
        refuses::<serde_json::Value>(Codec::Msgpack, &array.repeat(9));
        refuses::<HashMap<u64, u64>>(Codec::Msgpack, &map);
        refuses::<Order>(Codec::Msgpack, &map);
        refuses::<String>(Codec::Msgpack, &[0xDB, 0xFF, 0xFF, 0xFF, 0xFF]);
    }

    #[test]
    fn nesting_without_a_type_ends_before_the_stack_does() {
        let run = || {
            refuses::<serde_json::Value>(Codec::Msgpack, &[0x91; 300_000]);
            refuses::<Either>(Codec::Msgpack, &[0x91; 300_000]);
        };
        std::thread::Builder::new()
            .stack_size(1 << 20)
            .spawn(run)
            .expect("a thread can be started")
            .join()
            .expect("the stack suffices");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_make_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        for &codec in ALL {
            let _ = decode::<Order>(codec, &bytes);
            let _ = decode::<Tree>(codec, &bytes);
            let _ = decode::<BTreeMap<String, Vec<Option<State>>>>(codec, &bytes);
            let _ = decode::<(std::net::IpAddr, std::time::SystemTime, char)>(codec, &bytes);
            #[cfg(feature = "msgpack")]
            let _ = decode::<msgpack::Either>(codec, &bytes);
        }
    }
}
