//! Which calls share a value, and which never do.

use std::borrow::Cow;
use std::collections::HashMap;

use memo::memoize;
use memo_testkit::assert_computed;

use crate::store::{self, Isolated};
use crate::support::Nested;

mod a {
    #[memo::memoize]
    pub(crate) fn get(id: u64) -> String {
        format!("a{id}")
    }
}

mod b {
    #[memo::memoize]
    pub(crate) fn get(id: u64) -> String {
        format!("b{id}")
    }
}

#[test]
fn two_functions_of_one_name_never_meet() {
    Isolated::new().run(|| {
        assert_eq!((a::get(1), b::get(1)), ("a1".into(), "b1".into()));
        assert_eq!((a::get(1), b::get(1)), ("a1".into(), "b1".into()));
        assert_ne!(a::get::entry(1).key(), b::get::entry(1).key());
    });
}

#[test]
fn the_default_name_is_crate_module_and_function() {
    Isolated::new().run(|| assert_eq!(a::get::entry(1).key(), ":it::keys::a::get:~1u64"));
}

#[memoize]
fn joined(left: &str, right: &str) -> String {
    format!("{left}|{right}")
}

#[test]
fn parts_are_framed() {
    Isolated::new().run(|| {
        assert_eq!(joined("a:b", "c"), "a:b|c");
        assert_eq!(joined("a", "b:c"), "a|b:c");
        assert_eq!(joined("", "a:b:c"), "|a:b:c");
        assert_eq!(joined("a:b", "c"), "a:b|c");
    });
}

#[memoize(key = "user:{org}:{id}")]
fn user(org: &str, id: u64) -> String {
    format!("{org}/{id}")
}

#[test]
fn a_template_is_readable_and_escaped() {
    let test = Isolated::with(|builder| builder.namespace("shop")).expect("a namespace is sound");
    test.run(|| {
        assert_eq!(user("acme", 42), "acme/42");
        assert_eq!(user::entry("acme", 42).key(), "shop:user:acme:42");
        assert_ne!(
            user::entry("acme:42", 1).key(),
            user::entry("acme", 421).key()
        );
        assert_eq!(user::entry("a:b", 1).key(), "shop:user:a%3Ab:1");
    });
}

#[memoize(name = "user-by-name", key = "{org}:{id}")]
fn user_by_name(org: &str, id: u64) -> String {
    format!("{org}/{id}")
}

#[memoize(name = "user-by-name", key = "{org}:{id}")]
fn same_user_elsewhere(org: &str, id: u64) -> String {
    format!("never computed for {org}/{id}")
}

#[memoize(name = "user-by-name", key = "{org}:{id}")]
fn user_size(org: &str, id: u64) -> usize {
    org.len() + id as usize
}

#[test]
fn functions_with_one_name_share_entries_and_types_stay_apart() {
    Isolated::new().run(|| {
        assert_eq!(assert_computed!(1, user_by_name("acme", 1)), "acme/1");
        assert_eq!(
            assert_computed!(0, same_user_elsewhere("acme", 1)),
            "acme/1"
        );
        assert_eq!(assert_computed!(1, user_size("acme", 1)), 5);
        // A name in a server has one value: the later one.
        let runs = u64::from(store::is_outside());
        assert_eq!(assert_computed!(runs, user_by_name("acme", 1)), "acme/1");
    });
}

#[derive(serde::Serialize)]
struct Query {
    name: String,
    trace_id: u64,
}

#[memoize(key = "q:{q.name}:{limit:?}", skip(verbose))]
fn query(q: &Query, limit: Option<u8>, verbose: bool) -> String {
    format!("{} {limit:?} {verbose}", q.name)
}

#[memoize(key = [q.name, limit])]
fn query_by_list(q: &Query, limit: Option<u8>) -> String {
    format!("{} {limit:?} {}", q.name, q.trace_id)
}

