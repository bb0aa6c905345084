//! Without names in the bytes a value comes back as it was, or is not written.

use serde::ser::{SerializeMap, SerializeSeq};

use super::*;
use crate::codec::guard::TOO_DEEP;
use crate::schema::{Watch, shape};

fn refused<V: Portable + 'static>(value: &V) -> String {
    match try_bytes(value, Codec::Postcard, usize::MAX) {
        Err(Unencodable::Refused(words)) => words,
        other => panic!("{other:?}"),
    }
}

fn problem<V: Portable + 'static>() -> Option<&'static str> {
    shape::<V>(Codec::Postcard, Watch::Tag).problem.as_deref()
}

fn is_refused_beforehand<V: Portable + 'static>() {
    let words = problem::<V>().unwrap_or_else(|| panic!("{}", std::any::type_name::<V>()));
    assert!(words.contains("codec = \"msgpack\"") && words.contains("`local`"));
    #[cfg(feature = "msgpack")]
    assert_eq!(shape::<V>(Codec::Msgpack, Watch::Tag).problem, None);
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Gap {
    id: u8,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    note: Option<u8>,
    count: u8,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Shapes {
    Named {
        id: u8,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<u8>,
    },
}

#[test]
fn a_field_that_is_left_out_is_refused_with_a_way_out() {
    let gap = Gap::default();
    // What would have happened: the bytes of two values are those of others.
    let bytes = postcard::to_allocvec(&[gap.clone(), gap.clone(), gap.clone()]).expect("bare");
    let other = decode::<[Gap; 2]>(Codec::Postcard, &bytes);
    assert_eq!(other, Ok([gap.clone(), gap.clone()]));

    let words = refused(&gap);
    assert!(words.contains("`skip_serializing_if`") && words.contains("codec = \"msgpack\""));
    assert_eq!(refused(&vec![(1u8, gap)]), words);
    assert_eq!(refused(&Shapes::Named { id: 1, note: None }), words);
}

#[test]
fn a_field_that_is_not_left_out_is_fine() {
    comes_back(Gap {
        id: 1,
        note: Some(2),
        count: 3,
    });
    let note = Some(2);
    comes_back(Shapes::Named { id: 1, note });
}

#[cfg(feature = "msgpack")]
#[test]
fn where_fields_have_names_they_may_be_left_out() {
    let gaps = vec![Gap::default(); 3];
    let bytes = bytes(&gaps, Codec::Msgpack);
    assert_eq!(decode(Codec::Msgpack, &bytes), Ok(gaps));
}

#[test]
fn what_could_not_be_read_is_not_written() {
    // The deepest enum, which holds nothing, is a level as well.
    comes_back(list(127));
    assert_eq!(refused(&list(128)), TOO_DEEP);
    let tree = |levels| (0..levels).fold(Tree(Vec::new()), |tree, _| Tree(vec![tree]));
    let bare = |levels| (1..levels).fold(Bare(None), |bare, _| Bare(Some(Box::new(bare))));
    comes_back_in_postcard(tree(63));
    assert_eq!(refused(&tree(64)), TOO_DEEP);
    comes_back_in_postcard(bare(128));
    assert_eq!(refused(&bare(129)), TOO_DEEP);
}

fn comes_back_in_postcard<V: Portable + 'static + PartialEq + Debug>(value: V) {
    let bytes = bytes(&value, Codec::Postcard);
    assert_eq!(decode(Codec::Postcard, &bytes), Ok(value));
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Gapped(
    u8,
    #[serde(skip_serializing_if = "Option::is_none")] Option<u8>,
    u8,
);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Places {
    Nowhere,
    At(
        u8,
        #[serde(skip_serializing_if = "Option::is_none")] Option<u8>,
        u8,
    ),
}

/// No more is said of these than how many fields come.
#[test]
fn a_field_of_a_tuple_that_is_left_out_is_refused() {
    comes_back(vec![Gapped(1, Some(2), 3)]);
    comes_back(vec![Places::Nowhere, Places::At(1, Some(2), 3)]);
    assert!(refused(&vec![Gapped(1, None, 3); 3]).contains("left out"));
    assert!(refused(&vec![Some(Places::At(1, None, 3)); 3]).contains("left out"));
}

#[test]
fn tuples_of_one_name_are_told_apart_by_nothing() {
    mod other {
        #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
        pub(super) struct Gapped(pub(super) u8, pub(super) u8);
    }
    comes_back((Gapped(1, Some(2), 3), other::Gapped(1, 2)));
}

/// Says it has so many elements and has two.
#[derive(Deserialize)]
struct Miscounted {
    said: usize,
    as_map: bool,
}

impl Serialize for Miscounted {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.as_map {
            let mut map = serializer.serialize_map(Some(self.said))?;
            map.serialize_entry(&1u8, &1u8)?;
            map.serialize_entry(&2u8, &2u8)?;
            map.end()
        } else {
            let mut seq = serializer.serialize_seq(Some(self.said))?;
            seq.serialize_element(&1u8)?;
            seq.serialize_element(&2u8)?;
            seq.end()
        }
    }
}

