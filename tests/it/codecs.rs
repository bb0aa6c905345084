//! Values as bytes: what a codec cannot carry is computed each time, and never served as something else.

use std::sync::atomic::{AtomicBool, Ordering};

use memo::{Event, Problem, Reject, Unstored, Verdict, memoize, memoize_iter};
use memo_testkit::assert_computed;
use serde::{Deserialize, Serialize, Serializer, ser};

use crate::store::Isolated;
use crate::support::{Runs, Scripted};

/// Without the field in the middle its bytes are those of half as many others.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Seat {
    row: u8,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    note: Option<u8>,
    price: u8,
}

fn seats(count: u8, noted: bool) -> Vec<Seat> {
    let seat = |row| Seat {
        row,
        note: noted.then_some(row),
        price: 1,
    };
    (0..count).map(seat).collect()
}

#[memoize(key = "seats:{count}:{noted}", expiration = 60, large_data)]
fn large_seats(count: u8, noted: bool) -> Vec<Seat> {
    seats(count, noted)
}

#[test]
fn a_value_whose_field_is_left_out_is_returned_and_not_stored() {
    let test = Isolated::new();
    test.run(|| {
        // One that is carried first: the type is not refused for it.
        assert_computed!(1, large_seats(4, true));
        assert_eq!(assert_computed!(0, large_seats(4, true)), seats(4, true));
        for _ in 0..2 {
            let found = assert_computed!(1, large_seats(4, false));
            assert_eq!(found, seats(4, false));
        }
    });
    let refused = |event: &Event| {
        matches!(
            event,
            Event::Unstored {
                reason: Unstored::Unencodable,
                ..
            }
        )
    };
    assert_eq!(test.recorder().count(refused), 2);
}

#[cfg(feature = "msgpack")]
#[test]
fn with_field_names_it_is_stored() {
    #[memoize(key = "named:{count}", expiration = 60, large_data, codec = "msgpack")]
    fn named_seats(count: u8) -> Vec<Seat> {
        seats(count, false)
    }
    Isolated::new().run(|| {
        assert_computed!(1, named_seats(4));
        assert_eq!(assert_computed!(0, named_seats(4)), seats(4, false));
    });
}

/// Serde writes the numbers of all variants and reads those of the variants that it reads: `Blue` would come back as `Green`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Colour {
    Red,
    #[serde(skip)]
    Unknown,
    Blue,
    Green,
}

#[memoize(key = "colour:{n}", expiration = 60, large_data)]
fn colour(n: u8) -> Colour {
    match n {
        0 => Colour::Red,
        1 => Colour::Unknown,
        2 => Colour::Blue,
        _ => Colour::Green,
    }
}

#[test]
fn a_type_whose_values_would_come_back_as_others_is_not_cached_and_it_is_said() {
    Isolated::new().run(|| {
        for _ in 0..2 {
            assert_eq!(assert_computed!(1, colour(2)), Colour::Blue);
            assert_eq!(assert_computed!(1, colour(0)), Colour::Red);
        }
        let Verdict::NotCached(Problem::Unportable(words)) = colour::entry(2).explain().verdict
        else {
            panic!("{}", colour::entry(2).explain());
        };
        assert!(words.contains("codec = \"msgpack\""), "{words}");
    });
}

#[test]
fn a_value_too_deep_to_be_read_is_returned_and_not_stored() {
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    struct Nest(Vec<Nest>);

    #[memoize(key = "nest:{depth}", expiration = 60, large_data)]
    fn nest(depth: u32) -> Nest {
        (0..depth).fold(Nest(Vec::new()), |inner, _| Nest(vec![inner]))
    }
    Isolated::new().run(|| {
        assert_computed!(1, nest(60));
        assert_computed!(0, nest(60));
        assert_computed!(1, nest(600));
        assert_computed!(1, nest(600));
    });
}

