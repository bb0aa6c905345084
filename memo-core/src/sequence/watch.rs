//! How long a body runs, without reading the clock for each item.

use std::time::Duration;

use crate::clock::Stopwatch;

/// Measures the first items one by one, and then one of so many, which stands for those around it.
#[derive(Debug, Default)]
pub(super) struct SampledWatch {
    runs: u32,
    total: Duration,
}

/// No power of two, which batches often are.
const ONE_OF: u32 = 31;

impl SampledWatch {
    #[inline]
    pub(super) fn time<R>(&mut self, run: impl FnOnce() -> R) -> R {
        self.runs = self.runs.wrapping_add(1);
        let stands_for = match self.runs {
            ..=ONE_OF => 1,
            run if run.is_multiple_of(ONE_OF) => ONE_OF,
            _ => return run(),
        };
        let watch = Stopwatch::start();
        let output = run();
        self.total += watch.elapsed() * stands_for;
        output
    }

    pub(super) fn total(&self) -> Duration {
        self.total
    }
}
