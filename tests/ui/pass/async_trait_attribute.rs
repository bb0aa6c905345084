//! An `async fn` under `#[async_trait]` is memoized by what it resolves to, and its future stays `Send`.

#[path = "../support.rs"]
mod support;

use async_trait::async_trait;

use memo::memoize;

use support::{Runs, block_on};

static RUNS: Runs = Runs::new();

#[async_trait]
trait Source: Send + Sync {
    async fn get(&self, id: u64, lang: &str) -> Option<String>;
}

struct Disk {
    offset: u64,
}

#[async_trait]
impl Source for Disk {
    #[memoize(key = "{self.offset}:{id}:{lang}")]
    async fn get(&self, mut id: u64, lang: &str) -> Option<String> {
        RUNS.count();
        id += std::future::ready(self.offset).await;
        Some(format!("{lang}{}", id.checked_sub(1)?))
    }
}

fn is_send<T: Send>(value: T) -> T {
    value
}

fn main() {
    let disk: Box<dyn Source> = Box::new(Disk { offset: 1 });
    assert_eq!(block_on(is_send(disk.get(1, "en"))).as_deref(), Some("en1"));
    assert_eq!(block_on(disk.get(1, "en")).as_deref(), Some("en1"));
    RUNS.assert(1);
    assert_eq!(block_on(disk.get(1, "de")).as_deref(), Some("de1"));
    RUNS.assert(1);
}
