//! Starting cargo, always the one that started us, always at the workspace's root.

use crate::Outcome;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A cargo command at the workspace's root.
pub(crate) fn cargo(args: &[&str]) -> Command {
    let mut command = Command::new(program());
    command.args(args).current_dir(root());
    command
}

/// Runs to the end with the terminal as its output; anything but success is an error.
pub(crate) fn finish(command: &mut Command) -> Outcome {
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(status.to_string()),
        Err(error) => Err(cannot_start(command, &error)),
    }
}

/// Runs to the end and returns stdout; what was said on stderr becomes the error.
pub(crate) fn read(command: &mut Command) -> Result<String, String> {
    let output = command
        .output()
        .map_err(|error| cannot_start(command, &error))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).trim().to_owned())
    }
}

/// The workspace's root: the parent of this package.
pub(crate) fn root() -> PathBuf {
    // Asked when running, not when compiling: two checkouts may share a target directory, and with it this binary.
    match std::env::var_os("CARGO_MANIFEST_DIR") {
        Some(package) => Path::new(&package).join(".."),
        None => PathBuf::from("."),
    }
}

/// Where scratch crates are generated and built.
pub(crate) fn target() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(given) => root().join(given),
        None => root().join("target"),
    }
}

// cargo tells its children which cargo it is; a toolchain chosen by `+name` stays chosen.
fn program() -> std::ffi::OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

fn cannot_start(command: &Command, error: &std::io::Error) -> String {
    format!(
        "cannot start {}: {error}",
        command.get_program().to_string_lossy()
    )
}
