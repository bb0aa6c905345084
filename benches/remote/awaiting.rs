//! Callers who await: one task, or many.

use std::hint::black_box;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use crate::record::Record;
use crate::report::{Medians, medians};

/// One who fetches values. Cloning shares what it has.
pub(crate) trait Client: Clone + Send + Sync + 'static {
    fn get(&self, number: usize) -> impl Future<Output = Record> + Send;
}

/// Rounds in which clients take turns.
pub(crate) struct Rounds {
    in_flight: usize,
    calls: usize,
    times: Vec<(&'static str, Vec<Duration>)>,
}

impl Rounds {
    pub(crate) fn new(in_flight: usize, calls: usize) -> Self {
        Self {
            in_flight,
            calls,
            times: Vec::new(),
        }
    }

    /// A turn of the client of this name. Its first one warms up.
    pub(crate) async fn take(&mut self, name: &'static str, client: &impl Client) {
        let took = self.turn(client).await;
        match self.times.iter_mut().find(|(other, _)| *other == name) {
            Some((_, times)) => times.push(took),
            None => self.times.push((name, Vec::new())),
        }
    }

    pub(crate) fn medians(self) -> Medians {
        medians(self.times.into_iter())
    }

    async fn turn(&self, client: &impl Client) -> Duration {
        let each = self.calls.div_ceil(self.in_flight);
        let mut tasks = JoinSet::new();
        let start = Instant::now();
        for number in 0..self.in_flight {
            let client = client.clone();
            tasks.spawn(async move {
                for _ in 0..each {
                    let record = client.get(number).await;
                    assert_eq!(record.number, number);
                    black_box(record);
                }
            });
        }
        tasks.join_all().await;
        start.elapsed() / u32::try_from(each * self.in_flight).unwrap_or(u32::MAX)
    }
}