#[cfg(feature = "msgpack")]
#[test]
fn a_value_with_names_that_is_too_deep_to_be_read_is_not_stored_and_that_is_told_once() {
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    struct Part {
        inner: Option<Box<Part>>,
    }

    #[memoize(key = "parts:{depth}", expiration = 60, large_data, codec = "msgpack")]
    fn parts(depth: u32) -> Part {
        (0..depth).fold(Part { inner: None }, |inner, _| Part {
            inner: Some(Box::new(inner)),
        })
    }
    let test = Isolated::new();
    test.run(|| {
        for shallow in [1, 2, 3] {
            assert_computed!(1, [parts(shallow), parts(shallow)]);
        }
        for depth in 60..70 {
            parts(depth);
            let promised = parts::entry(depth).explain().verdict.is_hit();
            assert_computed!(u64::from(!promised), parts(depth));
        }
        assert_eq!(parts::entry(69).explain().verdict, Verdict::Absent);
    });
    assert_eq!(parts::site().stats().refused, []);
    let told = test.recorder().events();
    let told = Vec::from_iter(told.iter().filter_map(|event| match event {
        Event::NotCached { problem, .. } => Some(problem.to_string()),
        _ => None,
    }));
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(!told[0].contains("msgpack"), "{told:?}");
    assert!(told[0].contains("nested deeper"), "{told:?}");
}

/// Reads nothing while this is set: as a build would whose `Deserialize` became stricter.
static IS_STRICT: AtomicBool = AtomicBool::new(false);

#[derive(Clone, Debug, PartialEq, Serialize)]
struct Stricter(u8);

impl<'de> Deserialize<'de> for Stricter {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = u8::deserialize(deserializer)?;
        match IS_STRICT.load(Ordering::SeqCst) {
            true => Err(serde::de::Error::custom("stricter")),
            false => Ok(Self(number)),
        }
    }
}

#[test]
fn explain_reads_the_value_as_a_call_would() {
    #[memoize(key = "stricter:{n}", large_data, version = 1)]
    fn stricter(n: u8) -> Stricter {
        Stricter(n)
    }
    #[memoize_iter(key = "stricter-items:{n}", version = 1)]
    fn stricter_items(n: u8) -> impl Iterator<Item = Stricter> {
        [Stricter(n)].into_iter()
    }
    Isolated::new().run(|| {
        let explained = || {
            (
                stricter::entry(1).explain().verdict,
                stricter_items::entry(1).explain().verdict,
            )
        };
        stricter(1);
        stricter_items(1).for_each(drop);
        let before = explained();
        assert!(before.0.is_hit() && before.1.is_hit(), "{before:?}");
        IS_STRICT.store(true, Ordering::SeqCst);
        let refused = || Verdict::Refused(Reject::Decode);
        assert_eq!(explained(), (refused(), refused()));
        assert_computed!(1, stricter(1));
    });
}

#[test]
fn what_is_written_is_never_too_deep_to_be_read() {
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    struct Chain(Option<Box<Chain>>);

    #[memoize(key = "chain:{length}", expiration = 60, large_data)]
    fn chain(length: u32) -> Chain {
        (0..length).fold(Chain(None), |chain, _| Chain(Some(Box::new(chain))))
    }
    Isolated::new().run(|| {
        // One that can be read first: it proves the type.
        assert_computed!(1, [chain(1), chain(1)]);
        for length in 0..100 {
            let _ = [chain(length), chain(length)];
        }
        assert_computed!(2, [chain(100), chain(100)]);
    });
    assert_eq!(chain::site().stats().refused, []);
}

#[test]
fn a_field_that_is_only_read_is_not_taken_for_one_that_is_only_written() {
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    struct Halves {
        #[serde(skip_serializing)]
        read: u8,
        #[serde(skip_deserializing)]
        written: u8,
    }
    const HALVES: Halves = Halves {
        read: 1,
        written: 2,
    };
    #[memoize(key = "halves", expiration = 60, large_data)]
    fn halves() -> Halves {
        HALVES
    }
    Isolated::new().run(|| assert_eq!([halves(), halves()], [HALVES; 2]));
}

/// Its `Serialize` refuses the number 1.
#[derive(Clone, Debug, PartialEq, Deserialize)]
struct Picky(u64);

impl Serialize for Picky {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            1 => Err(ser::Error::custom("not 1")),
            n => serializer.serialize_newtype_struct("Picky", &n),
        }
    }
}

#[test]
fn a_refreshed_value_that_cannot_be_encoded_takes_the_older_one_with_it() {
    static SOURCE: Runs = Runs::new();
    #[memoize(key = "picky")]
    fn picky() -> Picky {
        Picky(SOURCE.get())
    }
    Scripted::new().isolated().run(|| {
        assert_computed!(1, [picky(), picky()]);
        SOURCE.add();
        assert_eq!(memo::refresh(picky), Picky(1));
        assert_eq!(assert_computed!(1, picky()), Picky(1));
    });
}
