//! `f::entry(args)` and `f::site()`.

use std::time::Duration;

use memo::{Verdict, memoize};
use memo_testkit::assert_computed;

use crate::store::{self, Isolated};
use crate::support::Scripted;

#[memoize(key = "entries:{id}:{lang}", expiration = 60)]
fn greeting(id: u64, lang: &str) -> Result<String, String> {
    if lang == "??" {
        Err("unknown".into())
    } else {
        Ok(format!("{lang}{id}"))
    }
}

#[test]
fn peek_put_and_invalidate_deal_in_what_is_stored() {
    Isolated::new().run(|| {
        let entry = greeting::entry(1, "en");
        assert_eq!(entry.peek(), None);
        assert_eq!(greeting(1, "en"), Ok("en1".into()));
        assert_eq!(entry.peek(), Some("en1".to_owned()));
        entry.put("hello".to_owned());
        assert_eq!(assert_computed!(0, greeting(1, "en")), Ok("hello".into()));
        assert!(entry.invalidate());
        assert!(!entry.invalidate());
        assert_eq!(assert_computed!(1, greeting(1, "en")), Ok("en1".into()));
        assert_eq!(greeting::entry(2, "en").peek(), None);
    });
}

#[test]
fn explain_says_what_the_next_call_would_meet() {
    let test = Isolated::new();
    test.run(|| {
        let entry = greeting::entry(1, "en");
        assert_eq!(entry.explain().verdict, Verdict::Absent);
        let _ = greeting(1, "en");
        test.clock().advance(Duration::from_secs(20));
        let Verdict::Hit { age, fresh_for, .. } = entry.explain().verdict else {
            panic!("{}", entry.explain())
        };
        assert_eq!(
            (age, fresh_for),
            (Duration::from_secs(20), Some(Duration::from_secs(40)))
        );
        test.clock().advance(Duration::from_secs(40));
        let ended = match store::forgets_what_ended() {
            true => Verdict::Absent,
            false => Verdict::Expired {
                since: Duration::ZERO,
            },
        };
        assert_eq!(entry.explain().verdict, ended);
        assert_eq!(
            memo::refresh(|| entry.explain()).verdict,
            Verdict::Refreshing
        );
        assert_eq!(memo::bypass(|| entry.explain()).verdict, Verdict::Bypassed);
        let words = entry.explain().to_string();
        let why = match store::forgets_what_ended() {
            true => "nothing is stored (never computed, invalidated, or refused by the rules)",
            false => "the value expired 0s ago",
        };
        assert_eq!(
            words,
            format!("a miss: {why} (it::entries::greeting, entry `:entries:1:en`)")
        );
    });
}

#[test]
fn a_whole_function_is_invalidated_and_no_other() {
    #[memoize]
    fn other(id: u64) -> u64 {
        id
    }
    Isolated::new().run(|| {
        let _ = (greeting(1, "en"), greeting(2, "en"), other(1));
        assert_eq!(greeting::site().invalidate_all(), 2);
        assert_computed!(0, other(1));
        assert_computed!(2, (greeting(1, "en"), greeting(2, "en")))
            .0
            .expect("en is known");
    });
}

#[test]
fn a_put_is_not_overwritten_by_what_was_being_computed() {
    #[memoize]
    fn overtaken(id: u64) -> String {
        overtaken::entry(id).put("put meanwhile".to_owned());
        "computed".to_owned()
    }
    Isolated::new().run(|| {
        assert_eq!(overtaken(1), "computed");
        assert_eq!(overtaken(1), "put meanwhile");
    });
}

#[test]
fn a_put_of_the_body_outlives_what_the_body_returns_in_a_backend_too() {
    #[memoize(key = "overtaken-far:{id}")]
    fn overtaken(id: u64) -> String {
        overtaken::entry(id).invalidate();
        overtaken::site().invalidate_all();
        overtaken::entry(id).put("put meanwhile".to_owned());
        "computed".to_owned()
    }
    Scripted::new().isolated().run(|| {
        assert_eq!(overtaken(1), "computed");
        assert_eq!(overtaken::entry(1).peek(), Some("put meanwhile".to_owned()));
    });
}

#[test]
fn an_entry_shows_its_function_and_not_its_key() {
    let shown = format!("{:?}", greeting::entry(77, "en"));
    assert!(
        shown.contains("it::entries::greeting") && !shown.contains("77"),
        "{shown}"
    );
}
