//! How long values live.

use std::time::Duration;

use memo::{Event, Miss, memoize};
use memo_testkit::assert_computed;

use crate::store::{self, Isolated, Why};

#[memoize(expiration = 300)]
fn for_seconds(id: u64) -> u64 {
    id
}

#[memoize(expiration = "1h30m")]
fn for_text(id: u64) -> u64 {
    id
}

#[memoize(expiration = Duration::from_millis(1500))]
fn for_expression(id: u64) -> u64 {
    id
}

#[memoize(expiration = Duration::from_secs(id))]
fn for_argument(id: u64) -> u64 {
    id
}

#[memoize(expiration = "never")]
fn for_ever(id: u64) -> u64 {
    id
}

#[memoize]
fn by_default(id: u64) -> u64 {
    id
}

#[test]
fn a_value_is_served_until_its_expiration_and_not_then() {
    let seconds = |seconds| Duration::from_secs(seconds);
    type Function = fn(u64) -> u64;
    let table: [(Function, Duration); 5] = [
        (|id| for_seconds(id), seconds(300)),
        (|id| for_text(id), seconds(5400)),
        (|id| for_expression(id), Duration::from_millis(1500)),
        (|id| for_argument(id), seconds(7)),
        (|id| by_default(id), seconds(30 * 24 * 3600)),
    ];
    for (call, lifetime) in table {
        let test = Isolated::new();
        test.run(|| {
            assert_computed!(1, call(7));
            test.clock().advance(lifetime - Duration::from_millis(1));
            assert_computed!(0, call(7));
            test.clock().advance(Duration::from_millis(1));
            assert_computed!(1, call(7));
            let (ended, misses) = match store::forgets_what_ended() {
                true => (Miss::Absent, 2),
                false => (Miss::Expired, 1),
            };
            let expired = |event: &Event| {
                matches!(
                    event,
                    Event::Miss { reason, .. } if *reason == ended
                )
            };
            assert_eq!(test.recorder().count(expired), misses);
        });
    }
}

#[test]
fn never_is_for_ever() {
    let test = Isolated::new();
    test.run(|| {
        assert_computed!(1, for_ever(1));
        test.clock().advance(Duration::from_secs(1 << 40));
        assert_computed!(0, for_ever(1));
    });
}

#[memoize(expiration = 100, jitter = 0.2)]
fn jittered(id: u64) -> u64 {
    id
}

#[test]
fn jitter_spreads_expiry_and_never_delays_it() {
    let test = Isolated::new();
    test.run(|| {
        for id in 0..100 {
            jittered(id);
        }
        let alive = || {
            (0..100)
                .filter(|id| jittered::entry(*id).peek().is_some())
                .count()
        };
        test.clock().advance(Duration::from_secs(80));
        assert!(alive() > 95, "nothing dies before 80 % of its time");
        test.clock().advance(Duration::from_secs(10));
        assert!(
            (25..75).contains(&alive()),
            "{} of 100 are alive half way",
            alive()
        );
        test.clock().advance(Duration::from_secs(10));
        assert_eq!(alive(), 0);
    });
}

#[test]
fn the_expired_are_reclaimed_while_others_are_stored() {
    store::in_memory(Why::Reclaims);
    let test = Isolated::new();
    test.run(|| {
        for id in 0..1000 {
            for_seconds(id);
        }
        assert_eq!(test.cache().stats().entries, 1000);
        test.clock().advance(Duration::from_secs(301));
        for id in 0..1000 {
            for_ever(id);
        }
        assert_eq!(
            test.cache().stats().entries,
            1000,
            "a thousand expired are gone, a thousand others are there"
        );
        assert_eq!(test.cache().stats().expirations, 1000);
    });
}

#[test]
fn on_the_system_clock_the_expired_are_reclaimed_though_nobody_calls() {
    store::in_memory(Why::Reclaims);
    let cache = memo::Cache::builder().build().expect("sound");
    let brief = memo::Policy::named("expiry-brief").expiration(Duration::from_millis(5));
    cache.get_or_compute(&1, &brief, || vec![0_u8; 1000]);
    let patience = std::time::Instant::now();
    while cache.stats().entries > 0 {
        assert!(
            patience.elapsed() < Duration::from_secs(60),
            "nobody came to reclaim"
        );
        std::thread::yield_now();
    }
}
