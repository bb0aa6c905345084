//! What is stored of what a function returns.

use std::sync::Arc;

use memo::{Event, Unstored, memoize};
use memo_testkit::assert_computed;

use crate::store::{self, Isolated, Why};

type Fallible<T> = Result<T, String>;
type Perhaps = Option<u64>;

#[memoize]
fn load(id: u64) -> Fallible<u64> {
    if id == 0 {
        Err("no zero".into())
    } else {
        Ok(id)
    }
}

#[test]
fn an_error_is_not_stored_even_through_an_alias() {
    let test = Isolated::new();
    test.run(|| {
        assert_eq!(assert_computed!(1, load(0)), Err("no zero".into()));
        assert_eq!(assert_computed!(1, load(0)), Err("no zero".into()));
        assert_eq!(assert_computed!(1, load(1)), Ok(1));
        assert_eq!(assert_computed!(0, load(1)), Ok(1));
        let refused = |event: &Event| {
            matches!(
                event,
                Event::Unstored {
                    reason: Unstored::Error,
                    ..
                }
            )
        };
        assert_eq!(test.recorder().count(refused), 2);
    });
}

/// An error that nobody can clone.
#[derive(Debug, PartialEq)]
struct Unclonable;

#[memoize]
fn load_or_fail(id: u64) -> Result<u64, Unclonable> {
    if id == 0 { Err(Unclonable) } else { Ok(id) }
}

#[test]
fn an_error_need_not_be_clonable() {
    Isolated::new().run(|| {
        assert_eq!(assert_computed!(1, load_or_fail(0)), Err(Unclonable));
        assert_eq!(assert_computed!(1, load_or_fail(0)), Err(Unclonable));
        assert_computed!(1, load_or_fail(1)).expect("one is fine");
        assert_computed!(0, load_or_fail(1)).expect("one is fine");
    });
}

#[memoize]
fn find(id: u64) -> Perhaps {
    (id > 0).then_some(id)
}

#[memoize(cache_none = false)]
fn find_again(id: u64) -> Perhaps {
    (id > 0).then_some(id)
}

#[memoize(cache_none = false)]
fn find_or_fail(id: u64) -> Result<Option<u64>, Unclonable> {
    Ok((id > 0).then_some(id))
}

#[test]
fn none_is_stored_unless_the_attribute_says_otherwise() {
    Isolated::new().run(|| {
        assert_computed!(1, find(0));
        assert_computed!(0, find(0));
        assert_computed!(1, find_again(0));
        assert_computed!(1, find_again(0));
        assert_computed!(1, find_again(1));
        assert_computed!(0, find_again(1));
        assert_computed!(1, find_or_fail(0)).expect("never fails");
        assert_computed!(1, find_or_fail(0)).expect("never fails");
    });
}

#[memoize(cache_if = |words| !words.is_empty())]
fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

#[memoize(cache_if = |n| *n > limit)]
fn above(limit: u64, n: u64) -> Fallible<u64> {
    Ok(n)
}

#[test]
fn cache_if_decides_by_the_value() {
    Isolated::new().run(|| {
        assert_computed!(1, words(" "));
        assert_computed!(1, words(" "));
        assert_computed!(1, words("a b"));
        assert_computed!(0, words("a b"));
        assert_computed!(1, above(5, 5)).expect("never fails");
        assert_computed!(1, above(5, 5)).expect("never fails");
        assert_computed!(1, above(5, 6)).expect("never fails");
        assert_computed!(0, above(5, 6)).expect("never fails");
    });
}

#[memoize]
fn nothing(id: u64) {
    let _ = id;
}

#[memoize]
fn shared(text: &str) -> Arc<str> {
    text.into()
}

#[memoize(local)]
fn thread_id(_name: &str) -> std::thread::ThreadId {
    std::thread::current().id()
}

#[test]
fn unit_arc_and_local_values_are_stored() {
    Isolated::new().run(|| {
        assert_computed!(1, nothing(1));
        assert_computed!(0, nothing(1));
        assert_computed!(1, shared("x"));
        assert_eq!(&*assert_computed!(0, shared("x")), "x");
        let here = thread_id("a");
        assert_eq!(assert_computed!(0, thread_id("a")), here);
    });
}

#[test]
fn a_hit_hands_out_the_same_allocation() {
    store::in_memory(Why::Objects);
    Isolated::new().run(|| assert!(Arc::ptr_eq(&shared("x"), &shared("x"))));
}

#[memoize]
fn control_flow(n: u64) -> Fallible<u64> {
    let parsed: u64 = "12"
        .parse()
        .map_err(|e: std::num::ParseIntError| e.to_string())?;
    if n == 0 {
        return Ok(0);
    }
    let found = 'outer: loop {
        for i in 0.. {
            if i * i > n {
                break 'outer i;
            }
            if i > 100 {
                continue 'outer;
            }
        }
    };
    Ok(found + parsed)
}

#[test]
fn question_marks_returns_and_labels_mean_what_they_meant() {
    Isolated::new().run(|| {
        for _ in 0..2 {
            assert_eq!((control_flow(0), control_flow(10)), (Ok(0), Ok(16)));
        }
    });
}

#[memoize(force_overwrite = fresh, skip(fresh))]
fn versioned(id: u64, fresh: bool) -> u64 {
    static NEXT: crate::Runs = crate::Runs::new();
    let _ = (id, fresh);
    NEXT.add()
}

#[test]
fn force_overwrite_computes_and_stores() {
    Isolated::new().run(|| {
        let old = versioned(1, false);
        assert_eq!(versioned(1, false), old);
        let new = versioned(1, true);
        assert_ne!(new, old);
        assert_eq!(versioned(1, false), new);
    });
}

/// By the road of a hit, which calls within a scope do not take.
#[test]
fn a_forced_call_computes_where_another_would_be_served_at_once() {
    static RUNS: crate::Runs = crate::Runs::new();
    #[memoize(cache = cache.clone(), force_overwrite = fresh, skip(cache, fresh))]
    fn versioned(id: u64, cache: &memo::Cache, fresh: bool) -> u64 {
        id + RUNS.add()
    }
    let test = Isolated::new();
    let call = |fresh| versioned(0, test.cache(), fresh);
    let calls = [false, false, true, false, true].map(call);
    assert_eq!(calls, [1, 1, 2, 2, 3]);
}

#[memoize(cache_none = false, skip(rows))]
fn row(id: u64, rows: &std::cell::Cell<bool>) -> Option<u64> {
    rows.get().then_some(id)
}

#[test]
fn a_refresh_to_a_value_that_is_not_kept_forgets_the_old_one() {
    let rows = std::cell::Cell::new(true);
    Isolated::new().run(|| {
        assert_eq!(row(1, &rows), Some(1));
        rows.set(false);
        assert_eq!(memo::refresh(|| row(1, &rows)), None);
        assert_eq!(row(1, &rows), None);
    });
}

#[memoize(skip(up))]
fn source(id: u64, up: bool) -> Result<u64, String> {
    up.then_some(id).ok_or_else(|| "down".to_owned())
}

#[test]
fn a_refresh_that_fails_keeps_the_old_value() {
    Isolated::new().run(|| {
        assert_eq!(source(1, true), Ok(1));
        memo::refresh(|| source(1, false)).expect_err("the source is down");
        assert_eq!(source(1, false), Ok(1));
    });
}
