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
        args: &["test", "--workspace", "--all-features", "--no-fail-fast"],
        env: &[],
    },
    // Every behavior again, with the values on servers; each run gives an account of all tests. Of the whole workspace, as above: one package
    // by itself has other features, and everything would be built once more.
    Step {
        name: "tests on redis",
        args: &[
            "test",
            "--workspace",
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
            "--workspace",
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
    // The examples of one package, from the most features to the fewest: each builds little that the one before has not.
    Step {
        name: "web service",
        args: &[
            "run",
            "--release",
            "--package",
            "memo",
            "--all-features",
            "--example",
            "web_service",
            "--",
            "--drive",
        ],
        env: &[],
    },
    Step {
        name: "sealed report",
        args: &[
            "run",
            "--release",
            "--package",
            "memo",
            "--features",
            "encrypt",
            "--example",
            "sealed_report",
        ],
        env: &[],
    },
    Step {
        name: "quickstart",
        args: &[
            "run",
            "--release",
            "--package",
            "memo",
            "--example",
            "quickstart",
        ],
        env: &[],
    },
    Step {
        name: "stream search",
        args: &[
            "run",
            "--release",
            "--package",
            "memo",
            "--example",
            "stream_search",
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
        name: "docs",
        args: &["doc", "--workspace", "--no-deps", "--all-features"],
        env: &[("RUSTDOCFLAGS", "-D warnings")],
    },
];

/// Runs every step in order, also after one that failed, and says at the end what became of each.
pub(crate) fn run() -> Outcome {
    needs::ensure(needs::TEST)?;
    let reports: Vec<Report> = STEPS.iter().map(Report::of).collect();
    println!("\n{}", summary(&reports));
    verdict(&reports)
}

/// What became of a step.
struct Report {
    step: &'static Step,
    outcome: Outcome,
    time: Duration,
}

impl Report {
    fn of(step: &'static Step) -> Self {
        println!("\n==> {}: {}", step.name, step.line());
        let start = Instant::now();
        let outcome = step.run();
        if let Err(reason) = &outcome {
            println!("==> {} FAILED ({reason}); the other steps run", step.name);
        }
        Self {
            step,
            outcome,
            time: start.elapsed(),
        }
    }
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

/// Success if every step succeeded; otherwise every step that failed, with the line that repeats it.
fn verdict(reports: &[Report]) -> Outcome {
    let failed: Vec<String> = reports
        .iter()
        .filter_map(|report| {
            let reason = report.outcome.as_ref().err()?;
            Some(format!(
                "  {} ({reason}): {}",
                report.step.name,
                report.step.line()
            ))
        })
        .collect();
    match failed.len() {
        0 => Ok(()),
        count => Err(format!(
            "{count} of {} steps failed:\n{}",
            reports.len(),
            failed.join("\n")
        )),
    }
}

fn summary(reports: &[Report]) -> String {
    let row = |report: &Report| {
        let outcome = if report.outcome.is_ok() {
            "ok"
        } else {
            "FAILED"
        };
        let seconds = format!("{:.1}", report.time.as_secs_f64());
        vec![report.step.name.to_owned(), outcome.to_owned(), seconds]
    };
    let rows: Vec<_> = reports.iter().map(row).collect();
    table::render(&["step", "", "seconds"], &rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    static FORMAT: Step = Step {
        name: "format",
        args: &["fmt", "--check"],
        env: &[],
    };
    static DOCS: Step = Step {
        name: "docs",
        args: &["doc"],
        env: &[("RUSTDOCFLAGS", "-D warnings")],
    };

    fn report(step: &'static Step, outcome: Outcome) -> Report {
        Report {
            step,
            outcome,
            time: Duration::from_millis(1500),
        }
    }

    #[test]
    fn the_gate_passes_if_every_step_does() {
        assert_eq!(
            verdict(&[report(&FORMAT, Ok(())), report(&DOCS, Ok(()))]),
            Ok(())
        );
    }

    #[test]
    fn the_gate_names_every_step_that_failed_with_its_command() {
        let failed = |reason: &str| Err(reason.to_owned());
        let reports = [
            report(&FORMAT, failed("exit status: 1")),
            report(&FORMAT, Ok(())),
            report(&DOCS, failed("exit status: 101")),
        ];
        let message = verdict(&reports).expect_err("two failed");
        assert_eq!(
            message,
            "2 of 3 steps failed:\n  \
             format (exit status: 1): cargo fmt --check\n  \
             docs (exit status: 101): RUSTDOCFLAGS=\"-D warnings\" cargo doc"
        );
    }

    #[test]
    fn the_summary_has_a_line_for_each_step() {
        let reports = [
            report(&FORMAT, Err("exit status: 1".to_owned())),
            report(&DOCS, Ok(())),
        ];
        let text = summary(&reports);
        let lines: Vec<_> = text.lines().skip(2).collect();
        assert_eq!(
            lines,
            ["format  FAILED      1.5", "docs        ok      1.5"]
        );
    }
}
