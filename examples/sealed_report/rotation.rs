//! A new key: what is there stays readable until the old key is left out.

use crate::Store;
use crate::attacks::is_refused_and_computed_again;
use crate::report::survey;
use crate::steps::{computed, did_not_compute};
use memo::{Keyring, Reject, Secret};
use std::error::Error;

/// Where an entry says which key it is sealed with: docs/envelope.md, section 1.
const KEY_ID: std::ops::Range<usize> = 6..10;

/// Replaces the key of the ring while it is in use.
pub(crate) fn run(
    store: &Store,
    keyring: &Keyring,
    secret: &Secret,
    directory: &str,
) -> Result<(), Box<dyn Error>> {
    let old_key = key_id(store, directory)?;
    let newer = Secret::random()?;

    println!("  A new key seals, the old one still opens.");
    let both = Keyring::rotating(secret, &newer).previous(secret).build()?;
    keyring.replace(&both);
    did_not_compute("  the old entry", || survey(directory))?;
    assert_eq!(key_id(store, directory)?, old_key, "a hit writes nothing");

    let other = format!("{directory}/src");
    survey::entry(&other).invalidate();
    computed("  another report, invalidated before,", || survey(&other))?;
    let new_key = key_id(store, &other)?;
    println!("    The key's id was {old_key}, in the new entry it is {new_key}.");
    assert_ne!(new_key, old_key, "new entries are under the new key");

    println!("  The old key is left out.");
    keyring.replace(&Keyring::rotating(secret, &newer).build()?);
    did_not_compute("  the new entry", || survey(&other))?;
    is_refused_and_computed_again(directory, Reject::UnknownKey)?;
    assert_eq!(key_id(store, directory)?, new_key, "it was sealed anew");
    Ok(())
}

/// The id of the key that the report's entry is sealed with, in hexadecimal digits.
fn key_id(store: &Store, directory: &str) -> Result<String, Box<dyn Error>> {
    let name = survey::entry(directory).key();
    let mut entries = store.entries().into_iter();
    let (_, value) = entries
        .find(|(entry, _)| *entry == name)
        .ok_or("it is stored")?;
    let id = value.get(KEY_ID).ok_or("an entry has a header")?;
    Ok(id.iter().map(|byte| format!("{byte:02x}")).collect())
}
