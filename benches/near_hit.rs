//! What a hit in the process costs, beside the same function cached by others in the same run.
//!
//! `cargo bench --bench near_hit` prints Criterion's estimates, then a table of nanoseconds per call and lines
//! `RATIO near_hit/<case>/<threads>t memo/<rival> <number>`: memo's time over the rival's, below 1 is faster.
//! `cargo bench --bench near_hit -- ratios` prints the table and the ratios only.
//!
//! Every contestant does the same work: a function of the same signature is called with the same arguments in the
//! same order, all of them cached beforehand. A body that runs while the clock does ends the benchmark.
#![expect(clippy::print_stdout, reason = "a benchmark reports on stdout")]

#[path = "near_hit/arc_8k.rs"]
mod arc_8k;
#[path = "near_hit/case.rs"]
mod case;
#[path = "near_hit/miss.rs"]
mod miss;
#[path = "near_hit/ratios.rs"]
mod ratios;
#[path = "near_hit/rivals.rs"]
mod rivals;
#[path = "near_hit/template.rs"]
mod template;
#[path = "near_hit/timing.rs"]
mod timing;
#[path = "near_hit/two_strs.rs"]
mod two_strs;
#[path = "near_hit/u64.rs"]
mod u64;

use case::Case;
use criterion::Criterion;
use std::time::Duration;

const THREADS: [usize; 2] = [1, 2];

fn main() {
    let cases = [
        u64::case(),
        two_strs::case(),
        template::case(),
        arc_8k::case(),
    ];
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(600))
        .sample_size(20)
        .configure_from_args();
    for case in &cases {
        estimate(&mut criterion, case);
    }
    criterion.final_summary();
    // Without `--bench`, cargo only asks whether the benchmarks run at all.
    if std::env::args().any(|arg| arg == "--bench") {
        ratios::print(&cases, &THREADS);
        miss::print();
    }
}

fn estimate(criterion: &mut Criterion, case: &Case) {
    let mut group = criterion.benchmark_group(format!("near_hit/{}", case.name));
    for threads in THREADS {
        for contestant in &case.contestants {
            let name = format!("{}/{threads}t", contestant.name);
            group.bench_function(name, |bencher| {
                bencher.iter_custom(|calls| contestant.time(threads, calls))
            });
        }
    }
    group.finish();
}
