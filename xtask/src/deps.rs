//! `cargo xtask deps`: what a user of `memo` has to compile.

use crate::Outcome;
use crate::cargo::{cargo, read};
use std::collections::BTreeSet;

/// Prints the normal dependency tree of `memo` with default features as a list, and its length.
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
    Ok(())
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
}
