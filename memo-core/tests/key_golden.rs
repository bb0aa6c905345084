//! Keys and names as they were first written. They are kept for ever: a store outlives the process that filled it.
//!
//! Lines are added and never changed. One that must change is a new format, for all who have entries under the old one.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;

use memo_core::key::{Hole, INTERNAL, Key, NameParts, Scope, Type, store_name};
use serde::{Serialize, Serializer};

#[derive(Serialize)]
struct UserId(u64);

#[derive(Serialize)]
struct Range(u8, i16);

#[derive(Serialize)]
struct Marker;

#[derive(Serialize)]
struct Query {
    name: &'static str,
    limit: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<u32>,
}

#[derive(Serialize)]
enum Order {
    Newest,
    By(&'static str),
    Between(u8, u8),
    Near { x: i8 },
}

struct Raw(&'static [u8]);

impl Serialize for Raw {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self.0)
    }
}

fn key(build: impl FnOnce(&mut Key)) -> Key {
    let mut key = Key::new();
    build(&mut key);
    assert!(!key.is_faulty());
    key
}

fn part<T: Serialize + ?Sized>(value: &T) -> Key {
    key(|key| key.part(value))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[track_caller]
fn bytes_and_name<T: Serialize + ?Sized>(value: &T, bytes: &str, name: &str) {
    let key = part(value);
    assert_eq!(hex(key.bytes()), bytes);
    assert_eq!(named(Scope::Function("f"), &key), format!("shop:f:{name}"));
}

fn named(scope: Scope<'_>, key: &Key) -> String {
    store_name(
        &NameParts {
            namespace: "shop",
            scope,
            version: 0,
            max_bytes: 200,
        },
        key,
    )
}

#[test]
fn scalars() {
    bytes_and_name(&false, "01", "~false");
    bytes_and_name(&true, "02", "~true");
    bytes_and_name(&-1i8, "10ff", "~-1i8");
    bytes_and_name(&-2i16, "11feff", "~-2i16");
    bytes_and_name(&1i32, "1201000000", "~1i32");
    bytes_and_name(&i64::MIN, "130000000000000080", "~-9223372036854775808i64");
    bytes_and_name(&-1i128, "14ffffffffffffffffffffffffffffffff", "~-1i128");
    bytes_and_name(&255u8, "18ff", "~255u8");
    bytes_and_name(&256u16, "190001", "~256u16");
    bytes_and_name(&7u32, "1a07000000", "~7u32");
    bytes_and_name(&42u64, "1b2a00000000000000", "~42u64");
    bytes_and_name(&42usize, "1b2a00000000000000", "~42u64");
    bytes_and_name(&1u128, "1c01000000000000000000000000000000", "~1u128");
    bytes_and_name(&1.5f32, "200000c03f", "~1.5f32");
    bytes_and_name(&0.1f64, "219a9999999999b93f", "~0.1f64");
    bytes_and_name(&-0.0f64, "210000000000000080", "~-0f64");
    bytes_and_name(&1e300f64, "219c7500883ce4377e", "~1e300f64");
    bytes_and_name(
        &f64::NEG_INFINITY,
        "21000000000000f0ff",
        "~0xfff0000000000000f64",
    );
    bytes_and_name(&'é', "28e9000000", "~'%C3%A9'");
    bytes_and_name(&(), "48", "~unit");
    bytes_and_name(&Marker, "49", "~struct");
}

#[test]
fn text_and_bytes() {
    bytes_and_name("", "3000", "~\"\"");
    bytes_and_name("acme", "300461636d65", "acme");
    bytes_and_name("a:b ~%é", "3008613a62207e25c3a9", "a%3Ab%20%7E%25%C3%A9");
    bytes_and_name(
        &"x".repeat(128),
        &format!("308001{}", "78".repeat(128)),
        &"x".repeat(128),
    );
    bytes_and_name(
        &IpAddr::from([127, 0, 0, 1]),
        "30093132372e302e302e31",
        "127.0.0.1",
    );
    bytes_and_name(&Raw(&[0xca, 0xfe]), "3102cafe", "~xcafe");
    bytes_and_name(&Raw(&[]), "3100", "~x");
}

#[test]
fn compounds() {
    bytes_and_name(&None::<u8>, "40", "~none");
    bytes_and_name(&Some(Some(1u8)), "41411801", "~some(~some(~1u8))");
    bytes_and_name(&UserId(42), "1b2a00000000000000", "~42u64");
    bytes_and_name(&["a", "b"][..], "5030016130016200", "~[a,b]");
    bytes_and_name(&Vec::<u8>::new(), "5000", "~[]");
    bytes_and_name(&("a:b", "c"), "513003613a6230016300", "~(a%3Ab,c)");
    bytes_and_name(&("a",), "5130016100", "~(a,)");
    bytes_and_name(&[1u8, 2], "511801180200", "~(~1u8,~2u8)");
    bytes_and_name(&Range(1, -1), "52180111ffff00", "~struct(~1u8,~-1i16)");
}

#[test]
fn structs_and_maps() {
    let query = Query {
        name: "x",
        limit: Some(10),
        after: None,
    };
    bytes_and_name(
        &query,
        "5330046e616d6530017830056c696d6974411a0a00000000",
        "~{name=x,limit=~some(~10u32)}",
    );
    bytes_and_name(
        &BTreeMap::from([("b", 1u8), ("a", 2)]),
        "543001611802300162180100",
        "~map{a=~2u8,b=~1u8}",
    );
    bytes_and_name(
        &HashMap::from([(256u16, ()), (1, ())]),
        "54190001481901004800",
        "~map{~256u16=~unit,~1u16=~unit}",
    );
}

#[test]
fn variants() {
    bytes_and_name(&Order::Newest, "60064e6577657374", "~.Newest");
    bytes_and_name(&Order::By("name"), "6102427930046e616d65", "~.By(name)");
    bytes_and_name(
        &Order::Between(1, 2),
        "62074265747765656e1801180200",
        "~.Between(~1u8,~2u8)",
    );
    bytes_and_name(
        &Order::Near { x: -1 },
        "63044e65617230017810ff00",
        "~.Near{x=~-1i8}",
    );
}

#[test]
fn scopes() {
    let two = key(|key| {
        Hole("acme").text(key);
        Hole(&42u64).text(key);
    });
    assert_eq!(hex(two.bytes()), "300461636d6530023432");
    assert_eq!(
        named(Scope::Template(&["user:", ":", ""]), &two),
        "shop:user:acme:42"
    );
    assert_eq!(
        named(Scope::Template(&["", "-", ""]), &two),
        "shop:acme~-42"
    );
    assert_eq!(
        named(Scope::Function("shop::orders::load"), &two),
        "shop:shop::orders::load:acme:42"
    );
    assert_eq!(
        named(Scope::Function("named: ü"), &Key::new()),
        "shop:named%3A%20%C3%BC"
    );
    assert_eq!(named(Scope::List("user"), &two), "shop:user:acme:42");
    assert_eq!(named(Scope::List(""), &two), "shop::acme:42");
    assert_eq!(
        named(Scope::Template(&["all users"]), &Key::new()),
        "shop:all%20users"
    );
}

#[test]
fn debug_holes() {
    let debug = key(|key| Hole(&Some("a")).debug(key));
    assert_eq!(hex(debug.bytes()), "3009536f6d652822612229");
    assert_eq!(
        named(Scope::Template(&["find:", ""]), &debug),
        "shop:find:Some%28%22a%22%29"
    );
}

#[test]
fn versions_types_and_namespaces() {
    let mut key = part(&1u8);
    key.instance(&(Type::<u32>::NEW, Type::<[u8]>::NEW));
    let scope = Scope::Function("f");
    let name = |namespace, version| {
        store_name(
            &NameParts {
                namespace,
                scope,
                version,
                max_bytes: 200,
            },
            &key,
        )
    };
    assert_eq!(name("shop.example", 2), "shop.example:f:~1u8@2<u32,[u8]>");
    assert_eq!(name("", 0), ":f:~1u8<u32,[u8]>");
    assert_eq!(name("~a:b", 0), "%7Ea%3Ab:f:~1u8<u32,[u8]>");
}

#[test]
fn a_long_name() {
    let key = part(&"long ".repeat(40));
    let name = store_name(
        &NameParts {
            namespace: "shop",
            scope: Scope::List("f"),
            version: 0,
            max_bytes: 100,
        },
        &key,
    );
    assert_eq!(
        name,
        "shop:f:long%20long%20long%20long%20#2c039a91f4a9bedbd28ecbd03e33971e35e9d4dd288d397a850a44a8e07e7db8"
    );
}

#[test]
fn our_own_space() {
    assert_eq!(INTERNAL, '~');
}