#[test]
fn a_length_that_is_not_true_is_refused() {
    for as_map in [false, true] {
        for said in [0, 1, 3, 300] {
            assert!(!refused(&Miscounted { said, as_map }).is_empty());
        }
        let said = 2;
        bytes(&Miscounted { said, as_map }, Codec::Postcard);
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct OneWay {
    id: u8,
    #[serde(default, skip_serializing)]
    secret: u8,
    count: u8,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct OtherWay {
    id: u8,
    #[serde(skip_deserializing)]
    seen: u8,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Pair(u8, #[serde(skip_serializing)] u8, u8);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind")]
struct Tagged {
    id: u8,
}

/// Variants are written with their numbers in the enum, and read with their numbers among those that are read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Shifted {
    First,
    #[serde(skip)]
    #[expect(dead_code, reason = "the gap is what is tested")]
    Second,
    Third,
    Fourth,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Emptied {
    Kept(u8),
    Dropped(#[serde(default, skip_serializing)] u8),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Shop<T> {
    shelves: Vec<Option<T>>,
    more: Vec<u8>,
}

#[test]
fn a_variant_may_become_another() {
    let bytes = postcard::to_allocvec(&Shifted::Third).expect("bare");
    assert_eq!(
        decode::<Shifted>(Codec::Postcard, &bytes),
        Ok(Shifted::Fourth)
    );
}

#[test]
fn a_type_that_reads_other_than_it_writes_is_refused_beforehand() {
    is_refused_beforehand::<OneWay>();
    is_refused_beforehand::<OtherWay>();
    is_refused_beforehand::<Pair>();
    is_refused_beforehand::<Tagged>();
    is_refused_beforehand::<Shifted>();
    is_refused_beforehand::<Emptied>();
}

#[test]
fn it_is_refused_wherever_it_is() {
    is_refused_beforehand::<Shop<OneWay>>();
    is_refused_beforehand::<Shop<OtherWay>>();
    is_refused_beforehand::<Shop<Pair>>();
    is_refused_beforehand::<Shop<Tagged>>();
    is_refused_beforehand::<Shop<Shifted>>();
    is_refused_beforehand::<HashMap<String, Result<Emptied, Shop<u8>>>>();
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct BothWays {
    id: u8,
    #[serde(skip)]
    cached: Option<u64>,
    count: u8,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum LastSkipped {
    First,
    Second(BothWays),
    #[serde(skip)]
    #[expect(dead_code, reason = "the gap is what is tested")]
    Third,
}

/// An age, which is another one whenever it is looked at.
#[derive(Deserialize)]
struct Restless(#[expect(dead_code, reason = "serde reads it, and nobody else")] u64);

impl Serialize for Restless {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use std::sync::atomic::{AtomicU64, Ordering};
        static AGE: AtomicU64 = AtomicU64::new(100);
        serializer.serialize_u64(AGE.fetch_add(1, Ordering::Relaxed))
    }
}

#[test]
fn nothing_is_said_against_other_types() {
    assert_eq!(problem::<Gap>(), None);
    assert_eq!(problem::<Order>(), None);
    assert_eq!(problem::<List>(), None);
    assert_eq!(problem::<Shop<BothWays>>(), None);
    assert_eq!(problem::<Shop<LastSkipped>>(), None);
    assert_eq!(problem::<HashMap<String, HashSet<String>>>(), None);
    assert_eq!(
        problem::<(url::Url, uuid::Uuid, std::path::PathBuf)>(),
        None
    );
    assert_eq!(problem::<chrono::DateTime<chrono::Utc>>(), None);
    assert_eq!(problem::<(std::net::IpAddr, std::time::SystemTime)>(), None);
    assert_eq!(problem::<Restless>(), None);
}

#[test]
fn a_panic_while_writing_a_made_up_value_says_nothing_of_the_type() {
    #[derive(Deserialize)]
    struct Panics(u8);
    impl Serialize for Panics {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            assert!(self.0 > 0, "never zero");
            self.0.serialize(serializer)
        }
    }
    assert_eq!(problem::<Panics>(), None);
}
