use std::collections::HashSet;
use std::error::Error as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use base64ct::{Base64, Base64Unpadded, Base64Url, Base64UrlUnpadded, Encoding};

use super::*;
use crate::error::Error;
use crate::key::Key;
use crate::reject::Reject;
use crate::seal::{Digest, KeyId, WriteId};

const ID: WriteId = WriteId([1; 16]);

/// Bytes whose base64 has both `+` and `/`.
fn bytes(first: u8) -> Vec<u8> {
    (0..33)
        .map(|n| first ^ [0xfb, 0xff, n][usize::from(n) % 3])
        .collect()
}

fn secret(first: u8) -> Secret {
    Secret::from_bytes(&bytes(first)).expect("33 bytes are enough")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn digest(ring: &Keyring) -> Digest {
    ring.seals("shop", "pf").digest(0, &Key::new())
}

fn primary(ring: &Keyring) -> KeyId {
    ring.seals("shop", "pf").write(&digest(ring), ID).key_id()
}

/// Whether `reader` opens what `writer` writes.
fn opens(reader: &Keyring, writer: &Keyring) -> Result<(), Reject> {
    let seal = writer.seals("shop", "pf").write(&digest(writer), ID);
    reader
        .seals("shop", "pf")
        .read(&digest(reader), ID, seal.key_id(), &seal.commitment())
        .map(drop)
}

fn message<T>(result: Result<T, Error>) -> String {
    result
        .err()
        .map(|error| error.to_string())
        .unwrap_or_default()
}

#[test]
fn a_secret_of_fewer_than_32_bytes_is_refused() {
    for len in 0..32 {
        assert!(message(Secret::from_bytes(&bytes(0)[..len])).contains("openssl rand -base64 32"));
        assert!(hex(&bytes(0)[..len]).parse::<Secret>().is_err());
        assert!(
            Base64::encode_string(&bytes(0)[..len])
                .parse::<Secret>()
                .is_err()
        );
    }
    assert!(Secret::from_bytes(&bytes(0)[..32]).is_ok());
}

#[test]
fn a_secret_is_read_from_base64_and_hex() {
    for len in 32..=33 {
        let bytes = &bytes(7)[..len];
        let texts = [
            Base64::encode_string(bytes),
            Base64Unpadded::encode_string(bytes),
            Base64Url::encode_string(bytes),
            Base64UrlUnpadded::encode_string(bytes),
            hex(bytes),
            hex(bytes).to_uppercase(),
            format!(" {}\r\n", Base64::encode_string(bytes)),
        ];
        for text in texts {
            let secret: Secret = text.parse().expect(&text);
            assert_eq!(secret.bytes(), bytes, "{text}");
        }
    }
}

#[test]
fn hex_that_is_too_short_is_not_taken_for_base64() {
    assert!(
        message("0123456789abcdef0123456789abcdef0123456789abcdef".parse::<Secret>())
            .contains("fewer than 32")
    );
}

#[test]
fn a_pass_phrase_is_no_secret() {
    let phrases = [
        "",
        "hunter2",
        "correct horse battery staple, and then some more words",
        "correct-horse-battery-staple",
        "ünïcödé ünïcödé ünïcödé ünïcödé ünïcödé ünïcödé",
        "7GQnHcO5bX0H9V1yTnTcrwXlzsdP0Kg2S1cXQ0gk2nE==",
        "7GQnHcO5bX0H9V1yTnTcrwXlzsdP0Kg2S1cXQ0gk2nE====",
        "7GQnHcO5bX0H9V1yTnTc=wXlzsdP0Kg2S1cXQ0gk2nE=",
        "7GQnHcO5bX0H9V1y-nTcrwXlzsdP0Kg2S1cXQ0gk/nE=",
        "00000000000000000000000000000000000000000000000000000000000000000",
    ];
    for phrase in phrases {
        assert!(
            message(phrase.parse::<Secret>()).contains("a pass phrase is not a key"),
            "{phrase}"
        );
    }
}

#[test]
fn random_secrets_differ() {
    let secrets: Result<HashSet<_>, _> = (0..100)
        .map(|_| Secret::random().map(|secret| secret.bytes().to_vec()))
        .collect();
    assert_eq!(secrets.map(|secrets| secrets.len()), Ok(100));
}

#[test]
fn a_ring_reads_what_its_own_keys_wrote_and_nothing_else() -> Result<(), Error> {
    let (name, old, new) = (secret(0), secret(1), secret(2));
    let before = Keyring::rotating(&name, &old).build()?;
    let prepared = Keyring::rotating(&name, &old).previous(&new).build()?;
    let rotated = Keyring::rotating(&name, &new).previous(&old).build()?;
    let after = Keyring::rotating(&name, &new).build()?;
    assert_eq!(opens(&rotated, &before), Ok(()));
    assert_eq!(opens(&prepared, &rotated), Ok(()));
    assert_eq!(opens(&before, &rotated), Err(Reject::UnknownKey));
    assert_eq!(opens(&after, &before), Err(Reject::UnknownKey));
    Ok(())
}

#[test]
fn names_depend_on_the_name_secret_alone() -> Result<(), Error> {
    let (name, old, new) = (secret(0), secret(1), secret(2));
    let before = digest(&Keyring::rotating(&name, &old).build()?);
    assert!(before == digest(&Keyring::rotating(&name, &new).previous(&old).build()?));
    assert!(before != digest(&Keyring::rotating(&new, &old).build()?));
    Ok(())
}

#[test]
fn a_single_secret_can_begin_to_rotate() -> Result<(), Error> {
    let (single, new) = (secret(0), secret(1));
    let rotated = Keyring::rotating(&single, &new).previous(&single).build()?;
    assert_eq!(opens(&rotated, &Keyring::single(&single)), Ok(()));
    Ok(())
}

#[test]
fn two_keys_of_one_id_are_refused() {
    let (name, key) = (secret(0), secret(1));
    let twice = Keyring::rotating(&name, &key).previous(&key).build();
    assert!(message(twice).contains("the same id"));
    let twice = Keyring::rotating(&name, &name)
        .previous(&key)
        .previous(&key)
        .build();
    assert!(message(twice).contains("the same id"));
}

#[test]
fn a_ring_has_at_most_15_previous_keys() {
    let ring = |previous: u8| {
        (0..previous).fold(Keyring::rotating(&secret(100), &secret(101)), |ring, n| {
            ring.previous(&secret(n))
        })
    };
    assert!(ring(15).build().is_ok());
    assert!(message(ring(16).build()).contains("at most 15"));
}

#[test]
fn a_ring_is_read_from_text() -> Result<(), Error> {
    let [name, old, new] = [0, 1, 2].map(|first| Base64::encode_string(&bytes(first)[..32]));
    let single: Keyring = name.parse()?;
    let text = format!(" name={name}, previous={old} ,primary={new},previous={name}\n");
    let ring: Keyring = text.parse()?;
    assert!(digest(&ring) == digest(&single));
    assert_eq!(opens(&ring, &single), Ok(()));
    assert_eq!(primary(&ring), primary(&new.parse()?));
    let old: Keyring = format!("name={name},primary={old}").parse()?;
    assert_eq!(opens(&ring, &old), Ok(()));
    Ok(())
}

#[test]
fn text_that_is_no_ring_is_refused_and_not_repeated() {
    let secret = hex(&bytes(0));
    let other = hex(&bytes(1));
    let texts = [
        (format!("{secret},{other}"), "none of"),
        (format!("name={secret}"), "`primary=…` is missing"),
        (format!("primary={secret}"), "`name=…` is missing"),
        (format!("name={secret},name={other}"), "there twice"),
        (
            format!("name={secret},primary={other},primary={other}"),
            "there twice",
        ),
        (
            format!("name={secret},primary={other},{secret}={other}"),
            "none of",
        ),
        (format!("name={secret},primary={other},"), "none of"),
        (
            format!("name={secret},primary={other},previous={other}"),
            "the same id",
        ),
        (
            format!("name={secret},primary={}", &other[..40]),
            "fewer than 32",
        ),
        (format!("name={secret},primary={other}x"), "base64 or hex"),
        (format!("{secret}!"), "base64 or hex"),
    ];
    for (text, says) in texts {
        let Err(error) = text.parse::<Keyring>() else {
            panic!("taken: {text}");
        };
        assert!(error.to_string().contains(says), "{error}");
        for shown in [error.to_string(), format!("{error:?}")] {
            assert!(
                !shown.contains(&secret[..8]) && !shown.contains(&other[..8]),
                "{shown}"
            );
        }
    }
}

#[test]
fn a_variable_is_named_and_not_shown() {
    let unset = message(Keyring::from_env("MEMO_TEST_VARIABLE_THAT_IS_NOT_SET"));
    assert!(
        unset.starts_with("`MEMO_TEST_VARIABLE_THAT_IS_NOT_SET`: "),
        "{unset}"
    );
    let path = std::env::var("CARGO_MANIFEST_DIR").expect("tests run under cargo");
    let wrong = message(Keyring::from_env("CARGO_MANIFEST_DIR"));
    assert!(
        wrong.starts_with("`CARGO_MANIFEST_DIR`: ") && !wrong.contains(&path),
        "{wrong}"
    );
}

#[test]
fn replacing_the_keys_reaches_all_clones_and_derived_keys() {
    let (old, new) = (Keyring::single(&secret(0)), Keyring::single(&secret(1)));
    let shared = old.clone();
    let before = primary(&shared);
    old.replace(&new);
    assert_ne!(primary(&shared), before);
    assert_eq!(primary(&shared), primary(&new));
    old.replace(&old);
    assert_eq!(primary(&old), primary(&new));
}

#[test]
fn keys_are_derived_once() {
    let ring = Keyring::single(&secret(0));
    let first = ring.seals("shop", "pf");
    assert!(first.is(&ring.clone().seals("shop", "pf")));
    assert!(!first.is(&ring.seals("shop", "pg")));
    assert!(!first.is(&ring.seals("", "pf")));
}

#[test]
fn a_reload_that_fails_leaves_the_keys() -> Result<(), Error> {
    let fails = Arc::new(AtomicBool::new(false));
    let generation = std::sync::atomic::AtomicU8::new(0);
    let ring = Keyring::from_fn({
        let fails = Arc::clone(&fails);
        move || {
            if fails.load(Ordering::Relaxed) {
                return Err("the vault is closed".into());
            }
            Ok(Keyring::single(&secret(
                generation.fetch_add(1, Ordering::Relaxed),
            )))
        }
    })?;
    assert_eq!(primary(&ring), primary(&Keyring::single(&secret(0))));
    ring.clone().reload()?;
    assert_eq!(primary(&ring), primary(&Keyring::single(&secret(1))));
    fails.store(true, Ordering::Relaxed);
    let error = ring.reload().expect_err("the vault is closed");
    assert_eq!(
        error.source().map(ToString::to_string).as_deref(),
        Some("the vault is closed")
    );
    assert_eq!(primary(&ring), primary(&Keyring::single(&secret(1))));
    Ok(())
}

#[test]
fn a_ring_that_was_not_loaded_has_nothing_to_reload() {
    let ring = Keyring::single(&secret(0));
    assert_eq!(ring.reload(), Ok(()));
    assert_eq!(primary(&ring), primary(&Keyring::single(&secret(0))));
}

#[test]
fn nothing_shows_a_secret() -> Result<(), Error> {
    let (name, key) = (secret(0), secret(1));
    let builder = Keyring::rotating(&name, &key).previous(&name);
    let builder_shown = format!("{builder:?}");
    let ring = builder.build()?;
    let leak = String::from_utf8(bytes(0)).expect_err("bytes that are no text");
    let leaking = Keyring::from_fn(move || Err(leak.clone().into()));
    let shown = [
        format!("{name:?}"),
        builder_shown,
        format!("{ring:?}"),
        format!("{ring:#?}"),
        format!("{leaking:?}"),
        message(leaking),
    ];
    for shown in shown {
        for secret in [bytes(0), bytes(1)] {
            let as_list = format!("{:?}", &secret[..3]);
            assert!(!shown.contains(&hex(&secret[..3])), "{shown}");
            assert!(!shown.contains(as_list.trim_matches(['[', ']'])), "{shown}");
            assert!(
                !shown.contains(&Base64::encode_string(&secret[..3])),
                "{shown}"
            );
        }
    }
    Ok(())
}

#[test]
fn a_ring_shows_the_ids_that_its_entries_show() {
    let ring = Keyring::single(&secret(0));
    assert_eq!(
        format!("{ring:?}"),
        format!("Keyring([{}])", hex(&primary(&ring).0))
    );
}
