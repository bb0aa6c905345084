//! Long lives: what memcached takes for a date is not lost.

use std::time::Duration;

use memo_core::backend::{Backend, Bytes, Group, Item, Lease, Name, Token};
use memo_core::{Expiration, Waits};
use memo_memcached::Memcached;
use memo_testkit::block_on;
use memo_testkit::servers::MemcachedServer;

use crate::common::{BOTH, LIMIT, get, name, set, with_deadline};

const DAY: u64 = 24 * 60 * 60;

#[test]
fn a_value_of_thirty_days_and_of_longer_is_kept() {
    let memcached = Memcached::connect(&MemcachedServer::shared().url()).expect("it is a URL");
    let times = [
        Expiration::seconds(30 * DAY - 1),
        Expiration::seconds(30 * DAY),
        Expiration::seconds(30 * DAY + 1),
        Expiration::seconds(400 * DAY),
        Expiration::from(Duration::MAX),
    ];
    let name = |place: usize| Name::new(format!("long:{place}"), Group(0));
    let items = times.iter().enumerate().map(|(place, &expiration)| Item {
        name: name(place),
        value: Bytes::from("kept"),
        expiration,
    });
    block_on(memcached.set_many(items.collect(), Waits::Blocking)).expect("they are stored");
    for (place, time) in times.iter().enumerate() {
        let got = block_on(memcached.get_many(&[name(place)], Waits::Blocking));
        assert_eq!(got, Ok(vec![Some("kept".into())]), "{time:?}");
    }
}

#[test]
fn what_has_no_time_to_live_is_not_stored_and_replaces_what_was_there() {
    let server = MemcachedServer::shared();
    let memcached = with_deadline(&[server.address().to_string()], LIMIT);
    for waits in BOTH {
        let (there, leased) = (format!("there:{waits:?}"), format!("leased:{waits:?}"));
        let nothing = |text: &str| Item {
            name: name(text),
            value: Bytes::from("B"),
            expiration: Duration::ZERO.into(),
        };
        for _ in 0..2 {
            set(&memcached, &there, "A", waits).expect("it is stored");
            let stored = block_on(memcached.set_many(vec![nothing(&there)], waits));
            assert_eq!(stored, Ok(()));
            assert_eq!(get(&memcached, &there, waits), Ok(None));
            let again = block_on(memcached.set_many(vec![nothing(&there)], waits));
            assert_eq!(again, Ok(()), "there was nothing");
        }
        let hour = Duration::from_secs(3600);
        let lease = |token| block_on(memcached.lease(&name(&leased), token, hour, waits));
        assert_eq!(lease(Token(1)), Ok(Lease::Granted));
        let filled = block_on(memcached.fill(nothing(&leased), Token(1), waits));
        assert_eq!(filled, Ok(true));
        assert_eq!(get(&memcached, &leased, waits), Ok(None));
        assert_eq!(lease(Token(2)), Ok(Lease::Granted));
    }
}

#[test]
fn a_deadline_beyond_all_reckoning_is_a_long_one() {
    let server = MemcachedServer::shared();
    let memcached = with_deadline(&[server.address().to_string()], Duration::MAX);
    for waits in BOTH {
        let text = format!("endless:{waits:?}");
        set(&memcached, &text, "A", waits).expect("it is stored");
        assert_eq!(get(&memcached, &text, waits), Ok(Some("A".into())));
        let lease = block_on(memcached.lease(&name("lease"), Token(1), Duration::MAX, waits));
        assert!(lease.is_ok(), "{lease:?}");
    }
}
