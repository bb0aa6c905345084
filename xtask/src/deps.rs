//! `cargo xtask deps`: what a user of `memo` has to compile.

use crate::Outcome;
use crate::cargo::{cargo, read};
use std::collections::BTreeSet;

/// More than `cached` 4.1 brings with its default features would be a broken promise.
const MOST: usize = 37;

/// Whoever wants one of these has chosen it, not we.
const RUNTIMES: &[&str] = &["tokio", "async-std", "smol"];

/// Prints the normal dependency tree of `memo` with default features as a list, and its length; fails where it is more than a user
/// was promised.
pub(crate) fn run() -> Outcome {
    let tree = read(&mut cargo(&[
        "tree",
        "--package",
        "memo",
        "--edges",
        "normal",
        "--prefix",
        "none",
    ]))?;
    let crates = crates(&tree);
    for name in &crates {
        println!("{name}");
    }
    println!("\n{} crates", crates.len());
    promised(&crates)
}

fn promised(crates: &BTreeSet<String>) -> Outcome {
    if crates.len() > MOST {
        return Err(format!("{} crates are more than {MOST}", crates.len()));
    }
    let name = |krate: &String| krate.split(' ').next().unwrap_or_default().to_owned();
    match crates
        .iter()
        .map(name)
        .find(|name| RUNTIMES.contains(&name.as_str()))
    {
        Some(runtime) => Err(format!(
            "`{runtime}` is an async runtime: it needs a feature of its own"
        )),
        None => Ok(()),
    }
}

/// Every crate once, `memo` itself left out. A line is `name v1.2.3 (path or marks) (*)`.
fn crates(tree: &str) -> BTreeSet<String> {
    let name_and_version = |line: &str| {
        line.split_whitespace()
            .take(2)
            .collect::<Vec<_>>()
            .join(" ")
    };
    tree.lines()
        .map(name_and_version)
        .filter(|name| !name.is_empty() && !name.starts_with("memo v"))
        .collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_crate_counts_once_and_memo_not_at_all() {
        let tree = "memo v0.1.0 (/src)\nmemo-core v0.1.0 (/src/core)\nserde v1.0.1\nserde v1.0.1 (*)\nsyn v3.0.1 (proc-macro)\n";
        let crates: Vec<_> = super::crates(tree).into_iter().collect();
        assert_eq!(crates, ["memo-core v0.1.0", "serde v1.0.1", "syn v3.0.1"]);
    }

    #[test]
    fn a_runtime_is_refused() {
        assert!(super::promised(&super::crates("serde v1.0.1\n")).is_ok());
        assert!(super::promised(&super::crates("serde v1.0.1\ntokio v1.0.0\n")).is_err());
    }
}
