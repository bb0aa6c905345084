//! What others have left under our names: far more than anything that is stored here.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::executor::block_on;
use memo::backend::{Availability, FaultKind};
use memo::{Cache, Event, memoize, with_cache, with_cache_async};
use memo_testkit::Recorder;
use memo_testkit::servers::{MemcachedServer, RedisServer};

use super::over;

const BYTES: usize = 64 << 20;

/// Far less than the deadline, and as long as a busy server may take until it begins with so much.
const SOON: Duration = Duration::from_secs(10);

#[memoize(key = "strange:{n}")]
fn number(n: u32) -> u32 {
    n
}

#[memoize(key = "strange-async:{n}")]
async fn number_async(n: u32) -> u32 {
    n
}

/// How a function is called, and what its entries are called in a store.
struct Function {
    call: fn(&Cache, u32) -> u32,
    name: fn(&Cache, u32) -> String,
}

const FUNCTIONS: [Function; 2] = [
    Function {
        call: |cache, n| with_cache(cache, || number(n)),
        name: |cache, n| with_cache(cache, || number::entry(n).explain().key),
    },
    Function {
        call: |cache, n| block_on(with_cache_async(cache, number_async(n))),
        name: |cache, n| {
            let explanation = async { number_async::entry(n).explain().await };
            block_on(with_cache_async(cache, explanation)).key
        },
    },
];

#[test]
fn a_strangers_value_that_is_far_too_long_in_redis_costs_its_own_name_a_computation() {
    let server = RedisServer::start();
    costs_its_own_name_a_computation(&server.url(), |name| {
        let said = server.ask(&["SETRANGE", name, &(BYTES - 1).to_string(), "x"]);
        assert_eq!(said.trim(), BYTES.to_string());
    });
}

#[test]
fn a_strangers_value_that_is_far_too_long_in_memcached_costs_its_own_name_a_computation() {
    let server = MemcachedServer::with(&["-I", "128m", "-m", "512"]);
    costs_its_own_name_a_computation(&server.url(), |name| {
        let value = "x".repeat(BYTES);
        let words = format!("set {name} 0 0 {BYTES}\r\n{value}\r\nquit\r\n");
        assert_eq!(said_to(server.address(), &words).trim(), "STORED");
    });
}

/// The connection over which it was announced is given up, and nobody misses it.
fn costs_its_own_name_a_computation(url: &str, plant: impl Fn(&str)) {
    for function in FUNCTIONS {
        let recorder = Recorder::new();
        let cache = over(url).observer(Arc::new(recorder.clone())).build();
        let cache = cache.expect("sound");
        let call = |n| (function.call)(&cache, n);
        assert_eq!((call(1), call(2)), (1, 2));
        plant(&(function.name)(&cache, 1));

        let began = Instant::now();
        assert_eq!(call(1), 1);
        for n in [2, 2, 1, 1] {
            assert_eq!(call(n), n);
        }
        let took = began.elapsed();
        eprintln!("{url}: {took:?}");
        assert!(took < SOON, "{url}: {took:?}");
        let events = recorder.events();
        assert_eq!(cache.stats().computed, 3, "{url}: {events:?}");
        let refused = |event: &Event| matches!(event, Event::Faulty { fault, .. } if fault.kind() == FaultKind::TooLarge);
        assert_eq!(recorder.count(refused), 1, "{url}: {events:?}");
        let servers = cache.servers();
        let is_well = |server: &memo::backend::ServerStats| {
            server.availability == Availability::Up && server.outages == 0
        };
        assert!(servers.iter().all(is_well), "{servers:?}");
    }
}

/// Waits until the server has hung up; returns what it said.
fn said_to(server: SocketAddr, words: &str) -> String {
    let mut connection = TcpStream::connect(server).expect("it listens");
    let asked = connection.write_all(words.as_bytes());
    let mut heard = String::new();
    let done = asked.and_then(|()| connection.read_to_string(&mut heard));
    done.expect("it answers and hangs up");
    heard
}
