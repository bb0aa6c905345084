//! The table and the `RATIO` lines.

use std::time::Duration;

/// Median times per call, memo's first.
pub(crate) type Medians = Vec<(&'static str, Duration)>;

/// What was found, road by road.
pub(crate) struct Report {
    wanted: String,
    found: Vec<(String, Medians)>,
}

const COLUMNS: [&str; 3] = ["memo", "raw", "cached"];

impl Report {
    /// Of the roads that have this in their names, or of all.
    pub(crate) fn of(wanted: Option<String>) -> Self {
        Self {
            wanted: wanted.unwrap_or_default(),
            found: Vec::new(),
        }
    }

    pub(crate) fn wants(&self, road: &str) -> bool {
        road.contains(&self.wanted)
    }

    pub(crate) fn add(&mut self, road: String, medians: Medians) {
        self.found.push((road, medians));
    }

    pub(crate) fn print(&self) {
        let [memo, raw, cached] = COLUMNS;
        println!("{:<28}{memo:>10}{raw:>10}{cached:>10}", "µs per call");
        for (road, medians) in &self.found {
            let cells = COLUMNS.map(|name| match of(medians, name) {
                Some(time) => format!("{:>10.2}", time.as_secs_f64() * 1e6),
                None => format!("{:>10}", "–"),
            });
            println!("{road:<28}{}", cells.concat());
        }
        println!();
        for (road, medians) in &self.found {
            ratios(road, medians);
        }
    }
}

/// The medians of what was measured.
pub(crate) fn medians(times: impl Iterator<Item = (&'static str, Vec<Duration>)>) -> Medians {
    let median = |(name, mut times): (_, Vec<Duration>)| {
        times.sort();
        (
            name,
            times.get(times.len() / 2).copied().unwrap_or_default(),
        )
    };
    times.map(median).collect()
}

fn ratios(road: &str, medians: &Medians) {
    let Some(memo) = of(medians, "memo") else {
        return;
    };
    for (rival, time) in medians.iter().filter(|(name, _)| *name != "memo") {
        let ratio = memo.as_secs_f64() / time.as_secs_f64();
        println!("RATIO remote/{road} memo/{rival} {ratio:.2}");
    }
}

fn of(medians: &Medians, name: &str) -> Option<Duration> {
    let mut found = medians.iter().filter(|(other, _)| *other == name);
    found.next().map(|(_, time)| *time)
}
