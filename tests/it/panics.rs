//! What panics around a call: the types of its values and its observer. And what must not: telling of it where nobody can read.

use std::panic::catch_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use memo::{Event, Observer, memoize, memoize_iter, with_cache};
use memo_testkit::assert_computed;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::store::{self, Isolated};
use crate::support::in_time;

/// Its `Deserialize` panics over large numbers. What the first values of a type show is remembered for the type, so each test has its own.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct Small<const TEST: u8>(u32);

impl<'de, const TEST: u8> Deserialize<'de> for Small<TEST> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let n = u32::deserialize(deserializer)?;
        assert!(n < 200, "{n} is large");
        Ok(Self(n))
    }
}

#[test]
fn a_first_value_whose_deserialize_panics_is_returned() {
    #[memoize(key = "small-first:{n}", large_data)]
    fn small(n: u32) -> Small<1> {
        Small(n)
    }
    Isolated::new().run(|| assert_eq!(small(300), Small(300)));
}

#[test]
fn a_later_value_whose_deserialize_panics_is_computed_and_not_found() {
    #[memoize(key = "small-later:{n}", large_data)]
    fn small(n: u32) -> Small<2> {
        Small(n)
    }
    Isolated::new().run(|| {
        assert_eq!(small(1), Small(1));
        assert_eq!([small(300), small(300)], [Small(300), Small(300)]);
        assert_eq!(small::entry(300).peek(), None);
    });
}

/// Its `Serialize` panics over 7.
#[derive(Clone, Debug, PartialEq, Deserialize)]
struct NotSeven(u32);

impl Serialize for NotSeven {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        assert_ne!(self.0, 7, "as planned");
        serializer.serialize_newtype_struct("NotSeven", &self.0)
    }
}

#[test]
fn a_value_whose_serialize_panics_is_returned_and_not_stored() {
    #[memoize(key = "not-seven:{n}", large_data)]
    fn not_seven(n: u32) -> NotSeven {
        NotSeven(n)
    }
    Isolated::new().run(|| {
        assert_computed!(1, [not_seven(1), not_seven(1)]);
        let twice = assert_computed!(2, [not_seven(7), not_seven(7)]);
        assert_eq!(twice, [NotSeven(7), NotSeven(7)]);
        assert_eq!(not_seven::entry(7).peek(), None);
        assert_computed!(0, not_seven(1));
    });
}

/// An observer that panics while it is told to.
#[derive(Debug, Default)]
struct Panicking(AtomicBool);

impl Observer for Panicking {
    fn on(&self, event: &Event) {
        let panics = self.0.load(Ordering::SeqCst);
        assert!(!panics, "as planned, over {:?}", event.function());
    }
}

#[test]
fn the_panic_of_an_observer_reaches_no_caller_and_changes_nothing() {
    #[memoize(key = "observed-by-a-panic:{n}", large_data)]
    fn observed(n: u32) -> u32 {
        n
    }
    let observer = Arc::new(Panicking::default());
    let cache = store::builder().observer(observer.clone()).build();
    let cache = cache.expect("sound");
    in_time(move || {
        with_cache(&cache, || {
            observer.0.store(true, Ordering::SeqCst);
            for round in 0..3 {
                assert_eq!([observed(1), observed(1)], [1, 1]);
                observed::entry(1).put(2);
                assert_eq!(observed(1), 2, "in round {round}");
                assert_eq!(memo::refresh(|| observed(1)), 1);
                assert!(observed::entry(1).invalidate());
            }
            assert_eq!(cache.stats().computed, 6);
            observed::site().invalidate_all();
        });
    });
}

#[test]
fn a_body_that_panics_before_an_observer_that_panics_is_the_one_panic_of_the_call() {
    #[memoize(key = "panics-as-well:{n}")]
    fn panics_as_well(n: u32) -> u32 {
        assert!(n > 1, "the body's own");
        n
    }
    let observer = Arc::new(Panicking::default());
    observer.0.store(true, Ordering::SeqCst);
    let cache = store::builder().observer(observer).build().expect("sound");
    with_cache(&cache, || {
        let panic = catch_unwind(|| panics_as_well(1)).expect_err("the body panics");
        assert_eq!(panic.downcast_ref(), Some(&"the body's own"));
        assert_eq!(panics_as_well(2), 2);
    });
}

