//! The table of nanoseconds and the `RATIO` lines.
//!
//! All contestants of a case take turns in short rounds, and the fastest round of each counts: what else the machine
//! does can only add time, and it seldom spoils every round.

use crate::case::{Case, Contestant};
use std::time::Duration;

const ROUNDS: usize = 25;
const CALLS: u64 = 40_000;

/// Measures every case with every number of threads and prints what it found.
pub(crate) fn print(cases: &[Case], threads: &[usize]) {
    println!("\nnanoseconds per call and thread, the fastest of {ROUNDS} rounds");
    let mut ratios = Vec::new();
    for case in cases {
        for &threads in threads {
            let name = format!("near_hit/{}/{threads}t", case.name);
            let fastest = fastest(&case.contestants, threads);
            table(&name, &case.contestants, &fastest);
            ratios.extend(lines(&name, &case.contestants, &fastest));
        }
    }
    println!("\n{}", ratios.join("\n"));
}

/// Nanoseconds per call of each contestant.
fn fastest(contestants: &[Contestant], threads: usize) -> Vec<f64> {
    let mut fastest = vec![Duration::MAX; contestants.len()];
    // Several threads need a longer round, beside which their start is short.
    let calls = CALLS * threads as u64;
    for _ in 0..ROUNDS {
        for (best, contestant) in fastest.iter_mut().zip(contestants) {
            *best = contestant.time(threads, calls).min(*best);
        }
    }
    fastest
        .iter()
        .map(|time| time.as_secs_f64() * 1e9 / calls as f64)
        .collect()
}

fn table(name: &str, contestants: &[Contestant], nanos: &[f64]) {
    println!("\n  {name}");
    for (contestant, nanos) in contestants.iter().zip(nanos) {
        println!("    {:<16}{nanos:>8.1}", contestant.name);
    }
}

fn lines(name: &str, contestants: &[Contestant], nanos: &[f64]) -> Vec<String> {
    let memo = nanos[0];
    let rivals = contestants.iter().zip(nanos).skip(1);
    rivals
        .map(|(rival, nanos)| format!("RATIO {name} memo/{} {:.2}", rival.name, memo / nanos))
        .collect()
}
