//! Methods, traits, generics and macros yield items as well.

#[path = "../support.rs"]
mod support;

use std::fmt::Display;

use async_trait::async_trait;
use futures::stream::{self, BoxStream, StreamExt};
use memo::memoize_iter;
use serde::{Serialize, de::DeserializeOwned};

use support::{Runs, block_on};

static RUNS: Runs = Runs::new();

struct Table<T> {
    id: u64,
    rows: Vec<T>,
}

impl<T> Table<T>
where
    T: Serialize + DeserializeOwned + Clone + Send + Sync + 'static,
{
    #[memoize_iter(key = "{self.id}:{from}", entry = rows_entry)]
    fn rows(&self, from: usize) -> impl Iterator<Item = T> + Send {
        RUNS.count();
        self.rows[from..].iter().cloned()
    }

    #[memoize_iter(key = "boxed:{self.id}", on_drop = "keep")]
    fn boxed(&self) -> Box<dyn Iterator<Item = T> + Send + '_> {
        RUNS.count();
        Box::new(self.rows.iter().cloned())
    }

    #[memoize_iter(key = "consumed:{self.id}", on_drop = "finish")]
    fn consumed(self) -> impl Iterator<Item = T> {
        RUNS.count();
        self.rows.into_iter()
    }

    #[memoize_iter(key = "logged:{self.id}", skip(log))]
    fn logged(&self, log: &mut Vec<u64>) -> Vec<T> {
        RUNS.count();
        log.push(self.id);
        self.rows.clone()
    }
}

trait Source {
    fn all(&self) -> impl Iterator<Item = u64>;

    #[memoize_iter(skip(self))]
    fn none(&self) -> Vec<u64> {
        RUNS.count();
        Vec::new()
    }
}

impl Source for Vec<u64> {
    #[memoize_iter]
    fn all(&self) -> impl Iterator<Item = u64> {
        RUNS.count();
        self.iter().copied()
    }
}

#[async_trait]
trait Feed {
    async fn rows(&self, n: u64) -> Vec<String>;
    async fn stream(&self, n: u64) -> BoxStream<'_, u64>;
    async fn iterator(&self, n: u64) -> Box<dyn Iterator<Item = u64> + Send>;
}

#[async_trait]
impl Feed for String {
    #[memoize_iter]
    async fn rows(&self, n: u64) -> Vec<String> {
        RUNS.count();
        let rows = std::future::ready(n).await;
        (0..rows).map(|row| format!("{self}{row}")).collect()
    }

    #[memoize_iter]
    async fn stream(&self, n: u64) -> BoxStream<'_, u64> {
        RUNS.count();
        let end = self.len() as u64 + std::future::ready(n).await;
        stream::iter(0..end).boxed()
    }

    #[memoize_iter]
    async fn iterator(&self, n: u64) -> Box<dyn Iterator<Item = u64> + Send> {
        RUNS.count();
        if n == 0 {
            return Box::new(std::iter::empty());
        }
        Box::new(0..self.len() as u64)
    }
}

#[memoize_iter(key = "{n}:{x}:{N}", skip(make))]
fn generic<T, const N: usize>(
    n: u64,
    x: impl Display,
    make: fn(u64) -> T,
) -> impl Iterator<Item = [T; 1]>
where
    T: Serialize + DeserializeOwned + Send + Sync + 'static,
{
    RUNS.count();
    let _ = (N, x);
    (0..n).map(move |n| [make(n)])
}

macro_rules! memoized {
    ($name:ident -> $output:ty $body:block) => {
        #[memoize_iter]
        fn $name(n: u64) -> $output $body
    };
}

memoized!(made -> Vec<u64> { vec![1] });
memoized!(made_boxed -> Box<dyn Iterator<Item = u64>> { Box::new(0..3) });

fn main() {
    block_on(each_body_runs_once());
}

async fn each_body_runs_once() {
    let rows = vec![7, 8];
    let text = String::from("a");
    for _ in 0..2 {
        let table = Table {
            id: 1,
            rows: rows.clone(),
        };
        assert_eq!(table.rows(1).collect::<Vec<_>>(), [8]);
        assert_eq!(table.rows_entry(1).peek(), Some(vec![8]));
        assert_eq!(table.boxed().collect::<Vec<_>>(), rows);
        assert_eq!(table.logged(&mut Vec::new()), rows);
        assert_eq!(table.consumed().collect::<Vec<_>>(), rows);
        assert!(rows.none().is_empty());
        assert_eq!(Source::all(&rows).collect::<Vec<_>>(), rows);
        assert_eq!(text.rows(2).await, ["a0", "a1"]);
        assert_eq!(text.stream(1).await.collect::<Vec<_>>().await, [0, 1]);
        assert_eq!(text.iterator(1).await.collect::<Vec<_>>(), [0]);
        assert_eq!(generic::<u64, 3>(2, 2, |n| n).last(), Some([1]));
        assert_eq!(made(1), [1]);
        assert_eq!(made_boxed(1).count(), 3);
    }
    RUNS.assert(10);
}
