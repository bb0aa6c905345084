//! `cargo xtask compile-time`: what 100 memoized functions cost to compile.
//!
//! Each variant is a crate of its own. Its dependencies are built first and never timed; then the crate alone is
//! touched and built, without incremental compilation, in turns, and the fastest of five runs counts.

use crate::cargo::{cargo, read, target};
use crate::scratch::{FUNCTIONS, VARIANTS, Variant};
use crate::{Outcome, table};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

const RUNS: usize = 5;
const PROFILES: [(&str, &[&str]); 2] = [("dev", &["build"]), ("release", &["build", "--release"])];

/// Generates, builds and times the crates, and prints a table and the ratios.
pub(crate) fn run() -> Outcome {
    let home = target().join("compile-time");
    let packages = VARIANTS
        .iter()
        .map(|variant| write(variant, &home))
        .collect::<Result<Vec<_>, _>>()?;
    for (profile, args) in PROFILES {
        println!("==> {profile}: dependencies");
        for package in &packages {
            build(package, args)?;
        }
        println!("==> {profile}: {RUNS} timed builds of each crate");
        let fastest = fastest(&packages, args)?;
        report(profile, &fastest);
    }
    Ok(())
}

fn write(variant: &Variant, home: &Path) -> Result<PathBuf, String> {
    variant
        .write(home)
        .map_err(|error| format!("cannot write the crate `{}`: {error}", variant.name))
}

fn fastest(packages: &[PathBuf], args: &[&str]) -> Result<Vec<Duration>, String> {
    let mut fastest = vec![Duration::MAX; packages.len()];
    for _ in 0..RUNS {
        for (best, package) in fastest.iter_mut().zip(packages) {
            touch(package)
                .map_err(|error| format!("cannot touch {}: {error}", package.display()))?;
            let start = Instant::now();
            build(package, args)?;
            *best = start.elapsed().min(*best);
        }
    }
    Ok(fastest)
}

fn touch(package: &Path) -> std::io::Result<()> {
    File::options()
        .write(true)
        .open(package.join("src/lib.rs"))?
        .set_modified(SystemTime::now())
}

fn build(package: &Path, args: &[&str]) -> Outcome {
    let mut command = cargo(args);
    // One target directory each: unlike features of shared dependencies would evict each other.
    command
        .current_dir(package)
        .env("CARGO_TARGET_DIR", package.join("target"))
        .env("CARGO_INCREMENTAL", "0");
    read(&mut command)
        .map(drop)
        .map_err(|error| format!("{} does not build:\n{error}", package.display()))
}

fn report(profile: &str, fastest: &[Duration]) {
    let seconds: Vec<f64> = fastest.iter().map(Duration::as_secs_f64).collect();
    let (plain, memo) = (seconds[0], seconds[1]);
    let row = |(variant, &time): (&Variant, &f64)| {
        let per_function = (time - plain) * 1000.0 / FUNCTIONS as f64;
        vec![
            variant.name.to_owned(),
            format!("{time:.2}"),
            format!("{per_function:.1}"),
        ]
    };
    let rows: Vec<_> = VARIANTS.iter().zip(&seconds).map(row).collect();
    println!(
        "\n{}\n",
        table::render(&["100 functions", "seconds", "ms per attribute"], &rows)
    );
    for (variant, time) in VARIANTS.iter().zip(&seconds).skip(2) {
        println!(
            "RATIO compile_time/{profile} memo/{} {:.2}",
            variant.name,
            memo / time
        );
    }
    println!();
}
