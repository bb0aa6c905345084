//! A large report that lives encrypted in a store which we do not trust.
//!
//! `cargo run --release --features encrypt --example sealed_report -- [directory]`
//!
//! The report is made from the source files of a package, or of the workspace that you are in: figures of each file, and an index of all
//! words. The function that makes it, in `sealed_report/report.rs`, says `large_data, encrypt`, and that is all it takes. Here its value
//! is stored, read again, looked at with the eyes of whoever runs the store, tampered with in three ways, and read while the keys are
//! replaced. A value that is not exactly what was stored is never served: the call computes it again.
#![expect(clippy::print_stdout, reason = "a program for a terminal")]

#[path = "sealed_report/attacks.rs"]
mod attacks;
#[path = "sealed_report/glimpse.rs"]
mod glimpse;
#[path = "sealed_report/report.rs"]
mod report;
#[path = "sealed_report/rotation.rs"]
mod rotation;
#[path = "sealed_report/steps.rs"]
mod steps;

use memo::backend::{Capability, Memory};
use memo::{Cache, Keyring, Secret};
use memo_testkit::Chaos;
use report::survey;
use std::error::Error;
use steps::{computed, did_not_compute, step};

/// In place of a server: names up to 250 bytes, values up to 64 KiB. One that lets us meddle.
type Store = Chaos<Memory>;

fn main() -> Result<(), Box<dyn Error>> {
    let directory = std::env::args().nth(1).unwrap_or_else(|| ".".to_owned());
    let store = Store::limited(
        Memory::with_budget(256 << 20),
        Capability::of(250, 64 << 10),
    );
    // In a service: `Keyring::from_env("REPORT_KEYS")?`, the same secret in every process.
    let secret = Secret::random()?;
    let keyring = Keyring::single(&secret);
    Cache::builder()
        .namespace("reports.example")
        .backend(store.clone())
        .keyring(keyring.clone())
        .require_encryption()
        .install()?;

    step("Stored");
    let first = computed("the first call", || survey(&directory))?;
    println!(
        "  It is about {} files and {} words, {} in all.",
        first.files.len(),
        first.words.len(),
        steps::kilobytes(first.bytes())
    );
    glimpse::sizes(&store, &survey::entry(&directory));

    step("Read again");
    let second = did_not_compute("the same call", || survey(&directory))?;
    assert_eq!(second, first, "a hit is what the body returned");

    step("What the store sees");
    glimpse::all(&store);
    glimpse::assert_unreadable(&store, &first);

    step("Tampered with");
    attacks::a_flipped_byte(&store, &directory)?;
    attacks::an_entry_moved(&store, &directory)?;
    attacks::a_plain_entry_in_its_place(&store, &directory)?;

    step("The keys replaced");
    rotation::run(&store, &keyring, &secret, &directory)?;

    println!("\nEverything was as it should be.");
    Ok(())
}
