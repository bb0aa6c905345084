//! Types of all kinds: seen whole, and alike each time.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::net::{IpAddr, SocketAddr};
use std::num::{NonZeroI8, NonZeroU32, NonZeroU128};
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use serde::{Deserialize, Deserializer, de};

use super::*;

/// Refuses every text.
#[derive(Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Never;

impl TryFrom<String> for Never {
    type Error = &'static str;

    fn try_from(_: String) -> Result<Self, Self::Error> {
        Err("never")
    }
}

#[derive(Deserialize)]
#[serde(try_from = "(u8, u8)")]
pub(super) struct Ascending;

impl TryFrom<(u8, u8)> for Ascending {
    type Error = &'static str;

    fn try_from((low, high): (u8, u8)) -> Result<Self, Self::Error> {
        (low < high).then_some(Self).ok_or("not ascending")
    }
}

#[derive(Deserialize)]
#[serde(try_from = "String")]
struct Address;

impl TryFrom<String> for Address {
    type Error = std::net::AddrParseError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse::<IpAddr>().map(|_| Self)
    }
}

#[derive(Deserialize)]
#[allow(dead_code)]
struct Everything {
    dates: Vec<chrono::DateTime<chrono::Utc>>,
    day: chrono::NaiveDate,
    time: chrono::NaiveDateTime,
    page: Option<url::Url>,
    id: HashMap<uuid::Uuid, Address>,
    ranges: (Ascending, Ascending),
    #[serde(deserialize_with = "doubled")]
    last: u8,
}

fn doubled<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u8, D::Error> {
    u8::deserialize(deserializer).map(|n| n.saturating_mul(2))
}

#[test]
fn types_that_validate_are_seen_whole() {
    is_seen_whole::<url::Url>();
    is_seen_whole::<uuid::Uuid>();
    is_seen_whole::<chrono::DateTime<chrono::Utc>>();
    is_seen_whole::<Address>();
    is_seen_whole::<Ascending>();
    is_seen_whole::<Everything>();
    assert_eq!(shape::<Everything>(Codec::Postcard).problem, None);
    assert_eq!(shape::<Never>(Codec::Postcard).problem, None);
}

#[test]
fn types_of_the_standard_library_are_seen_whole() {
    is_seen_whole::<(NonZeroU32, NonZeroI8, NonZeroU128, u128, i128)>();
    is_seen_whole::<(IpAddr, SocketAddr, Duration, SystemTime, PathBuf)>();
    is_seen_whole::<(Result<u8, String>, char, bool, f32, ())>();
    is_seen_whole::<(Rc<u8>, Arc<str>, Box<[u8]>, Cow<'static, str>)>();
    is_seen_whole::<(HashSet<()>, BTreeMap<(u8, i8), Vec<Option<Option<u8>>>>)>();
    is_seen_whole::<(std::ops::Range<u8>, std::cmp::Reverse<u8>, [u16; 32])>();
}

#[derive(Deserialize)]
#[allow(dead_code)]
struct Node {
    value: u64,
    next: Option<Box<Node>>,
}

#[derive(Deserialize)]
#[allow(dead_code)]
struct Tree(u8, Vec<Tree>, HashMap<String, Tree>);

#[derive(Deserialize)]
#[allow(dead_code)]
enum Expression {
    Sum(Box<Expression>, Box<Expression>),
    Not(Box<Expression>),
    Call {
        name: String,
        arguments: Vec<Statement>,
    },
    Number(f64),
}

#[derive(Deserialize)]
#[allow(dead_code)]
enum Statement {
    If(Expression, Vec<Statement>),
    Loop(Box<Statement>),
    Value(Expression),
    End,
}

/// Its end is the last of many.
#[derive(Deserialize)]
#[allow(dead_code)]
enum Winding {
    A(Box<Winding>),
    B(Box<Winding>),
    C(Box<Winding>),
    D(Box<Winding>),
    E(Box<Winding>),
    F(Box<Winding>),
    G(Box<Winding>),
    H(Box<Winding>),
    I(Box<Winding>),
    J(Box<Winding>),
    K(Box<Winding>),
    L(Box<Winding>),
    End(u32),
}

/// Has no values at all.
#[derive(Deserialize)]
#[allow(dead_code)]
struct Endless(Box<Endless>);

#[derive(Deserialize)]
enum Void {}

#[test]
fn recursive_types_end() {
    is_seen_whole::<Node>();
    is_seen_whole::<Tree>();
    is_seen_whole::<Expression>();
    is_seen_whole::<Vec<Statement>>();
    is_seen_whole::<Winding>();
    is_seen_whole::<(Option<Winding>, u8)>();
    is_seen_whole::<Endless>();
    is_seen_whole::<Void>();
    is_seen_whole::<Option<u8>>();
}

#[derive(Deserialize)]
#[allow(dead_code)]
struct Wide<A, B>([Box<A>; 30], [Box<B>; 30]);

#[test]
fn no_type_takes_long() {
    type Thick = Wide<Wide<Wide<Wide<u8, u16>, Wide<i8, u8>>, u8>, Wide<Wide<u8, u8>, Node>>;
    let start = Instant::now();
    shape::<Thick>(Codec::Postcard);
    shape::<Wide<Thick, Thick>>(Codec::Postcard);
    assert!(start.elapsed() < Duration::from_secs(20));
}

struct Panics;

impl<'de> Deserialize<'de> for Panics {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        assert!(text.len() > 1000, "too short");
        Err(de::Error::custom("too long"))
    }
}

