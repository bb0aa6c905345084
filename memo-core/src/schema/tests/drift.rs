//! One test for each kind of change.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{self, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::trace::seen;

/// A number of a list in which no sample is, as `serde_repr` reads an enum.
pub(super) struct Status;

impl<'de> Deserialize<'de> for Status {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match u16::deserialize(deserializer)? {
            200 | 404 | 500 => Ok(Self),
            _ => Err(de::Error::custom("no status")),
        }
    }
}

/// A large array of pixels, as `serde_big_array` reads it.
pub(super) struct Picture;

const PIXELS: usize = 200_000;

impl<'de> Deserialize<'de> for Picture {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pixels;
        impl<'de> Visitor<'de> for Pixels {
            type Value = Picture;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("pixels")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut pixels: A) -> Result<Picture, A::Error> {
                for _ in 0..PIXELS {
                    pixels.next_element::<u8>()?;
                }
                Ok(Picture)
            }
        }
        deserializer.deserialize_tuple(PIXELS, Pixels)
    }
}

/// Declares two versions of a type `T` in modules of their own, and says whether they are taken for one by what is seen of them:
/// the name of the type, which is in the tag of one that is not seen whole, is left out.
macro_rules! versions {
    ($($test:ident: $relation:ident { $($old:tt)* } { $($new:tt)* })*) => {$(
        #[test]
        fn $test() {
            #[allow(dead_code)]
            mod old {
                #[allow(unused_imports)]
                use super::*;
                $($old)*
            }
            #[allow(dead_code)]
            mod new {
                #[allow(unused_imports)]
                use super::*;
                $($new)*
            }
            assert!(versions!(@$relation seen::<old::T>(), seen::<new::T>()));
        }
    )*};
    (@differ $old:expr, $new:expr) => { $old != $new };
    (@agree $old:expr, $new:expr) => { $old == $new };
}

