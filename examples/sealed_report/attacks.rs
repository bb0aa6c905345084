//! What somebody can do who can write into the store, and what comes of it: a miss.

use crate::Store;
use crate::report::{plain_survey, survey};
use crate::steps::{computed, did_not_compute};
use memo::{Reject, Verdict};

/// Chunks have names of their own.
const CHUNK: &str = "~c:";

/// A bit of one chunk changes.
pub(crate) fn a_flipped_byte(store: &Store, directory: &str) -> Result<(), String> {
    println!("  A byte in the middle of a chunk is flipped.");
    let entry = survey::entry(directory).key();
    let names = store.entries().into_iter().map(|(name, _)| name);
    let chunk = names
        .filter(|name| name.starts_with(CHUNK) && name.contains(&entry))
        .last()
        .ok_or("the report has chunks")?;
    store.edit(&chunk, |bytes| {
        let middle = bytes.len() / 2;
        bytes[middle] ^= 0x01;
    });
    is_refused_and_computed_again(directory, Reject::Tag)
}

/// A sealed entry of ours is stored under the name of another: the value of another call.
pub(crate) fn an_entry_moved(store: &Store, directory: &str) -> Result<(), String> {
    println!("  The entry of another directory's report is put in its place.");
    let other = format!("{directory}/src");
    computed("the report of the other directory", || survey(&other))?;
    store.copy(
        &survey::entry(&other).key(),
        &survey::entry(directory).key(),
    );
    is_refused_and_computed_again(directory, Reject::Commit)
}

/// An entry that anybody could have written is stored under the name of a sealed one.
pub(crate) fn a_plain_entry_in_its_place(store: &Store, directory: &str) -> Result<(), String> {
    println!("  A report that is not sealed is put in its place.");
    plain_survey(directory)?;
    store.copy(
        &plain_survey::entry(directory).key(),
        &survey::entry(directory).key(),
    );
    is_refused_and_computed_again(directory, Reject::Downgrade)
}

/// The next call is a miss for that reason, and the one after it a hit again.
pub(crate) fn is_refused_and_computed_again(directory: &str, why: Reject) -> Result<(), String> {
    let verdict = survey::entry(directory).explain().verdict;
    println!("    explain(): {verdict}");
    assert_eq!(verdict, Verdict::Refused(why));
    let again = computed("  the next call", || survey(directory))?;
    let healed = did_not_compute("  the one after it", || survey(directory))?;
    assert_eq!(healed, again, "a hit is what the body returned");
    Ok(())
}