#[test]
fn the_panic_of_an_observer_reaches_no_awaiting_caller() {
    #[memoize(key = "observed-asynchronously:{n}")]
    async fn observed_async(n: u32) -> u32 {
        n
    }
    let observer = Arc::new(Panicking::default());
    observer.0.store(true, Ordering::SeqCst);
    let cache = store::builder().observer(observer).build().expect("sound");
    let calls = async {
        assert_eq!(observed_async(1).await + observed_async(1).await, 2);
        assert!(observed_async::entry(1).invalidate().await);
    };
    memo_testkit::block_on(memo::with_cache_async(&cache, calls));
    assert_eq!(cache.stats().computed, 1);
}

#[test]
fn the_panic_of_an_observer_leaves_a_sequence_whole() {
    #[memoize_iter(key = "observed-items:{n}")]
    fn observed_items(n: u32) -> impl Iterator<Item = u32> {
        0..n
    }
    let observer = Arc::new(Panicking::default());
    observer.0.store(true, Ordering::SeqCst);
    let cache = store::builder().observer(observer).build().expect("sound");
    in_time(move || {
        with_cache(&cache, || {
            for _ in 0..2 {
                assert_eq!(observed_items(3).collect::<Vec<_>>(), [0, 1, 2]);
            }
        });
        assert_eq!(cache.stats().computed, 1);
    });
}

/// A filter, a weight, a clone are the function's own: they panic as its body does.
#[test]
fn a_filter_or_a_weight_that_panics_panics_in_the_call_and_leaves_nothing_behind() {
    static PANICS: AtomicBool = AtomicBool::new(true);
    fn may_panic() {
        assert!(!PANICS.load(Ordering::SeqCst), "as planned");
    }
    #[memoize(cache_if = |_| { may_panic(); true })]
    fn filtered(n: u32) -> u32 {
        n
    }
    #[memoize(weigh = |_| { may_panic(); 8 }, near = "1m")]
    fn weighed(n: u32) -> u32 {
        n
    }
    in_time(|| {
        Isolated::new().run(|| {
            PANICS.store(true, Ordering::SeqCst);
            for _ in 0..2 {
                assert!(catch_unwind(|| filtered(1)).is_err());
                assert!(catch_unwind(|| weighed(1)).is_err());
            }
            PANICS.store(false, Ordering::SeqCst);
            assert_eq!([filtered(1), weighed(1)], [1, 1]);
            assert_computed!(0, filtered(1) + weighed(1));
        });
    });
}

/// What the test's own process ends with when the call goes well, so that one which runs no test is not taken for it.
#[cfg(target_os = "linux")]
const WELL: i32 = 77;

#[cfg(target_os = "linux")]
#[test]
fn a_full_standard_error_is_no_panic_of_the_call() {
    #[memoize(key = "told-to-nobody:{n}", large_data)]
    fn told_to_nobody(n: u32) -> serde_json::Value {
        n.into()
    }
    if std::env::var_os("MEMO_STANDARD_ERROR_IS_FULL").is_some() {
        let cache = store::cache();
        let value = with_cache(&cache, || told_to_nobody(1));
        std::process::exit(if value == 1 { WELL } else { 1 });
    }
    let full = std::fs::File::options().write(true).open("/dev/full");
    let this = std::env::current_exe().expect("a test has a file");
    let status = std::process::Command::new(this)
        .args(["panics::a_full_standard_error_is_no_panic_of_the_call"])
        .args(["--exact", "--nocapture", "--test-threads=1"])
        .env("MEMO_STANDARD_ERROR_IS_FULL", "1")
        .stderr(full.expect("Linux has it"))
        .stdout(std::process::Stdio::null())
        .status();
    assert_eq!(status.expect("it starts").code(), Some(WELL));
}
