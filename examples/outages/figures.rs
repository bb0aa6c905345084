//! What was measured, as a line of a table.

use crate::trouble::Trouble;
use std::fmt;
use std::time::Duration;

/// The heads of the columns.
pub(crate) const HEADER: &str = "\
| trouble           | 1st call  | 2nd       | 3rd       | 4th       | later, median | later, 99% | used again after |
| ----------------- | --------- | --------- | --------- | --------- | ------------- | ---------- | ---------------- |";

/// Calls where all is well.
pub(crate) struct Healthy {
    hit: Duration,
    miss: Duration,
}

/// Calls in a trouble.
pub(crate) struct Figures {
    trouble: Trouble,
    first: Vec<Duration>,
    median: Duration,
    slow: Duration,
    healed: Duration,
}

impl Healthy {
    pub(crate) fn of(mut hits: Vec<Duration>, mut misses: Vec<Duration>) -> Self {
        Self {
            hit: quantile(&mut hits, 50),
            miss: quantile(&mut misses, 50),
        }
    }
}

impl Figures {
    pub(crate) fn of(
        trouble: Trouble,
        first: Vec<Duration>,
        mut later: Vec<Duration>,
        healed: Duration,
    ) -> Self {
        Self {
            trouble,
            first,
            median: quantile(&mut later, 50),
            slow: quantile(&mut later, 99),
            healed,
        }
    }
}

/// So many in a hundred took no longer.
fn quantile(times: &mut [Duration], percent: usize) -> Duration {
    times.sort_unstable();
    let place = times.len() * percent / 100;
    times.get(place).copied().unwrap_or_default()
}

impl fmt::Display for Healthy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "a hit takes {}, a miss {}",
            time(self.hit),
            time(self.miss)
        )
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "| {:<17} |", self.trouble.name())?;
        for &took in &self.first {
            write!(f, " {:>9} |", time(took))?;
        }
        let (median, slow, healed) = (time(self.median), time(self.slow), time(self.healed));
        write!(f, " {median:>13} | {slow:>10} | {healed:>16} |")
    }
}

/// A time in three digits.
fn time(time: Duration) -> String {
    let nanos = time.as_nanos() as f64;
    let (value, unit) = match nanos {
        ..1e3 => (nanos, "ns"),
        ..1e6 => (nanos / 1e3, "µs"),
        ..1e9 => (nanos / 1e6, "ms"),
        _ => (nanos / 1e9, "s"),
    };
    let digits = match value {
        ..10.0 if unit != "ns" => 2,
        ..100.0 if unit != "ns" => 1,
        _ => 0,
    };
    format!("{value:.digits$} {unit}")
}
