//! Caches that share one client.

use std::sync::{Arc, Weak};

use memo::backend::Backend;
use memo::{Cache, Event, Memcached, Observer, Redis};

#[derive(Debug)]
struct Listens;

impl Observer for Listens {
    fn on(&self, _: &Event) {}
}

fn builds_and_drops(backend: impl Backend + Clone) {
    let mut built: Vec<Weak<Listens>> = Vec::new();
    for _ in 0..20_000 {
        let observer = Arc::new(Listens);
        built.push(Arc::downgrade(&observer));
        let builder = Cache::builder().observer(observer);
        drop(builder.backend(backend.clone()).build());
    }
    let alive = built.iter().filter(|one| one.upgrade().is_some());
    assert_eq!(alive.count(), 0, "what a dropped cache told is dropped");
}

#[test]
fn a_cache_that_is_dropped_leaves_nothing_in_the_client_that_others_share() {
    // Nobody listens there, and nobody is asked.
    builds_and_drops(Redis::connect("redis://127.0.0.1:1").expect("a sound URL"));
    let url = "memcached://127.0.0.1:1?max_item_bytes=1048576";
    builds_and_drops(Memcached::connect(url).expect("a sound URL"));
}
