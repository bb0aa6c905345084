//! What the program prints.

use crate::options::Options;
use crate::run::{Run, Seen};
use std::time::Duration;

/// The longest line of a match that is shown, in characters.
const WIDTH: usize = 70;

/// How many matches there are, and the first of them.
pub(crate) fn matches(options: &Options, seen: &Seen) {
    println!(
        "{} lines with `{}` in the text files of {}.",
        number(seen.matches),
        options.pattern,
        options.directory.display()
    );
    for found in &seen.beginning {
        println!("  {}:{}: {}", found.path, found.number, cut(&found.line));
    }
    if seen.matches > seen.beginning.len() {
        println!("  ...");
    }
}

/// One line for each run.
pub(crate) fn runs(title: &str, runs: &[Run]) {
    println!(
        "\n{title:<20}{:>10}{:>8}{:>13}{:>13}{:>13}{:>14}",
        "matches", "opened", "first match", "to the end", "peak memory", "in the cache"
    );
    for run in runs {
        println!(
            "{:<20}{:>10}{:>8}{:>13}{:>13}{:>13}{:>14}",
            run.name,
            number(run.seen.matches),
            number(run.files),
            run.first.map(time).unwrap_or_default(),
            time(run.all),
            size(run.peak),
            size(run.cached as u64)
        );
    }
}

fn cut(line: &str) -> String {
    let mut cut: String = line.chars().take(WIDTH).collect();
    if cut.len() < line.len() {
        cut.push('…');
    }
    cut
}

/// `1234567` as `1,234,567`.
pub(crate) fn number(n: usize) -> String {
    let digits = n.to_string();
    let groups = digits.as_bytes().rchunks(3).rev();
    groups
        .map(|group| String::from_utf8_lossy(group))
        .collect::<Vec<_>>()
        .join(",")
}

fn time(time: Duration) -> String {
    match time.as_micros() {
        0..1_000 => format!("{:.1} µs", time.as_secs_f64() * 1e6),
        1_000..1_000_000 => format!("{:.1} ms", time.as_secs_f64() * 1e3),
        _ => format!("{:.2} s", time.as_secs_f64()),
    }
}

fn size(bytes: u64) -> String {
    match bytes {
        0..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        _ => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}
