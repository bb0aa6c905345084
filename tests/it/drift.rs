//! A function whose value's type has changed between two programs: what the other one wrote is refused, never read as something else.

use std::sync::atomic::{AtomicBool, Ordering};

use memo::{Reject, Verdict, memoize};
use serde::{Deserialize, Serialize};

use crate::shelf::Shelf;

/// Two functions with one name: what a program was before a change, and after it.
macro_rules! drift {
    ($name:ident, $label:tt, $before:ty = $old:expr, $after:ty = $new:expr) => {
        mod $name {
            use super::*;

            #[memoize(name = $label)]
            fn before() -> $before {
                $old
            }

            #[memoize(name = $label)]
            fn after() -> $after {
                $new
            }

            #[test]
            fn is_refused_for_its_schema() {
                let shelf = Shelf::new(4096);
                let names = || (before::entry().key(), after::entry().key());
                let names = shelf.run(names);
                assert_eq!(names.0, names.1, "it is one entry");
                assert_eq!(shelf.computed(before), (1, $old));

                let met = || (after::entry().explain().verdict, after::entry().peek());
                let refused = Verdict::Refused(Reject::Schema);
                assert_eq!(shelf.run(met), (refused, None));
                shelf.recorder.clear();
                assert_eq!(shelf.computed(after), (1, $new));
                assert_eq!(shelf.rejects(), [Reject::Schema]);
                assert_eq!(shelf.computed(after), (0, $new));

                assert_eq!(shelf.computed(before), (1, $old), "and back");
                assert_eq!(shelf.rejects(), [Reject::Schema]);
            }
        }
    };
}

macro_rules! shapes {
    ($module:ident { $($item:item)* }) => {
        mod $module {
            use super::{Deserialize, Serialize};
            $(
                #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
                $item
            )*
        }
    };
}

shapes!(old {
    pub(super) struct Point { pub(super) x: u32, pub(super) y: u32 }
    pub(super) struct Line { pub(super) ends: Vec<Point> }
    pub(super) enum Pet { Cat, Dog, Bird(u8) }
});

shapes!(renamed {
    pub(super) struct Point { pub(super) x: u32, pub(super) z: u32 }
    pub(super) struct Line { pub(super) ends: Vec<Point> }
    pub(super) enum Pet { Cat, Wolf, Bird(u8) }
});

shapes!(swapped {
    pub(super) struct Point { pub(super) y: u32, pub(super) x: u32 }
    pub(super) enum Pet { Dog, Cat, Bird(u8) }
});

shapes!(retyped {
    pub(super) struct Point { pub(super) x: u32, pub(super) y: i32 }
    pub(super) enum Pet { Cat, Dog, Bird(u16) }
});

shapes!(more {
    pub(super) struct Point { pub(super) x: u32, pub(super) y: u32, pub(super) z: Option<u32> }
    pub(super) enum Pet { Cat, Fox, Dog, Bird(u8) }
});

shapes!(fewer {
    pub(super) struct Point { pub(super) x: u32 }
    pub(super) enum Pet { Dog, Bird(u8) }
});

const OLD: old::Point = old::Point { x: 1, y: 2 };

