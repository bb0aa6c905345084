//! Values of the largest size, and larger ones.

use memo_core::backend::{Answer, Backend, Bytes, FaultKind, Group, Item, Name};
use memo_core::{Expiration, Waits};
use memo_memcached::{Memcached, MemcachedConfig};
use memo_testkit::block_on;
use memo_testkit::servers::MemcachedServer;

fn at(server: &MemcachedServer, max_item_bytes: Option<usize>) -> Memcached {
    let config = MemcachedConfig {
        servers: vec![server.address().to_string()],
        max_item_bytes,
        ..MemcachedConfig::default()
    };
    Memcached::new(config).expect("it makes sense")
}

fn name(text: &str) -> Name {
    Name::new(text, Group(0))
}

fn set(memcached: &Memcached, text: &str, length: usize, waits: Waits) -> Answer<()> {
    let item = Item {
        name: name(text),
        value: Bytes::from(vec![b'x'; length]),
        expiration: Expiration::never(),
    };
    block_on(memcached.set_many(vec![item], waits))
}

fn length(memcached: &Memcached, text: &str, waits: Waits) -> Option<usize> {
    let got = block_on(memcached.get_many(&[name(text)], waits));
    let value = got.expect("it answers").pop().flatten();
    value.map(|value| value.len())
}

#[test]
fn the_limit_is_lowered_to_what_the_server_takes() {
    let small = MemcachedServer::with(&["-I", "512k"]);
    assert_eq!(
        at(&small, None).capability().max_value_bytes,
        512 * 1024 - 512
    );
    let large = MemcachedServer::with(&["-I", "8m", "-m", "64"]);
    let usual = (1 << 20) - 512;
    assert_eq!(at(&large, None).capability().max_value_bytes, usual);
    let configured = at(&large, Some(8 << 20)).capability().max_value_bytes;
    assert_eq!(configured, (8 << 20) - 512);
    small.kill();
    assert_eq!(at(&small, None).capability().max_value_bytes, usual);
}

#[test]
fn the_largest_value_is_stored_and_one_that_is_larger_is_a_fault_of_its_own() {
    let server = MemcachedServer::with(&["-I", "512k"]);
    for waits in [Waits::Blocking, Waits::Async] {
        // As one who started while the server was not there.
        let memcached = at(&server, Some(1 << 20));
        let longest_name = "n".repeat(250);
        let most = at(&server, None).capability().max_value_bytes;
        set(&memcached, &longest_name, most, waits).expect("it is stored");
        assert_eq!(length(&memcached, &longest_name, waits), Some(most));

        set(&memcached, "a", 5, waits).expect("it is stored");
        for over in [512 * 1024, 1 << 20, 3 << 20] {
            let fault = set(&memcached, "a", over, waits).expect_err("it is too large");
            assert_eq!(fault.kind(), FaultKind::TooLarge, "{over}");
            let left = length(&memcached, "a", waits);
            assert_eq!(left, None, "no older value in the place of the one refused");
            set(&memcached, "a", 5, waits).expect("the server takes others");
        }
        assert_eq!(memcached.servers()[0].outages, 0);
    }
}

#[test]
fn one_value_too_large_does_not_keep_the_others_from_being_stored() {
    let server = MemcachedServer::start();
    let memcached = at(&server, None);
    for waits in [Waits::Blocking, Waits::Async] {
        let lengths = [10, 2 << 20, 100_000, 0];
        let items = lengths.iter().enumerate().map(|(place, &length)| Item {
            name: name(&place.to_string()),
            value: Bytes::from(vec![b'x'; length]),
            expiration: Expiration::never(),
        });
        let stored = block_on(memcached.set_many(items.collect(), waits));
        let kind = stored.map_err(|fault| fault.kind());
        assert_eq!(kind, Err(FaultKind::TooLarge));
        let left: Vec<_> = (0..4)
            .map(|place: usize| length(&memcached, &place.to_string(), waits))
            .collect();
        assert_eq!(left, [Some(10), None, Some(100_000), Some(0)]);
    }
}

/// What is asked and what is answered may each be more than the sockets hold: nobody may wait for the other for ever.
#[test]
fn many_large_values_go_in_and_out_at_once() {
    const MANY: usize = 400;
    let server = MemcachedServer::with(&["-m", "256"]);
    let mut memcached = at(&server, None);
    memcached.accept(&memo_core::backend::Terms::within(
        std::time::Duration::from_secs(60),
    ));
    let names: Vec<Name> = (0..MANY)
        .map(|place| name(&format!("{place}:{}", "n".repeat(240))))
        .collect();
    for waits in [Waits::Blocking, Waits::Async] {
        let items = names.iter().enumerate().map(|(place, name)| Item {
            name: name.clone(),
            value: Bytes::from(vec![place as u8; 100_000 + place]),
            expiration: Expiration::never(),
        });
        block_on(memcached.set_many(items.collect(), waits)).expect("they are stored");
        let got = block_on(memcached.get_many(&names, waits)).expect("it answers");
        for (place, value) in got.into_iter().enumerate() {
            let value = value.expect("there is room for all");
            assert_eq!(value.len(), 100_000 + place);
            assert!(value.iter().all(|&byte| byte == place as u8));
        }
        assert_eq!(block_on(memcached.delete_many(&names, waits)), Ok(MANY));
    }
}
