//! Reads every Rust source file of this workspace and of its dependencies, and answers questions about them.
//!
//! `cargo run --release --example quickstart`
//!
//! (The workspace is the one that you are in: the compiled program can be started in any other, too.)
//!
//! Parsing the files is slow, and every question needs them parsed. The functions of `quickstart/questions.rs` are
//! written as if that did not matter: each calls what it needs, each has `#[memoize]` above it. Here they are asked
//! with an empty cache, then again, then after one file was edited, and at last as if there were no cache at all.
//! The answers are the same every time.
#![expect(clippy::print_stdout, reason = "a program for a terminal")]

#[path = "quickstart/facts.rs"]
mod facts;
#[path = "quickstart/metadata.rs"]
mod metadata;
#[path = "quickstart/questions.rs"]
mod questions;
#[path = "quickstart/report.rs"]
mod report;
#[path = "quickstart/sources.rs"]
mod sources;

use questions::{Answers, answers};
use report::Round;
use std::error::Error;
use std::time::Instant;

fn main() -> Result<(), Box<dyn Error>> {
    let mut world = sources::read()?;
    println!(
        "{} source files of {} packages.\n",
        world.files(),
        world.packages.len()
    );

    let (cold, first) = ask("an empty cache", || answers(&world));
    let (warm, second) = ask("the same again", || answers(&world));
    assert_eq!(second, first, "a hit is what the body returned");

    world.edit_one_file();
    let (edited, third) = ask("one file edited", || answers(&world));
    assert_eq!(
        third, first,
        "the edit changed the file's time and nothing that was asked about"
    );

    let (plain, fourth) = ask("without memo", || memo::bypass(|| answers(&world)));
    assert_eq!(fourth, first, "memo never changes an answer");

    report::answers(&first);
    report::rounds(&[cold, warm, edited, plain]);
    report::functions();
    report::cache();
    Ok(())
}

/// Asks, and notes how long it took and what the memoized functions did.
fn ask(name: &'static str, question: impl FnOnce() -> Answers) -> (Round, Answers) {
    println!("asking: {name} ...");
    let before = report::totals();
    let start = Instant::now();
    let answers = question();
    (Round::since(name, &before, start.elapsed()), answers)
}