drift!(
    a_renamed_field,
    "drift-1",
    old::Point = OLD,
    renamed::Point = renamed::Point { x: 1, z: 2 }
);
drift!(
    fields_in_another_order,
    "drift-2",
    old::Point = OLD,
    swapped::Point = swapped::Point { y: 2, x: 1 }
);
drift!(
    a_field_of_another_type,
    "drift-3",
    old::Point = OLD,
    retyped::Point = retyped::Point { x: 1, y: 2 }
);
drift!(
    a_field_more,
    "drift-4",
    old::Point = OLD,
    more::Point = more::Point {
        x: 1,
        y: 2,
        z: None
    }
);
drift!(
    a_field_fewer,
    "drift-5",
    old::Point = OLD,
    fewer::Point = fewer::Point { x: 1 }
);
drift!(
    a_change_deep_inside,
    "drift-6",
    old::Line = old::Line { ends: vec![OLD] },
    renamed::Line = renamed::Line {
        ends: vec![renamed::Point { x: 1, z: 2 }]
    }
);
drift!(
    a_renamed_variant,
    "drift-7",
    old::Pet = old::Pet::Dog,
    renamed::Pet = renamed::Pet::Wolf
);
drift!(
    variants_in_another_order,
    "drift-8",
    old::Pet = old::Pet::Cat,
    swapped::Pet = swapped::Pet::Cat
);
drift!(
    a_variant_of_another_type,
    "drift-9",
    old::Pet = old::Pet::Bird(1),
    retyped::Pet = retyped::Pet::Bird(1)
);
drift!(
    a_variant_inserted,
    "drift-10",
    old::Pet = old::Pet::Dog,
    more::Pet = more::Pet::Dog
);
drift!(
    a_variant_removed,
    "drift-11",
    old::Pet = old::Pet::Dog,
    fewer::Pet = fewer::Pet::Dog
);
drift!(a_wider_number, "drift-12", u32 = 7, u64 = 7);
drift!(a_sign, "drift-13", u32 = 7, i32 = 7);
drift!(an_option, "drift-14", u32 = 7, Vec<Option<u32>> = vec![Some(7)]);
drift!(text_for_bytes, "drift-15", String = String::from("abc"), Vec<u8> = vec![1, 2, 3]);
drift!(
    a_tuple_of_two_for_three,
    "drift-16",
    (u8, u8) = (1, 2),
    (u8, u8, u8) = (1, 2, 3)
);

#[cfg(feature = "encrypt")]
#[test]
fn a_sealed_value_of_another_shape_is_refused_for_its_schema() {
    #[memoize(name = "drift-sealed", encrypt)]
    fn before() -> old::Point {
        OLD
    }
    #[memoize(name = "drift-sealed", encrypt)]
    fn after() -> swapped::Point {
        swapped::Point { y: 2, x: 1 }
    }
    let shelf = crate::shelf::sealed(4096);
    shelf.run(before);
    assert_eq!(shelf.computed(after), (1, swapped::Point { y: 2, x: 1 }));
    assert_eq!(shelf.rejects(), [Reject::Schema]);
}

#[cfg(feature = "msgpack")]
#[test]
fn another_codec_is_another_schema() {
    #[memoize(name = "drift-codec")]
    fn before() -> old::Point {
        OLD
    }
    #[memoize(name = "drift-codec", codec = "msgpack")]
    fn after() -> old::Point {
        OLD
    }
    let shelf = Shelf::new(4096);
    shelf.run(before);
    assert_eq!(shelf.computed(after), (1, OLD));
    assert_eq!(shelf.rejects(), [Reject::Schema]);
}

/// A type's own `Deserialize` sees what somebody else may have written, or what another version of it would not have.
#[test]
fn a_deserialize_that_panics_is_a_refusal() {
    static STRICT: AtomicBool = AtomicBool::new(false);
    #[derive(Clone, Debug, PartialEq, Serialize)]
    struct Strict(u32);
    impl<'de> Deserialize<'de> for Strict {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            let number = u32::deserialize(deserializer)?;
            assert!(!STRICT.load(Ordering::SeqCst), "not this one");
            Ok(Self(number))
        }
    }
    #[memoize(key = "drift-panics:{n}")]
    fn strict(n: u32) -> Strict {
        Strict(n)
    }
    let shelf = Shelf::new(4096);
    shelf.run(|| strict(1));
    STRICT.store(true, Ordering::SeqCst);
    assert_eq!(shelf.run(|| strict::entry(1).peek()), None);
    assert_eq!(shelf.computed(|| strict(1)), (1, Strict(1)));
    assert_eq!(shelf.rejects(), [Reject::Decode]);
}

/// Nor does a type's shape, which is found by running its `Deserialize` on made-up values, need it to be polite.
#[test]
fn a_deserialize_that_always_panics_costs_no_value() {
    #[derive(Clone, Debug, PartialEq, Serialize)]
    struct Never(u32);
    impl<'de> Deserialize<'de> for Never {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            let number = u32::deserialize(deserializer)?;
            panic!("not {number}");
        }
    }
    #[memoize(key = "drift-never:{n}")]
    fn never(n: u32) -> Never {
        Never(n)
    }
    let shelf = Shelf::new(4096);
    for _ in 0..3 {
        assert_eq!(shelf.computed(|| never(1)), (1, Never(1)));
    }
    assert_eq!(shelf.names(), [""; 0]);
}
