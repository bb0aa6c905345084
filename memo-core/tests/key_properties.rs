//! Two different calls never have the same key, and never the same name.

use std::collections::{BTreeMap, HashMap, HashSet};

use memo_core::key::{INTERNAL, Key, NameParts, Scope, encoded_len, store_name};
use proptest::prelude::*;
use serde::{Serialize, Serializer};

/// One value of each kind that serde knows. Untagged: a `Value` is encoded as what it holds.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(untagged)]
enum Value {
    Bool(bool),
    I8(i8),
    I16(i16),
    I32(i32),
    I64(i64),
    I128(i128),
    U8(u8),
    U16(u16),
    U32(u32),
    U64(u64),
    U128(u128),
    #[serde(serialize_with = "f32_of_bits")]
    F32(u32),
    #[serde(serialize_with = "f64_of_bits")]
    F64(u64),
    Char(char),
    Text(String),
    #[serde(serialize_with = "bytes")]
    Bytes(Vec<u8>),
    Unit,
    Nothing(Nothing),
    Optional(Option<Box<Value>>),
    Seq(Vec<Value>),
    One((Box<Value>,)),
    Two(Box<Value>, Box<Value>),
    TupleStruct(Box<Pair>),
    Struct(Box<Filter>),
    Map(BTreeMap<Value, Value>),
    Shape(Shape),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
struct Nothing;

#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
struct Pair(Value, Value);

#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
struct Filter {
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<Value>,
}

/// Named after the words of the rendered form, to meet them if they can be met.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
enum Shape {
    None,
    True,
    Some(Box<Value>),
    Struct(Box<Value>, Box<Value>),
    Map {
        from: Box<Value>,
    },
    #[serde(rename = "")]
    Nameless(Box<Value>),
}

fn f32_of_bits<S: Serializer>(bits: &u32, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f32(f32::from_bits(*bits))
}

fn f64_of_bits<S: Serializer>(bits: &u64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(f64::from_bits(*bits))
}

fn bytes<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_bytes(bytes)
}

/// Few and treacherous, so that values come close to each other.
fn text() -> impl Strategy<Value = String> {
    let letters = prop::sample::select(vec![
        "a",
        "1u8",
        ":",
        "::",
        "%",
        "~",
        ",",
        "(",
        ")",
        "=",
        "none",
        "é",
        "\u{1f980}",
        "\0",
        " ",
    ]);
    prop_oneof![
        prop::collection::vec(letters, 0..4).prop_map(|letters| letters.concat()),
        any::<String>(),
        (120usize..140).prop_map(|length| "x".repeat(length)),
    ]
}

macro_rules! numbers {
    ($($kind:ident($type:ty)),*) => {
        prop_oneof![$(
            (-2i8..3).prop_map(|small| Value::$kind(small as $type)),
            any::<$type>().prop_map(Value::$kind),
        )*]
    };
}

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        4 => numbers!(I8(i8), I16(i16), I32(i32), I64(i64), I128(i128)),
        4 => numbers!(U8(u8), U16(u16), U32(u32), U64(u64), U128(u128)),
        1 => any::<u32>().prop_map(Value::F32),
        1 => any::<u64>().prop_map(Value::F64),
        2 => (-2i8..3).prop_map(|small| Value::F32(f32::from(small).to_bits())),
        2 => (-2i8..3).prop_map(|small| Value::F64(f64::from(small).to_bits())),
        1 => any::<bool>().prop_map(Value::Bool),
        2 => prop_oneof![any::<char>(), prop::sample::select(vec!['a', '\'', '~'])].prop_map(Value::Char),
        6 => text().prop_map(Value::Text),
        2 => prop::collection::vec(any::<u8>(), 0..4).prop_map(Value::Bytes),
        1 => Just(Value::Unit),
        1 => Just(Value::Nothing(Nothing)),
        1 => Just(Value::Optional(None)),
        1 => prop::sample::select(vec![Shape::None, Shape::True]).prop_map(Value::Shape),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    scalar().prop_recursive(4, 32, 4, |inner| {
        let one = inner.clone().prop_map(Box::new);
        let two = (one.clone(), one.clone());
        let values = prop::collection::vec(inner.clone(), 0..4);
        prop_oneof![
            one.clone().prop_map(|it| Value::Optional(Some(it))),
            one.clone().prop_map(|it| Value::One((it,))),
            one.clone().prop_map(|it| Value::Shape(Shape::Some(it))),
            one.clone().prop_map(|it| Value::Shape(Shape::Nameless(it))),
            one.prop_map(|from| Value::Shape(Shape::Map { from })),
            two.clone().prop_map(|(a, b)| Value::Two(a, b)),
            two.clone()
                .prop_map(|(a, b)| Value::TupleStruct(Box::new(Pair(*a, *b)))),
            two.prop_map(|(a, b)| Value::Shape(Shape::Struct(a, b))),
            values.prop_map(Value::Seq),
            prop::option::of(inner.clone())
                .prop_flat_map(move |from| (Just(from), prop::option::of(inner.clone())))
                .prop_map(|(from, to)| Value::Struct(Box::new(Filter { from, to }))),
            prop::collection::btree_map(scalar(), scalar(), 0..4).prop_map(Value::Map),
        ]
    })
}

