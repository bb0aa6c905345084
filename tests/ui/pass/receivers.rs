//! A method may be called on whatever holds its type.

#[path = "../support.rs"]
mod support;

use std::pin::Pin;
use std::sync::Arc;

use memo::memoize;

use support::{Runs, block_on};

static RUNS: Runs = Runs::new();

#[derive(Clone, serde::Serialize)]
struct Shop {
    id: u64,
}

impl Shop {
    #[memoize(entry = arc_entry)]
    fn arc(self: Arc<Self>, n: u64) -> u64 {
        RUNS.count();
        self.id + n
    }

    #[memoize(key = "{self.id}:{n}", entry = arc_async_entry)]
    async fn arc_async(self: Arc<Self>, n: u64) -> u64 {
        RUNS.count();
        self.id + std::future::ready(n).await
    }

    #[memoize(entry = borrowed_arc_entry)]
    async fn borrowed_arc(self: &Arc<Self>, n: u64) -> u64 {
        RUNS.count();
        self.id + std::future::ready(n).await
    }

    #[memoize(entry = boxed_entry)]
    fn boxed(self: Box<Self>) -> u64 {
        RUNS.count();
        self.id
    }

    #[memoize(key = "{self.id}", entry = pinned_entry)]
    fn pinned(self: Pin<&Self>) -> u64 {
        RUNS.count();
        self.id
    }

    #[memoize(entry = taken_entry)]
    fn taken(mut self, n: u64) -> u64 {
        RUNS.count();
        self.id += n;
        self.id
    }
}

fn main() {
    let shop = Arc::new(Shop { id: 1 });
    assert_eq!([shop.clone().arc(2), shop.clone().arc(2)], [3, 3]);
    assert_eq!(shop.clone().arc_entry(2).peek(), Some(3));
    assert_eq!([(); 2].map(|()| block_on(shop.clone().arc_async(2))), [3, 3]);
    assert_eq!([(); 2].map(|()| block_on(shop.borrowed_arc(2))), [3, 3]);
    assert_eq!([(); 2].map(|()| Box::new(Shop { id: 1 }).boxed()), [1, 1]);
    assert_eq!([(); 2].map(|()| Pin::new(&*shop).pinned()), [1, 1]);
    assert_eq!([(); 2].map(|()| Shop { id: 1 }.taken(2)), [3, 3]);
    RUNS.assert(6);
}
