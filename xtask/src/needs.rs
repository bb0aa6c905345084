//! What the commands need beside a Rust toolchain, and how to get it.
//!
//! Nothing is skipped for want of a tool: it is installed where that is possible, or named.

use crate::Outcome;
use crate::cargo;
use std::process::{Command, Stdio};

/// A tool that a command cannot do without.
pub(crate) struct Need {
    /// What people call it.
    name: &'static str,
    /// A command that succeeds exactly when the tool is there.
    probe: &'static [&'static str],
    source: Source,
}

enum Source {
    /// Debian's packages.
    Apt(&'static [&'static str]),
    /// A component of the Rust toolchain: the person's to choose, so it is only named.
    Component(&'static str),
    /// A Rust toolchain: the person's to choose as well.
    Toolchain(&'static str),
}

/// What `cargo xtask test` needs.
pub(crate) const TEST: &[Need] = &[
    Need {
        name: "cc",
        probe: &["cc", "--version"],
        source: Source::Apt(&["gcc", "libc6-dev"]),
    },
    Need {
        name: "rustfmt",
        probe: &["cargo", "fmt", "--version"],
        source: Source::Component("rustfmt"),
    },
    Need {
        name: "clippy",
        probe: &["cargo", "clippy", "--version"],
        source: Source::Component("clippy"),
    },
    // The servers of the tests run on ports of their own; what Debian starts with the packages is not used.
    Need {
        name: "redis-server",
        probe: &["redis-server", "--version"],
        source: Source::Apt(&["redis-server"]),
    },
    Need {
        name: "memcached",
        probe: &["memcached", "--version"],
        source: Source::Apt(&["memcached"]),
    },
];

/// What `cargo xtask interop` needs.
pub(crate) const INTEROP: &[Need] = &[
    Need {
        name: "python3",
        probe: &["python3", "--version"],
        source: Source::Apt(&["python3"]),
    },
    // Debian has the module without the means to put pip into an environment; those are a package of their own.
    Need {
        name: "python3 -m venv",
        probe: &["python3", "-c", "import venv, ensurepip"],
        source: Source::Apt(&["python3-venv"]),
    },
];

/// What `cargo xtask fuzz` needs.
pub(crate) const FUZZ: &[Need] = &[
    Need {
        name: "nightly",
        probe: &["rustup", "run", "nightly", "rustc", "--version"],
        source: Source::Toolchain("nightly"),
    },
    // libFuzzer is written in it.
    Need {
        name: "c++",
        probe: &["c++", "--version"],
        source: Source::Apt(&["g++"]),
    },
];

/// Finds or installs every need; the error names all that are missing.
pub(crate) fn ensure(needs: &[Need]) -> Outcome {
    let missing: Vec<String> = needs
        .iter()
        .filter_map(|need| provide(need).err())
        .collect();
    if missing.is_empty() {
        Ok(())
    } else {
        Err(missing.join("\n"))
    }
}

fn provide(need: &Need) -> Outcome {
    if succeeds(need.probe) {
        return Ok(());
    }
    if let Source::Apt(packages) = need.source {
        println!(
            "==> {} is missing: apt-get install {}",
            need.name,
            packages.join(" ")
        );
        apt_install(packages);
        if succeeds(need.probe) {
            return Ok(());
        }
    }
    Err(format!(
        "`{}` is missing; {}",
        need.name,
        advice(&need.source)
    ))
}

fn advice(source: &Source) -> String {
    match source {
        Source::Apt(packages) => format!("on Debian: apt-get install {}", packages.join(" ")),
        Source::Component(name) => format!("with rustup: rustup component add {name}"),
        Source::Toolchain(name) => format!("with rustup: rustup toolchain install {name}"),
    }
}

// Whether it worked is asked of the tool itself, afterwards: apt-get may fail on a list that it did not need.
fn apt_install(packages: &[&str]) {
    let install = [
        &["apt-get", "install", "--yes", "--no-install-recommends"],
        packages,
    ]
    .concat();
    for command in [&["apt-get", "update"][..], &install] {
        // As root the first form works, elsewhere the second may; `-n` never asks for a password.
        if !finishes(command) {
            finishes(&[&["sudo", "-n"], command].concat());
        }
    }
}

fn succeeds(command: &[&str]) -> bool {
    status(command, Stdio::null).unwrap_or(false)
}

fn finishes(command: &[&str]) -> bool {
    status(command, Stdio::inherit).unwrap_or(false)
}

fn status(command: &[&str], output: fn() -> Stdio) -> std::io::Result<bool> {
    let mut process = match command {
        ["cargo", args @ ..] => cargo::cargo(args),
        [program, args @ ..] => {
            let mut process = Command::new(program);
            process.args(args);
            process
        }
        [] => return Ok(false),
    };
    let status = process
        .stdin(Stdio::null())
        .stdout(output())
        .stderr(output())
        .status()?;
    Ok(status.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ABSENT: &[&str] = &["memo-no-such-tool", "--version"];

    #[test]
    fn a_missing_component_is_named_with_the_way_to_get_it() {
        let need = Need {
            name: "ghost",
            probe: ABSENT,
            source: Source::Component("ghost-preview"),
        };
        let message = ensure(&[need]).expect_err("there is no such tool");
        assert_eq!(
            message,
            "`ghost` is missing; with rustup: rustup component add ghost-preview"
        );
    }

    #[test]
    fn all_that_is_missing_is_named_at_once() {
        let need = |name| Need {
            name,
            probe: ABSENT,
            source: Source::Component("x"),
        };
        let message = ensure(&[need("one"), need("two")]).expect_err("there is no such tool");
        assert!(
            message.contains("`one`") && message.contains("`two`"),
            "{message}"
        );
    }

    #[test]
    fn what_is_there_is_not_missing() {
        let need = Need {
            name: "cargo",
            probe: &["cargo", "--version"],
            source: Source::Component("cargo"),
        };
        assert_eq!(ensure(&[need]), Ok(()));
    }
}