#[test]
fn holes_take_fields_and_debug_and_leave_the_rest_out() {
    Isolated::new().run(|| {
        let (first, second) = (
            Query {
                name: "x".into(),
                trace_id: 1,
            },
            Query {
                name: "x".into(),
                trace_id: 2,
            },
        );
        assert_computed!(1, query(&first, Some(3), false));
        assert_computed!(0, query(&second, Some(3), true));
        assert_computed!(1, query(&second, None, true));
        assert_computed!(1, query_by_list(&first, Some(3)));
        assert_computed!(0, query_by_list(&second, Some(3)));
    });
}

#[memoize]
fn everything_borrowed(
    text: &str,
    bytes: &[u8],
    maybe: Option<&str>,
    cow: Cow<'_, str>,
    list: Vec<&str>,
    ratio: f64,
    map: HashMap<&str, u8>,
) -> usize {
    text.len()
        + bytes.len()
        + maybe.map_or(0, str::len)
        + cow.len()
        + list.len()
        + ratio as usize
        + map.len()
}

#[test]
fn borrowed_arguments_floats_and_maps_are_parts() {
    let call = |ratio: f64| {
        let map: HashMap<&str, u8> = ["a", "b", "c", "d", "e"].into_iter().zip(0..).collect();
        everything_borrowed(
            "t",
            b"bb",
            Some("m"),
            Cow::Borrowed("cow"),
            vec!["x"],
            ratio,
            map,
        )
    };
    Isolated::new().run(|| {
        assert_eq!(assert_computed!(1, call(2.0)), 15);
        // Every map has its own order of iteration; the key has one.
        assert_computed!(0, assert!((0..20).all(|_| call(2.0) == 15)));
        assert_computed!(1, call(2.5));
        assert_computed!(1, call(f64::NAN));
        assert_computed!(0, call(f64::NAN));
    });
}

#[memoize]
fn shown<T: std::fmt::Debug + serde::Serialize>(value: T) -> String {
    format!("{}:{value:?}", std::any::type_name::<T>())
}

#[memoize]
fn default_of<T: Default + std::fmt::Debug>() -> String {
    format!("{:?}", T::default())
}

#[memoize]
fn repeated<const N: usize>(byte: u8) -> Vec<u8> {
    vec![byte; N]
}

#[test]
fn a_generic_function_has_a_name_space_for_each_instantiation() {
    Isolated::new().run(|| {
        assert_eq!(shown(1_i32), "i32:1");
        assert_eq!(shown(1_u64), "u64:1");
        assert_eq!(shown(1_i32), "i32:1");
        assert_eq!(
            (default_of::<u8>(), default_of::<String>()),
            ("0".into(), "\"\"".into())
        );
        assert_eq!(
            (default_of::<u8>(), default_of::<String>()),
            ("0".into(), "\"\"".into())
        );
        assert_eq!((repeated::<2>(7).len(), repeated::<3>(7).len()), (2, 3));
    });
}

#[test]
fn types_that_only_look_alike_are_told_apart() {
    fn first() -> String {
        #[derive(Debug, Default)]
        struct Local;
        default_of::<Local>() + "1"
    }
    fn second() -> String {
        #[derive(Default)]
        struct Local;
        impl std::fmt::Debug for Local {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("another")
            }
        }
        default_of::<Local>() + "2"
    }
    Isolated::new().run(|| assert_eq!((first(), second()), ("Local1".into(), "another2".into())));
}

#[test]
fn a_name_goes_before_a_template() {
    #[memoize(key = "user:{id}", name = "users")]
    fn named(id: u64) -> u64 {
        id
    }
    assert_eq!(named::entry(42).key(), ":users:42");
    assert_eq!(named(1), 1);
}

#[memoize(name = "shared-name")]
fn named(id: u64) -> u64 {
    id
}

#[memoize(name = "shared-name", version = 2)]
fn named_next(id: u64) -> u64 {
    id + 1
}

#[test]
fn a_name_pins_the_key_and_a_version_changes_it() {
    Isolated::new().run(|| {
        assert_eq!(named::entry(5).key(), ":shared-name:~5u64");
        assert_ne!(named_next::entry(5).key(), named::entry(5).key());
        assert_eq!((named(5), named_next(5)), (5, 6));
    });
}

struct Unserialisable;

