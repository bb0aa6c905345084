//! `cargo xtask interop`: memo and an implementation of docs/envelope.md in Python open each other's entries.

use crate::cargo::{cargo, finish, root, target};
use crate::{Outcome, needs};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Opens the vectors of Python; with `MEMO_INTEROP_WRITE` set to a file, writes those of memo there.
const TEST: &[&str] = &[
    "test",
    "--package",
    "memo-core",
    "--features",
    "encrypt",
    "--lib",
    "interop",
];

/// Writes with one, reads with the other, and back.
pub(crate) fn run() -> Outcome {
    needs::ensure(needs::INTEROP)?;
    let sources = root().join("tests/interop");
    let scratch = target().join("interop");
    let python = Python::in_environment(&scratch, &sources)?;
    let committed = sources.join("vectors/from_python.json");
    python.still_writes(&committed, &scratch.join("from_python.json"))?;
    python.checks(&committed)?;
    let from_memo = scratch.join("from_memo.json");
    memo_writes(&from_memo)?;
    python.checks(&from_memo)
}

/// The interpreter with the packages of the second implementation, and that implementation's sources.
struct Python {
    interpreter: PathBuf,
    sources: PathBuf,
}

impl Python {
    fn in_environment(scratch: &Path, sources: &Path) -> Result<Self, String> {
        let environment = scratch.join("venv");
        let mut create = Command::new("python3");
        finish(create.args(["-m", "venv"]).arg(&environment))?;
        let python = Self {
            interpreter: environment.join(if cfg!(windows) {
                "Scripts/python.exe"
            } else {
                "bin/python"
            }),
            sources: sources.to_owned(),
        };
        let mut install = python.command();
        install.args(["-m", "pip", "install", "--quiet", "--requirement"]);
        finish(install.arg(sources.join("requirements.txt")))?;
        Ok(python)
    }

    fn still_writes(&self, committed: &Path, fresh: &Path) -> Outcome {
        finish(self.script("write.py").arg(fresh))?;
        if read(committed)? == read(fresh)? {
            return Ok(());
        }
        Err(format!(
            "write.py writes other vectors than {}; they are in {}",
            committed.display(),
            fresh.display()
        ))
    }

    fn checks(&self, vectors: &Path) -> Outcome {
        finish(self.script("check.py").arg(vectors))
            .map_err(|reason| format!("Python disagrees with {} ({reason})", vectors.display()))
    }

    fn script(&self, name: &str) -> Command {
        let mut command = self.command();
        command.arg(self.sources.join(name));
        command
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.interpreter);
        // No compiled files beside the sources.
        command.env("PYTHONDONTWRITEBYTECODE", "1");
        command
    }
}

fn memo_writes(vectors: &Path) -> Outcome {
    remove(vectors)?;
    finish(cargo(TEST).env("MEMO_INTEROP_WRITE", vectors))?;
    if vectors.exists() {
        return Ok(());
    }
    Err(format!("no test of memo-core wrote {}", vectors.display()))
}

// What an earlier run left must not pass for the work of this one.
fn remove(file: &Path) -> Outcome {
    match fs::remove_file(file) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(format!("cannot remove {}: {error}", file.display()))
        }
        _ => Ok(()),
    }
}

fn read(file: &Path) -> Result<Vec<u8>, String> {
    fs::read(file).map_err(|error| format!("cannot read {}: {error}", file.display()))
}
