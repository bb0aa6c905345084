//! `cargo xtask bless`: what the tests see now becomes what they expect. Read the diff before you keep it.

use crate::Outcome;
use crate::cargo::{cargo, finish};

/// Runs the tests with every snapshot library in its accepting mode.
pub(crate) fn run() -> Outcome {
    let mut tests = cargo(&["test", "--workspace", "--all-features"]);
    finish(tests.env("TRYBUILD", "overwrite").env("UPDATE_EXPECT", "1"))
        .map_err(|reason| format!("some test fails for another reason than a snapshot ({reason})"))
}