/// The same value in other forms, most of them different and all of them close.
fn neighbours(value: &Value) -> Vec<Value> {
    let boxed = || Box::new(value.clone());
    vec![
        value.clone(),
        Value::Optional(Some(boxed())),
        Value::One((boxed(),)),
        Value::Seq(vec![value.clone()]),
        Value::Seq(vec![value.clone(), value.clone()]),
        Value::Two(boxed(), boxed()),
        Value::TupleStruct(Box::new(Pair(value.clone(), value.clone()))),
        Value::Struct(Box::new(Filter {
            from: Some(value.clone()),
            to: None,
        })),
        Value::Struct(Box::new(Filter {
            from: None,
            to: Some(value.clone()),
        })),
        Value::Map(BTreeMap::from([(
            Value::Text("from".into()),
            value.clone(),
        )])),
        Value::Shape(Shape::Some(boxed())),
        Value::Shape(Shape::Nameless(boxed())),
        Value::Shape(Shape::Map { from: boxed() }),
        Value::Text(format!("{value:?}")),
        Value::Text(name_of(std::slice::from_ref(value), 1_000_000)),
    ]
}

fn key_of(parts: &[Value]) -> Key {
    let mut key = Key::new();
    parts.iter().for_each(|part| key.part(part));
    assert!(!key.is_faulty());
    key
}

fn name_of(parts: &[Value], max_bytes: usize) -> String {
    let scope = Scope::Function("shop::orders::load");
    store_name(
        &NameParts {
            namespace: "shop",
            scope,
            version: 1,
            max_bytes,
        },
        &key_of(parts),
    )
}

/// As many distinct images as there are distinct calls.
fn is_injective<T: Eq + std::hash::Hash>(
    calls: &HashSet<Vec<Value>>,
    image: impl Fn(&[Value]) -> T,
) -> bool {
    calls
        .iter()
        .map(|call| image(call))
        .collect::<HashSet<_>>()
        .len()
        == calls.len()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn different_calls_have_different_keys(values in prop::collection::vec(value(), 1..12)) {
        let mut calls: HashSet<Vec<Value>> = values.iter().flat_map(neighbours).map(|value| vec![value]).collect();
        calls.extend(values.iter().map(|it| vec![it.clone(), it.clone()]));
        calls.extend(values.windows(2).map(<[Value]>::to_vec));
        calls.insert(values);
        calls.insert(Vec::new());
        prop_assert!(is_injective(&calls, |call| key_of(call).bytes().to_vec()));
        prop_assert!(is_injective(&calls, |call| name_of(call, usize::MAX)), "whole names");
        prop_assert!(is_injective(&calls, |call| name_of(call, 100)), "cut names");
    }

    #[test]
    fn a_value_weighs_its_bytes_without_the_tags_of_numbers(value in value()) {
        let (weight, bytes) = (encoded_len(&value), key_of(&[value]).bytes().len());
        prop_assert!(weight <= bytes && bytes <= 3 * weight + 1, "{weight} for {bytes} bytes");
    }

    #[test]
    fn equal_bytes_have_equal_hashes(value in value()) {
        let rebuilt = key_of(std::slice::from_ref(&value));
        prop_assert_eq!(key_of(&[value]).hash_in(7), rebuilt.hash_in(7));
    }

    #[test]
    fn names_fit_and_are_plain(value in value(), namespace in text(), version in 0u32..3, max_bytes in 0usize..300) {
        let parts = NameParts { namespace: &namespace, scope: Scope::List(&namespace), version, max_bytes };
        let name = store_name(&parts, &key_of(&[value]));
        prop_assert!(name.len() <= max_bytes);
        prop_assert!(name.bytes().all(|byte| byte.is_ascii_graphic()));
        prop_assert!(!name.starts_with(INTERNAL));
    }

    #[test]
    fn no_namespace_runs_into_a_path_and_no_path_into_a_part(
        letters in "[a:~%]{0,6}",
        cuts in prop::array::uniform2((0usize..7, 0usize..7)),
    ) {
        let [one, other] = cuts.map(|(first, second)| {
            let (rest, part) = letters.split_at(first.min(letters.len()));
            let (namespace, path) = rest.split_at(second.min(rest.len()));
            let parts = NameParts { namespace, scope: Scope::Function(path), version: 0, max_bytes: usize::MAX };
            ((namespace, path, part), store_name(&parts, &key_of(&[Value::Text(part.into())])))
        });
        prop_assert_eq!(one.0 == other.0, one.1 == other.1, "{} {}", one.1, other.1);
    }

    #[test]
    fn the_texts_in_a_template_do_not_run_together(one in "[-a:~%/]{0,3}", two in "[-a:~%/]{0,3}", cut in 0usize..6) {
        let moved: String = [one.as_str(), two.as_str()].concat();
        prop_assume!(cut <= moved.len());
        let (other_one, other_two) = moved.split_at(cut);
        for literals in [["", "", ""], ["", "-", ""], ["", "a-", ""], ["", ":", ""], ["", "a:a", "a"], ["/", "%", "-"]] {
            let name = |one: &str, two: &str| {
                let parts = NameParts { namespace: "", scope: Scope::Template(&literals), version: 0, max_bytes: 200 };
                store_name(&parts, &key_of(&[Value::Text(one.into()), Value::Text(two.into())]))
            };
            prop_assert_eq!(one == other_one, name(&one, &two) == name(other_one, other_two), "{:?}", literals);
        }
    }

    #[test]
    fn the_order_of_a_map_does_not_matter(entries in prop::collection::hash_map(text(), value(), 0..20)) {
        let sorted: BTreeMap<String, Value> = entries.clone().into_iter().collect();
        let shuffled: HashMap<String, Value> = entries.into_iter().collect();
        let (mut one, mut other) = (Key::new(), Key::new());
        one.part(&sorted);
        other.part(&shuffled);
        prop_assert_eq!(one.bytes(), other.bytes());
    }
}
