//! `cargo xtask test`: the one gate.

use crate::cargo::{cargo, finish};
use crate::{Outcome, needs, table};
use std::time::{Duration, Instant};

struct Step {
    name: &'static str,
    args: &'static [&'static str],
    env: &'static [(&'static str, &'static str)],
}

const STEPS: &[Step] = &[
    Step {
        name: "format",
        args: &["fmt", "--all", "--check"],
        env: &[],
    },
    Step {
        name: "lints",
        args: &[
            "clippy",
            "--workspace",
            "--all-targets",
            "--all-features",
            "--",
            "-D",
            "warnings",
        ],
        env: &[],
    },
    Step {
        name: "lints, no features",
        args: &[
            "clippy",
            "--package",
            "memo",
            "--no-default-features",
            "--",
            "-D",
            "warnings",
        ],
        env: &[],
    },
    Step {
        name: "lints, default features",
        args: &[
            "clippy",
            "--package",
            "memo",
            "--package",
            "memo-core",
            "--",
            "-D",
            "warnings",
        ],
        env: &[],
    },
    Step {
        name: "dependencies",
        args: &["xtask", "deps"],
        env: &[],
    },
    // Doctests are part of it: only `--all-targets` would leave them out.
    Step {
        name: "tests",
        args: &["test", "--workspace", "--all-features"],
        env: &[],
    },
    // Every behaviour again, with the values on servers; each run gives an account of all tests.
    Step {
        name: "tests on redis",
        args: &[
            "test",
            "--package",
            "memo",
            "--all-features",
            "--test",
            "it",
            "--",
            "--ignored",
            "--nocapture",
            "--exact",
            "store::runs::the_suite_passes_on_redis",
        ],
        env: &[],
    },
    Step {
        name: "tests on memcached",
        args: &[
            "test",
            "--package",
            "memo",
            "--all-features",
            "--test",
            "it",
            "--",
            "--ignored",
            "--nocapture",
            "--exact",
            "store::runs::the_suite_passes_on_memcached",
        ],
        env: &[],
    },
    Step {
        name: "large values on servers",
        args: &[
            "test",
            "--release",
            "--package",
            "memo",
            "--all-features",
            "--test",
            "servers",
            "--",
            "large::",
        ],
        env: &[],
    },
    // With its own target directory: the flag would rebuild everything, here and again at the next step.
    Step {
        name: "interleavings",
        args: &[
            "test",
            "--package",
            "memo-core",
            "--features",
            "memory",
            "--lib",
            "flight::interleavings",
        ],
        env: &[
            ("RUSTFLAGS", "--cfg shuttle"),
            ("CARGO_TARGET_DIR", "target/shuttle"),
        ],
    },
    Step {
        name: "quickstart",
        args: &["run", "--release", "--example", "quickstart"],
        env: &[],
    },
    Step {
        name: "sealed report",
        args: &[
            "run",
            "--release",
            "--features",
            "encrypt",
            "--example",
            "sealed_report",
        ],
        env: &[],
    },
    Step {
        name: "stream search",
        args: &["run", "--release", "--example", "stream_search"],
        env: &[],
    },
    Step {
        name: "web service",
        args: &[
            "run",
            "--release",
            "--all-features",
            "--example",
            "web_service",
            "--",
            "--drive",
        ],
        env: &[],
    },
    Step {
        name: "docs",
        args: &["doc", "--workspace", "--no-deps", "--all-features"],
        env: &[("RUSTDOCFLAGS", "-D warnings")],
    },
];

/// Runs every step in order; the first that fails ends it and is named.
pub(crate) fn run() -> Outcome {
    needs::ensure(needs::TEST)?;
    let mut times = Vec::new();
    for step in STEPS {
        println!("\n==> {}: {}", step.name, step.line());
        let start = Instant::now();
        let outcome = step.run();
        times.push(start.elapsed());
        if let Err(reason) = outcome {
            summary(&times, true);
            return Err(format!(
                "the step `{}` failed ({reason}): {}",
                step.name,
                step.line()
            ));
        }
    }
    summary(&times, false);
    Ok(())
}

impl Step {
    fn run(&self) -> Outcome {
        finish(cargo(self.args).envs(self.env.iter().copied()))
    }

    /// The step as a person would type it.
    fn line(&self) -> String {
        let env: String = self
            .env
            .iter()
            .map(|(name, value)| format!("{name}=\"{value}\" "))
            .collect();
        format!("{env}cargo {}", self.args.join(" "))
    }
}

fn summary(times: &[Duration], last_failed: bool) {
    let row = |(index, step): (usize, &Step)| {
        let verdict = match times.get(index) {
            None => "not run",
            Some(_) if last_failed && index + 1 == times.len() => "FAILED",
            Some(_) => "ok",
        };
        let seconds = times
            .get(index)
            .map(|time| format!("{:.1}", time.as_secs_f64()))
            .unwrap_or_default();
        vec![step.name.to_owned(), verdict.to_owned(), seconds]
    };
    let rows: Vec<_> = STEPS.iter().enumerate().map(row).collect();
    println!("\n{}", table::render(&["step", "", "seconds"], &rows));
}
