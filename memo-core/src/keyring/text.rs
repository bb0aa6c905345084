//! Keyrings as text: one secret, or `name=…,primary=…,previous=…`.

use super::fault::KeyFault;
use super::ring::KeyringBuilder;
use super::secret::Secret;
use super::shared::Keyring;

const FIELDS: [&str; 3] = ["name=", "primary=", "previous="];

pub(super) fn parse(text: &str) -> Result<Keyring, KeyFault> {
    let text = text.trim();
    let is_list = text.contains(',') || FIELDS.iter().any(|field| text.starts_with(field));
    if is_list {
        parse_list(text)
    } else {
        Ok(Keyring::single(&Secret::parse(text)?))
    }
}

fn parse_list(text: &str) -> Result<Keyring, KeyFault> {
    let (mut name, mut primary, mut previous) = (None, None, Vec::new());
    for part in text.split(',') {
        let (field, secret) = part.split_once('=').ok_or(KeyFault::UnknownPart)?;
        match field.trim() {
            "name" if name.is_some() => return Err(KeyFault::TwoNames),
            "name" => name = Some(Secret::parse(secret)?),
            "primary" if primary.is_some() => return Err(KeyFault::TwoPrimaries),
            "primary" => primary = Some(Secret::parse(secret)?),
            "previous" => previous.push(Secret::parse(secret)?),
            _ => return Err(KeyFault::UnknownPart),
        }
    }
    let name = name.ok_or(KeyFault::NoName)?;
    let primary = primary.ok_or(KeyFault::NoPrimary)?;
    previous
        .iter()
        .fold(KeyringBuilder::new(&name, &primary), |ring, secret| {
            ring.previous(secret)
        })
        .checked()
}
