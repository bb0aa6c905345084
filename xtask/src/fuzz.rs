//! `cargo xtask fuzz`: every reader of bytes from outside meets about a minute of made-up ones.

use crate::cargo::{finish, root, target};
use crate::{Outcome, needs};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const TARGETS: &[&str] = &[
    "header",
    "manifest",
    "block",
    "items",
    "codec_postcard",
    "codec_msgpack",
];

/// For each target.
const SECONDS: u32 = 12;

const VERSION: &str = "0.13.2";

/// Builds every target, then runs each.
pub(crate) fn run() -> Outcome {
    needs::ensure(needs::FUZZ)?;
    let fuzz = Fuzz::installed()?;
    finish(fuzz.command("build").args(["--fuzz-dir", "fuzz"]))?;
    for target in TARGETS {
        println!("==> {target}, {SECONDS} s");
        fuzz.meets_made_up_bytes(target)?;
    }
    Ok(())
}

/// cargo-fuzz, in a place of its own.
struct Fuzz {
    program: PathBuf,
    scratch: PathBuf,
}

impl Fuzz {
    fn installed() -> Result<Self, String> {
        let tools = target().join("tools");
        let program = tools.join(format!("bin/cargo-fuzz{}", std::env::consts::EXE_SUFFIX));
        if !program.exists() {
            println!("==> cargo-fuzz is missing: cargo install cargo-fuzz");
            let mut install = crate::cargo::cargo(&["install", "cargo-fuzz", "--locked"]);
            finish(install.args(["--version", VERSION, "--root"]).arg(&tools))?;
        }
        let scratch = target().join("fuzz");
        Ok(Self { program, scratch })
    }

    fn meets_made_up_bytes(&self, name: &str) -> Outcome {
        let found = self.scratch.join("corpus").join(name);
        create(&found)?;
        let mut run = self.command("run");
        run.args(["--fuzz-dir", "fuzz", name]);
        // What is new goes into the first of the two.
        run.arg(&found).arg(Path::new("fuzz/corpus").join(name));
        run.args(["--", "-print_final_stats=1"]);
        run.arg(format!("-max_total_time={SECONDS}"));
        finish(&mut run).map_err(|reason| {
            format!(
                "{name} found something ({reason}): {}\nMake it a test: copy it to fuzz/corpus/{name}/",
                artifacts(name)
            )
        })
    }

    // Not by `cargo`, which is the toolchain that started us: fuzzing takes a nightly compiler.
    fn command(&self, what: &str) -> Command {
        let mut command = Command::new("rustup");
        command.args(["run", "nightly"]).arg(&self.program);
        command.arg("fuzz").arg(what).current_dir(root());
        command.env_remove("CARGO").env_remove("RUSTUP_TOOLCHAIN");
        command.env("CARGO_TARGET_DIR", &self.scratch);
        command
    }
}

fn artifacts(name: &str) -> String {
    let folder = Path::new("fuzz/artifacts").join(name);
    let files = fs::read_dir(root().join(&folder)).into_iter().flatten();
    let names = files.flatten().map(|file| folder.join(file.file_name()));
    let names: Vec<String> = names.map(|path| path.display().to_string()).collect();
    names.join(", ")
}

fn create(folder: &Path) -> Outcome {
    fs::create_dir_all(folder)
        .map_err(|error| format!("cannot create {}: {error}", folder.display()))
}