impl serde::Serialize for Unserialisable {
    fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(serde::ser::Error::custom("no"))
    }
}

#[memoize]
fn takes(value: &Unserialisable) -> u8 {
    let Unserialisable = value;
    1
}

#[test]
fn a_key_that_cannot_be_made_means_no_cache_and_an_event() {
    let test = Isolated::new();
    test.run(|| {
        assert_eq!((takes(&Unserialisable), takes(&Unserialisable)), (1, 1));
        let failed = |event: &memo::Event| matches!(event, memo::Event::KeyFailed { .. });
        assert_eq!(test.recorder().count(failed), 2);
        assert_eq!(test.cache().stats().entries, 0);
    });
}

#[memoize]
fn depth(value: Nested) -> u32 {
    value.0
}

#[test]
fn arguments_that_are_nested_too_deep_for_a_key_mean_no_cache_and_an_event() {
    let test = Isolated::new();
    test.run(|| {
        for _ in 0..2 {
            assert_eq!(depth(Nested::ENDLESSLY), Nested::ENDLESSLY.0);
            assert_eq!(depth(Nested(1000)), 1000);
        }
        let failed = |event: &memo::Event| matches!(event, memo::Event::KeyFailed { .. });
        assert_eq!(test.recorder().count(failed), 2);
        assert_eq!(test.cache().stats().computed, 1);
    });
}

#[memoize]
fn long_key(text: &str) -> usize {
    text.len()
}

#[test]
fn a_long_key_ends_in_a_digest_and_stays_its_own() {
    Isolated::new().run(|| {
        let (a, b) = ("ä".repeat(500), "ä".repeat(500) + "x");
        let names = [long_key::entry(&a).key(), long_key::entry(&b).key()];
        assert!(names.iter().all(|name| name.len() <= 200), "{names:?}");
        assert_ne!(names[0], names[1]);
        assert_eq!((long_key(&a), long_key(&b)), (1000, 1001));
    });
}

#[memoize]
fn patterned((a, b): (u32, u32), [x, ..]: [u8; 3], mut total: u64, _: &dyn std::fmt::Debug) -> u64 {
    total += u64::from(a + b) + u64::from(x);
    total
}

#[test]
fn patterns_are_the_names_they_bind() {
    Isolated::new().run(|| {
        assert_eq!(
            assert_computed!(1, patterned((1, 2), [3, 0, 0], 10, &"x")),
            16
        );
        // What the pattern leaves out the body cannot see.
        assert_eq!(
            assert_computed!(0, patterned((1, 2), [3, 9, 9], 10, &"y")),
            16
        );
        assert_eq!(
            assert_computed!(1, patterned((2, 1), [3, 0, 0], 10, &"x")),
            16
        );
    });
}

#[allow(dead_code)]
const MAX: u32 = 7;

#[memoize]
fn max(a: u32, b: u32) -> u32 {
    a.max(b)
}

#[test]
fn nothing_leaks_into_the_module() {
    Isolated::new().run(|| assert_eq!(max(1, MAX), 7));
}

macro_rules! operations {
    ($($operator:tt)*) => {
        [$({
            #[memoize]
            fn apply(a: u64, b: u64) -> u64 {
                a $operator b
            }
            apply as fn(u64, u64) -> u64
        }),*]
    };
}

#[test]
fn two_functions_of_one_macro_and_one_name_do_not_share() {
    Isolated::new().run(|| {
        let [add, multiply] = operations!(+ *);
        assert_eq!((add(3, 4), multiply(3, 4)), (7, 12));
    });
}

#[test]
fn a_faulty_key_is_nobody_s_entry() {
    Isolated::new().run(|| {
        takes::entry(&Unserialisable).put(9);
        assert_eq!(takes::entry(&Unserialisable).peek(), None);
        assert!(!takes::entry(&Unserialisable).invalidate());
    });
}

mod s {
    #[memo::memoize]
    pub(crate) fn s(id: u64) -> u64 {
        id
    }
}

#[test]
fn a_short_name_is_found_in_its_path() {
    Isolated::new().run(|| s::s(1));
    assert_eq!(s::s::site().name(), "it::keys::s::s");
}