versions! {
    a_renamed_field: differ
        { #[derive(Deserialize)] pub(super) struct T { name: String, age: u8 } }
        { #[derive(Deserialize)] pub(super) struct T { title: String, age: u8 } }
    a_renamed_field_of_a_variant: differ
        { #[derive(Deserialize)] pub(super) enum T { A { name: String } } }
        { #[derive(Deserialize)] pub(super) enum T { A { title: String } } }
    reordered_fields: differ
        { #[derive(Deserialize)] pub(super) struct T { name: String, age: u8 } }
        { #[derive(Deserialize)] pub(super) struct T { age: u8, name: String } }
    swapped_fields_of_one_type: differ
        { #[derive(Deserialize)] pub(super) struct T { x: f64, y: f64 } }
        { #[derive(Deserialize)] pub(super) struct T { y: f64, x: f64 } }
    a_removed_field: differ
        { #[derive(Deserialize)] pub(super) struct T { name: String, age: u8 } }
        { #[derive(Deserialize)] pub(super) struct T { name: String } }
    an_added_field: differ
        { #[derive(Deserialize)] pub(super) struct T { name: String } }
        { #[derive(Deserialize)] pub(super) struct T { name: String, #[serde(default)] age: u8 } }
    u32_to_i32: differ
        { #[derive(Deserialize)] pub(super) struct T { n: u32 } }
        { #[derive(Deserialize)] pub(super) struct T { n: i32 } }
    i64_to_u64: differ
        { #[derive(Deserialize)] pub(super) struct T { n: i64 } }
        { #[derive(Deserialize)] pub(super) struct T { n: u64 } }
    string_to_bytes: differ
        { #[derive(Deserialize)] pub(super) struct T { n: String } }
        { #[derive(Deserialize)] pub(super) struct T { n: Vec<u8> } }
    two_bytes_to_a_number: differ
        { #[derive(Deserialize)] pub(super) struct T { n: (u8, u8) } }
        { #[derive(Deserialize)] pub(super) struct T { n: u16 } }
    a_value_to_an_option: differ
        { #[derive(Deserialize)] pub(super) struct T { n: u8 } }
        { #[derive(Deserialize)] pub(super) struct T { n: Option<u8> } }
    a_variant_in_the_middle: differ
        { #[derive(Deserialize)] pub(super) enum T { Red, Green } }
        { #[derive(Deserialize)] pub(super) enum T { Red, Amber, Green } }
    a_renamed_variant: differ
        { #[derive(Deserialize)] pub(super) enum T { Red, Green } }
        { #[derive(Deserialize)] pub(super) enum T { Red, Blue } }
    swapped_variants: differ
        { #[derive(Deserialize)] pub(super) enum T { Red, Green } }
        { #[derive(Deserialize)] pub(super) enum T { Green, Red } }
    a_variants_content: differ
        { #[derive(Deserialize)] pub(super) enum T { Red, Other(u8), Green } }
        { #[derive(Deserialize)] pub(super) enum T { Red, Other(u16), Green } }
    a_variants_form: differ
        { #[derive(Deserialize)] pub(super) enum T { A(u8, u8) } }
        { #[derive(Deserialize)] pub(super) enum T { A((u8, u8)) } }
    within_a_struct: differ
        { #[derive(Deserialize)] struct In { n: u32 } #[derive(Deserialize)] pub(super) struct T { inner: In, x: u8 } }
        { #[derive(Deserialize)] struct In { n: i32 } #[derive(Deserialize)] pub(super) struct T { inner: In, x: u8 } }
    within_an_option: differ
        { #[derive(Deserialize)] pub(super) struct T { n: Option<u32> } }
        { #[derive(Deserialize)] pub(super) struct T { n: Option<i32> } }
    within_a_sequence: differ
        { #[derive(Deserialize)] pub(super) struct T { n: Vec<u32> } }
        { #[derive(Deserialize)] pub(super) struct T { n: Vec<i32> } }
    within_a_maps_value: differ
        { #[derive(Deserialize)] pub(super) struct T { n: BTreeMap<u8, u32> } }
        { #[derive(Deserialize)] pub(super) struct T { n: BTreeMap<u8, i32> } }
    within_a_maps_key: differ
        { #[derive(Deserialize)] pub(super) struct T { n: BTreeMap<u32, u8> } }
        { #[derive(Deserialize)] pub(super) struct T { n: BTreeMap<i32, u8> } }
    within_the_last_variant_of_a_variant: differ
        { #[derive(Deserialize)] enum In { A, B, C(u8), D(Option<u32>) } #[derive(Deserialize)] pub(super) enum T { No, Yes(Vec<In>) } }
        { #[derive(Deserialize)] enum In { A, B, C(u8), D(Option<i32>) } #[derive(Deserialize)] pub(super) enum T { No, Yes(Vec<In>) } }
    within_a_recursive_type: differ
        { #[derive(Deserialize)] pub(super) enum T { A(Box<T>), B(Vec<T>, u32), C } }
        { #[derive(Deserialize)] pub(super) enum T { A(Box<T>), B(Vec<T>, i32), C } }
    a_parameter_of_a_wrapper_in_itself: differ
        { #[derive(Deserialize)] struct W<A> { w: A } #[derive(Deserialize)] pub(super) struct T { n: W<W<u32>> } }
        { #[derive(Deserialize)] struct W<A> { w: A } #[derive(Deserialize)] pub(super) struct T { n: W<W<i32>> } }
    a_struct_to_a_map: differ
        { #[derive(Deserialize)] pub(super) struct T { a: u8 } }
        { pub(super) type T = BTreeMap<String, u8>; }
    // A newtype is not its inner type, though codecs write them alike: a miss, once, when one becomes the other.
    a_type_to_a_newtype: differ
        { pub(super) type T = u32; }
        { #[derive(Deserialize)] pub(super) struct T(u32); }
    a_type_to_a_transparent_one: agree
        { pub(super) type T = u32; }
        { #[derive(Deserialize)] #[serde(transparent)] pub(super) struct T(u32); }
    another_name_of_the_type: differ
        { #[derive(Deserialize)] pub(super) struct T { n: u8 } }
        { #[derive(Deserialize)] pub(super) struct S { n: u8 } pub(super) type T = S; }
    another_module: agree
        { #[derive(Deserialize)] pub(super) struct T { n: u8 } }
        { #[derive(Deserialize)] pub(super) struct T { n: u8 } }
    another_pointer: agree
        { #[derive(Deserialize)] pub(super) struct T { n: Vec<u8>, s: String } }
        { #[derive(Deserialize)] pub(super) struct T { n: std::sync::Arc<[u8]>, s: Box<str> } }
    another_collection: agree
        { #[derive(Deserialize)] pub(super) struct T { n: Vec<u8>, m: Vec<u8> } }
        { #[derive(Deserialize)] pub(super) struct T { n: std::collections::VecDeque<u8>, m: Vec<u8> } }
    a_field_that_serde_skips: agree
        { #[derive(Deserialize)] pub(super) struct T { n: u8 } }
        { #[derive(Deserialize)] pub(super) struct T { n: u8, #[serde(skip)] m: u8 } }
    a_field_that_serde_calls_as_before: agree
        { #[derive(Deserialize)] pub(super) struct T { n: u8 } }
        { #[derive(Deserialize)] pub(super) struct T { #[serde(rename = "n", default)] m: u8 } }

    // Around and after types that validate.
    after_a_url: differ
        { #[derive(Deserialize)] pub(super) struct T { u: url::Url, n: u32 } }
        { #[derive(Deserialize)] pub(super) struct T { u: url::Url, n: i32 } }
    after_a_date: differ
        { #[derive(Deserialize)] pub(super) struct T { u: chrono::DateTime<chrono::Utc>, n: u32 } }
        { #[derive(Deserialize)] pub(super) struct T { u: chrono::DateTime<chrono::Utc>, n: i32 } }
    after_an_identifier: differ
        { #[derive(Deserialize)] pub(super) struct T { u: uuid::Uuid, n: u32 } }
        { #[derive(Deserialize)] pub(super) struct T { u: uuid::Uuid, n: i32 } }
    after_a_range: differ
        { #[derive(Deserialize)] pub(super) struct T { u: super::super::types::Ascending, n: u32 } }
        { #[derive(Deserialize)] pub(super) struct T { u: super::super::types::Ascending, n: i32 } }
    after_an_optional_type_that_takes_nothing: differ
        { #[derive(Deserialize)] pub(super) struct T { u: Option<super::super::types::Never>, n: u32 } }
        { #[derive(Deserialize)] pub(super) struct T { u: Option<super::super::types::Never>, n: i32 } }
    before_a_type_that_takes_nothing: differ
        { #[derive(Deserialize)] pub(super) struct T { n: u32, u: super::super::types::Never } }
        { #[derive(Deserialize)] pub(super) struct T { n: i32, u: super::super::types::Never } }
    beside_a_variant_that_takes_nothing: differ
        { #[derive(Deserialize)] pub(super) enum T { A(super::super::types::Never), B(u32) } }
        { #[derive(Deserialize)] pub(super) enum T { A(super::super::types::Never), B(i32) } }
    after_a_type_that_takes_nothing: differ
        { #[derive(Deserialize)] pub(super) struct T { u: super::super::types::Never, n: u32 } }
        { #[derive(Deserialize)] pub(super) struct T { u: super::super::types::Never, n: i32 } }
    after_two_types_that_take_nothing: differ
        { #[derive(Deserialize)] pub(super) struct T { a: u8, u: super::super::types::Never, b: u8, v: super::super::types::Never, n: u32 } }
        { #[derive(Deserialize)] pub(super) struct T { a: u8, u: super::super::types::Never, b: u8, v: super::super::types::Never, n: i32 } }
    a_variant_after_a_type_that_takes_nothing: differ
        { #[derive(Deserialize)] pub(super) enum E { A, B, C(u8), D } #[derive(Deserialize)] pub(super) struct T { u: super::super::types::Never, n: E } }
        { #[derive(Deserialize)] pub(super) enum E { A, B, C(i8), D } #[derive(Deserialize)] pub(super) struct T { u: super::super::types::Never, n: E } }
    after_a_struct_with_a_type_that_takes_nothing: differ
        { #[derive(Deserialize)] pub(super) struct S { u: super::super::types::Never } #[derive(Deserialize)] pub(super) struct T { s: S, n: u32 } }
        { #[derive(Deserialize)] pub(super) struct S { u: super::super::types::Never } #[derive(Deserialize)] pub(super) struct T { s: S, n: i32 } }
    in_a_variant_after_a_type_that_takes_nothing: differ
        { #[derive(Deserialize)] pub(super) enum T { A, B { u: super::super::types::Never, n: u32 } } }
        { #[derive(Deserialize)] pub(super) enum T { A, B { u: super::super::types::Never, n: i32 } } }
    nested_after_a_type_that_takes_nothing: differ
        { #[derive(Deserialize)] pub(super) struct S { v: super::super::types::Never, x: u8, y: Option<Vec<u32>> } #[derive(Deserialize)] pub(super) struct T { u: super::super::types::Never, s: S } }
        { #[derive(Deserialize)] pub(super) struct S { v: super::super::types::Never, x: u8, y: Option<Vec<i32>> } #[derive(Deserialize)] pub(super) struct T { u: super::super::types::Never, s: S } }
    after_a_number_of_a_list: differ
        { #[derive(Deserialize)] pub(super) struct T { status: Status, n: u32 } }
        { #[derive(Deserialize)] pub(super) struct T { status: Status, n: i32 } }
    reordered_after_a_list_of_types_that_take_nothing: differ
        { #[derive(Deserialize)] pub(super) struct S { x: f32, y: u32 } #[derive(Deserialize)] pub(super) struct T { u: Vec<super::super::types::Never>, s: S } }
        { #[derive(Deserialize)] pub(super) struct S { y: f32, x: u32 } #[derive(Deserialize)] pub(super) struct T { u: Vec<super::super::types::Never>, s: S } }
    after_a_large_array: differ
        { #[derive(Deserialize)] pub(super) struct T { pixels: Picture, n: Option<u32> } }
        { #[derive(Deserialize)] pub(super) struct T { pixels: Picture, n: Option<i32> } }
}
