//! Long lives: what memcached takes for a date is not lost.

use std::time::Duration;

use memo_core::backend::{Backend, Bytes, Group, Item, Name};
use memo_core::{Expiration, Waits};
use memo_memcached::Memcached;
use memo_testkit::block_on;
use memo_testkit::servers::MemcachedServer;

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
