//! Golden values were computed with another implementation (Python's `cryptography`) from docs/envelope.md.

use std::collections::HashSet;

use super::*;
use crate::key::{Key, Type};
use crate::reject::Reject;

const HEADER: &[u8] = b"the bytes before the sealed part";
const ID: WriteId = WriteId([
    0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7, 0xa8, 0xa9, 0xaa, 0xab, 0xac, 0xad, 0xae, 0xaf,
]);
const LATER: Place = Place::Chunk {
    index: 0x0102_0304,
    last: false,
};
const LAST: Place = Place::Chunk {
    index: 0x0102_0304,
    last: true,
};

/// 32 bytes that count up.
fn secret(first: u8) -> Vec<u8> {
    (first..first + 32).collect()
}

fn seals_of(name: u8, primary: u8, previous: &[u8]) -> Seals {
    let previous: Vec<_> = previous
        .iter()
        .map(|&first| DataKey::new(&secret(first)))
        .collect();
    Seals::derive(
        &NameKey::new(&secret(name)),
        &DataKey::new(&secret(primary)),
        &previous,
        "shop",
        "pshop::orders::load",
    )
}

fn seals() -> Seals {
    seals_of(0, 32, &[])
}

fn call() -> Key {
    let mut key = Key::new();
    key.part("acme");
    key.part(&42u64);
    key
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What a write puts into a store, as far as sealing goes.
struct Sealed {
    key: KeyId,
    commitment: [u8; 16],
    body: Vec<u8>,
    tag: [u8; TAG_BYTES],
}

fn seal(seals: &Seals, digest: &Digest, place: Place) -> Sealed {
    let seal = seals.write(digest, ID);
    let mut body = b"forty-two".to_vec();
    let tag = seal.seal(place, HEADER, &mut body);
    Sealed {
        key: seal.key_id(),
        commitment: seal.commitment(),
        body,
        tag,
    }
}

fn open(
    seals: &Seals,
    digest: &Digest,
    place: Place,
    header: &[u8],
    sealed: &Sealed,
) -> Result<Vec<u8>, Reject> {
    let mut out = b"before:".to_vec();
    let opened = seals
        .read(digest, ID, sealed.key, &sealed.commitment)?
        .open(place, header, &sealed.body, &sealed.tag, &mut out);
    if opened.is_err() {
        assert_eq!(out, b"before:");
    }
    opened.map(|()| out)
}

#[test]
fn the_digest_and_the_key_id_are_those_of_the_specification() {
    let seals = seals();
    let digest = seals.digest(7, &call());
    assert_eq!(
        hex(&digest.0),
        "eb81e83739a02003559b889085bcfaf11b0872596530dcd5a38fa1ceca3010aa"
    );
    let seal = seals.write(&digest, ID);
    assert_eq!(hex(&seal.key_id().0), "7374e347");
    assert_eq!(hex(&seal.commitment()), "1b4cbbe1117f626d73c26c37d9f21418");
}

#[test]
fn types_are_in_the_digest_as_they_are_in_names() {
    let mut key = call();
    key.instance(&(Type::<u32>::NEW, Type::<str>::NEW));
    assert_eq!(
        hex(&seals().digest(7, &key).0),
        "ed454edb5c6a28297dd14f470cd70832a60cec03e3fadedf2c12f70427b7746b"
    );
}

#[test]
fn each_place_is_sealed_as_the_specification_says() {
    let golden = [
        (
            Place::Inline,
            "b8597860f5343dafaf",
            "5f69bb5cfe6632998eb3f7538649a151",
        ),
        (
            Place::Manifest,
            "f0b8e887f982caee8c",
            "d2094d267c37a9a4d07bbed9eed35802",
        ),
        (
            LATER,
            "9bd7a745a0f6299c9f",
            "5cf47d0195a728300ed6f8e402de474f",
        ),
        (
            LAST,
            "b700777cbbfb61ed82",
            "dd93a69d0e4aada35c91fe2b97423a19",
        ),
    ];
    let seals = seals();
    let digest = seals.digest(7, &call());
    for (place, body, tag) in golden {
        let sealed = seal(&seals, &digest, place);
        assert_eq!(
            (hex(&sealed.body), hex(&sealed.tag)),
            (body.into(), tag.into())
        );
    }
}

#[test]
fn what_was_sealed_is_opened_to_the_end_of_what_is_there() {
    let seals = seals();
    let digest = seals.digest(0, &call());
    let sealed = seal(&seals, &digest, LAST);
    let opened = open(&seals, &digest, LAST, HEADER, &sealed);
    assert_eq!(opened.as_deref(), Ok(&b"before:forty-two"[..]));
}

#[test]
fn an_empty_body_is_sealed_as_well() {
    let seals = seals();
    let digest = seals.digest(0, &call());
    let seal = seals.write(&digest, ID);
    let mut tag = seal.seal(Place::Inline, HEADER, &mut []);
    let mut out = Vec::new();
    assert_eq!(
        seal.open(Place::Inline, HEADER, &[], &tag, &mut out),
        Ok(())
    );
    tag[0] ^= 1;
    assert_eq!(
        seal.open(Place::Inline, HEADER, &[], &tag, &mut out),
        Err(Reject::Tag)
    );
}

#[test]
fn a_flipped_bit_is_never_a_value() {
    let seals = seals();
    let digest = seals.digest(0, &call());
    let sealed = || seal(&seals, &digest, LAST);
    let open = |header: &[u8], sealed: &Sealed| open(&seals, &digest, LAST, header, sealed);
    for bit in 0..HEADER.len() * 8 {
        let mut header = HEADER.to_vec();
        header[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(open(&header, &sealed()), Err(Reject::Tag), "header {bit}");
    }
    for bit in 0..sealed().body.len() * 8 {
        let mut flipped = sealed();
        flipped.body[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(open(HEADER, &flipped), Err(Reject::Tag), "body {bit}");
    }
    for bit in 0..TAG_BYTES * 8 {
        let mut flipped = sealed();
        flipped.tag[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(open(HEADER, &flipped), Err(Reject::Tag), "tag {bit}");
    }
    for bit in 0..16 * 8 {
        let mut flipped = sealed();
        flipped.commitment[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(
            open(HEADER, &flipped),
            Err(Reject::Commit),
            "commitment {bit}"
        );
    }
}

#[test]
fn a_shortened_body_is_never_a_value() {
    let seals = seals();
    let digest = seals.digest(0, &call());
    let mut sealed = seal(&seals, &digest, LAST);
    while sealed.body.pop().is_some() {
        assert_eq!(
            open(&seals, &digest, LAST, HEADER, &sealed),
            Err(Reject::Tag)
        );
    }
}

#[test]
fn a_part_opens_in_its_own_place_only() {
    let other_index = Place::Chunk {
        index: 0,
        last: true,
    };
    let places = [Place::Inline, Place::Manifest, LATER, LAST, other_index];
    let seals = seals();
    let digest = seals.digest(0, &call());
    for place in places {
        let sealed = seal(&seals, &digest, place);
        for wanted in places {
            let opened = open(&seals, &digest, wanted, HEADER, &sealed);
            assert_eq!(opened.is_ok(), place == wanted, "{place:?} as {wanted:?}");
        }
    }
}

#[test]
fn every_nonce_of_a_write_differs() {
    let indices = (0..300).chain([1 << 8, 1 << 16, 1 << 24, u32::MAX]);
    let chunks = indices
        .collect::<HashSet<_>>()
        .into_iter()
        .flat_map(|index| [false, true].map(|last| Place::Chunk { index, last }));
    let places: Vec<_> = [Place::Inline, Place::Manifest]
        .into_iter()
        .chain(chunks)
        .collect();
    let nonces: HashSet<_> = places.iter().map(|place| place.nonce()).collect();
    assert_eq!(nonces.len(), places.len());
}

#[test]
fn two_writes_never_share_a_key() {
    let key = DataKey::new(&secret(32)).of("shop", "pf");
    let digests = [seals().digest(0, &call()), seals().digest(1, &call())];
    let mut deks = HashSet::new();
    for digest in &digests {
        for number in 0..1000u128 {
            deks.insert(*key.of(WriteId(number.to_le_bytes()), digest).dek());
        }
    }
    assert_eq!(deks.len(), 2000);
}

#[test]
fn write_ids_are_random() {
    let ids: Result<HashSet<_>, _> = (0..1000)
        .map(|_| WriteId::random().map(|id| id.0))
        .collect();
    assert_eq!(ids.map(|ids| ids.len()), Ok(1000));
}

#[test]
fn functions_and_namespaces_share_neither_digests_nor_keys() {
    let (name, data) = (NameKey::new(&secret(0)), DataKey::new(&secret(32)));
    let places = [
        ("shop", "pf"),
        ("shop", "pg"),
        ("shopp", "f"),
        ("", "shoppf"),
    ];
    let digest = Digest([7; 32]);
    let (mut digests, mut commitments) = (HashSet::new(), HashSet::new());
    for (namespace, function) in places {
        let seals = Seals::derive(&name, &data, &[], namespace, function);
        digests.insert(seals.digest(0, &call()).0);
        commitments.insert(seals.write(&digest, ID).commitment());
    }
    assert_eq!((digests.len(), commitments.len()), (4, 4));
}

#[test]
fn rotation_leaves_the_names_and_opens_what_the_previous_key_sealed() {
    let (before, after) = (seals_of(0, 32, &[]), seals_of(0, 64, &[96, 32]));
    let digest = before.digest(3, &call());
    assert!(digest == after.digest(3, &call()));
    let sealed = seal(&before, &digest, Place::Inline);
    assert!(open(&after, &digest, Place::Inline, HEADER, &sealed).is_ok());
    assert_ne!(after.write(&digest, ID).key_id(), sealed.key);
}

#[test]
fn an_id_that_is_not_in_the_ring_is_an_unknown_key() {
    let digest = seals().digest(0, &call());
    let sealed = seal(&seals_of(0, 64, &[]), &digest, Place::Inline);
    assert_eq!(
        open(&seals(), &digest, Place::Inline, HEADER, &sealed),
        Err(Reject::UnknownKey)
    );
}

#[test]
fn another_key_under_the_same_id_does_not_commit() {
    let digest = seals().digest(0, &call());
    let mut sealed = seal(&seals_of(0, 64, &[]), &digest, Place::Inline);
    sealed.key = seals().write(&digest, ID).key_id();
    assert_eq!(
        open(&seals(), &digest, Place::Inline, HEADER, &sealed),
        Err(Reject::Commit)
    );
}

#[test]
fn an_entry_of_another_call_does_not_commit() {
    let seals = seals();
    let sealed = seal(&seals, &seals.digest(0, &call()), Place::Inline);
    let other = seals.digest(1, &call());
    assert_eq!(
        open(&seals, &other, Place::Inline, HEADER, &sealed),
        Err(Reject::Commit)
    );
}