#[test]
fn what_comes_after_a_type_that_takes_nothing_is_a_gap() {
    fn gap<V: DeserializeOwned + 'static>() -> Option<String> {
        trace::shape::<V>(Codec::Postcard, |_| None).gap
    }
    #[derive(Deserialize)]
    #[allow(dead_code)]
    struct Inner {
        never: Never,
        last: u8,
    }
    #[derive(Deserialize)]
    #[allow(dead_code)]
    struct Outer {
        prices: HashMap<String, Vec<(Never, u32)>>,
    }
    let words = gap::<Outer>().expect("the price is not seen");
    assert!(
        words.starts_with("`Outer.prices.0` accepts none"),
        "{words}"
    );
    assert!(gap::<(Never, u32)>().is_some());
    assert!(gap::<Vec<(Inner, u32)>>().is_some());
    assert!(gap::<(Endless, u32)>().is_some());
    // Nothing is hidden behind these.
    assert_eq!(gap::<Never>(), None);
    assert_eq!(gap::<(u32, Never)>(), None);
    assert_eq!(gap::<Inner>(), None);
    assert_eq!(gap::<Vec<Option<Inner>>>(), None);
    assert_eq!(gap::<HashMap<u32, Result<Inner, Never>>>(), None);
}

#[test]
fn codes_and_identifiers_of_everyday_use_are_seen_through() {
    #[derive(Deserialize)]
    #[serde(try_from = "String")]
    struct Text<const SORT: u8>;
    impl<const SORT: u8> TryFrom<String> for Text<SORT> {
        type Error = &'static str;
        fn try_from(text: String) -> Result<Self, Self::Error> {
            let all = |is: fn(char) -> bool| text.chars().all(is);
            let fits = match SORT {
                0 => text.len() == 2 && all(|c| c.is_ascii_uppercase()),
                1 => ["EUR", "GBP", "JPY"].contains(&text.as_str()),
                2 => text.len() == 64 && all(|c| c.is_ascii_hexdigit()),
                3 => text.len() == 26 && text.starts_with("01"),
                4 => text.starts_with('+') && text[1..].parse::<u64>().is_ok(),
                5 => text.contains('@'),
                _ => text.parse::<f64>().is_ok(),
            };
            fits.then_some(Self).ok_or("something else")
        }
    }
    is_seen_whole::<(
        Text<0>,
        Text<1>,
        Text<2>,
        Text<3>,
        Text<4>,
        Text<5>,
        Text<6>,
        u8,
    )>();
    assert_ne!(tag::<(Text<0>, u32)>(), tag::<(Text<0>, i32)>());
}

#[test]
fn careless_code_is_not_made_to_panic() {
    #[derive(Deserialize)]
    struct Raw {
        per_second: u32,
        divisor: i8,
        initial: String,
        bytes: Vec<u8>,
    }
    #[derive(Deserialize)]
    #[serde(from = "Raw")]
    struct Careless;
    impl From<Raw> for Careless {
        fn from(raw: Raw) -> Self {
            let _ = (1_000_000 / raw.per_second, 100 / raw.divisor);
            let _ = (&raw.initial[..1], raw.bytes[0]);
            Self
        }
    }
    assert_eq!(
        trace::shape::<(Careless, u8)>(Codec::Postcard, |_| None).gap,
        None
    );
}

#[test]
fn a_panic_stops_the_trace() {
    type Before = (u32, Panics, u8);
    type Other = (i32, Panics, u8);
    assert_eq!(shape::<Before>(Codec::Postcard).problem, None);
    let gap = shape::<Before>(Codec::Postcard).gap.as_deref();
    assert_eq!(gap, Some("`1` panicked when it was given a made-up value"));
    assert_ne!(tag::<Before>(), tag::<Other>());
    assert_eq!(
        trace::shape::<Before>(Codec::Postcard, |_| None).tag,
        trace::shape::<Before>(Codec::Postcard, |_| None).tag
    );
}

#[test]
fn a_type_has_one_tag() {
    fn is_stable<V: DeserializeOwned + 'static>() {
        assert_eq!(
            trace::shape::<V>(Codec::Postcard, |_| None).tag,
            trace::shape::<V>(Codec::Postcard, |_| None).tag
        );
        let first: *const Shape = shape::<V>(Codec::Postcard);
        assert!(std::ptr::eq(first, shape::<V>(Codec::Postcard)));
    }
    is_stable::<Everything>();
    is_stable::<Expression>();
    is_stable::<Never>();
    is_stable::<Winding>();
    is_stable::<Endless>();
}

#[test]
#[cfg(feature = "msgpack")]
fn each_codec_has_tags_of_its_own() {
    assert_ne!(tag::<Node>(), shape::<Node>(Codec::Msgpack).tag);
}

/// Kept for ever: another tag is a cold cache for everybody.
#[test]
fn tags_are_what_they_were() {
    let tags = [
        tag::<u8>(),
        tag::<String>(),
        tag::<(Vec<u64>, Option<i128>)>(),
        tag::<BTreeMap<String, Result<(), char>>>(),
        tag::<Node>(),
        tag::<Tree>(),
        tag::<Expression>(),
        tag::<Everything>(),
    ];
    let expected = [
        0x806f039e, 0x8c9ae272, 0x0306c8b5, 0x1913dc28, 0x6e0198bd, 0x038d8963, 0xc15db055,
        0xa93f302f,
    ];
    assert_eq!(tags.map(u32::from_be_bytes), expected);
}
