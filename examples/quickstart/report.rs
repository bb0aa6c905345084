//! What the program prints.

use crate::questions::{Answers, Count};
use std::time::Duration;

/// What happened while all the questions were asked once.
pub(crate) struct Round {
    name: &'static str,
    calls: u64,
    hits: u64,
    computed: u64,
    took: Duration,
}

/// What all memoized functions have done so far.
pub(crate) struct Totals {
    calls: u64,
    hits: u64,
    computed: u64,
}

/// Adds up the registry.
pub(crate) fn totals() -> Totals {
    let mut totals = Totals {
        calls: 0,
        hits: 0,
        computed: 0,
    };
    for stats in memo::functions().iter().map(|site| site.stats()) {
        totals.calls += stats.calls;
        totals.hits += stats.hits;
        totals.computed += stats.computed;
    }
    totals
}

impl Round {
    /// The difference to what was before.
    pub(crate) fn since(name: &'static str, before: &Totals, took: Duration) -> Self {
        let now = totals();
        Self {
            name,
            calls: now.calls - before.calls,
            hits: now.hits - before.hits,
            computed: now.computed - before.computed,
            took,
        }
    }
}

/// The answers, as sentences.
pub(crate) fn answers(answers: &Answers) {
    println!(
        "\n{} functions in {} lines.",
        number(answers.size.functions),
        number(answers.size.lines)
    );
    if let Some(longest) = &answers.longest {
        println!(
            "The longest is `{}` in {}: {} lines.",
            longest.name, longest.package, longest.lines
        );
    }
    println!("Most functions per file: {}.", list(&answers.fullest));
    println!("The commonest words: {}.", list(&answers.words));
    println!("Called from the most places: {}.", list(&answers.callees));
    println!("And we looked up: {}.", list(&answers.fan_in));
}

/// One line for each time that all the questions were asked.
pub(crate) fn rounds(rounds: &[Round]) {
    println!(
        "\n{:<18}{:>10}{:>10}{:>10}{:>12}",
        "asked with", "calls", "hits", "computed", "time"
    );
    for round in rounds {
        let [calls, hits, computed] = [round.calls, round.hits, round.computed].map(number);
        println!(
            "{:<18}{calls:>10}{hits:>10}{computed:>10}{:>12}",
            round.name,
            time(round.took)
        );
    }
}

/// One line for each memoized function.
pub(crate) fn functions() {
    println!(
        "\n{:<18}{:>10}{:>10}{:>10}{:>12}{:>12}",
        "function", "calls", "hits", "computed", "in the body", "saved"
    );
    let mut sites = memo::functions();
    sites.sort_by_key(|site| std::cmp::Reverse(site.stats().saved));
    for site in sites {
        let stats = site.stats();
        let [calls, hits, computed] = [stats.calls, stats.hits, stats.computed].map(number);
        let (spent, saved) = (time(stats.compute_time), time(stats.saved));
        println!(
            "{:<18}{calls:>10}{hits:>10}{computed:>10}{spent:>12}{saved:>12}",
            short(site.name())
        );
    }
}

/// What the cache holds.
pub(crate) fn cache() {
    let stats = memo::cache().stats();
    let (held, budget) = (
        megabytes(stats.bytes as u64),
        megabytes(stats.budget as u64),
    );
    println!(
        "\nThe cache holds {} entries, {held} of {budget}.",
        number(stats.entries as u64)
    );
    println!(
        "{} were evicted to make room.",
        number(stats.evictions as u64)
    );
}

/// The function's own name, without its path.
fn short(name: &str) -> &str {
    name.rsplit("::").next().unwrap_or(name)
}

fn list(counts: &[Count]) -> String {
    let one = |(name, count): &Count| format!("{name} ({})", number(*count));
    counts.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// `1234567` as `1,234,567`.
fn number(n: u64) -> String {
    let digits = n.to_string();
    let groups = digits.as_bytes().rchunks(3).rev();
    groups
        .map(|group| String::from_utf8_lossy(group))
        .collect::<Vec<_>>()
        .join(",")
}

fn time(time: Duration) -> String {
    match time.as_micros() {
        0..1_000 => format!("{} µs", time.as_micros()),
        1_000..1_000_000 => format!("{:.1} ms", time.as_secs_f64() * 1e3),
        _ => format!("{:.2} s", time.as_secs_f64()),
    }
}

fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}
