//! The key schedule: HKDF-SHA256 (RFC 5869) from the secrets of a ring down to the key of one write.
//!
//! Each key is kept as an HMAC state that has absorbed it. Those states wipe themselves; no type here has `Clone` or `Debug`.

use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::{Digest, KeyId, WriteId};
use crate::key::{Key, plain_name};

/// PRK_n: what all names under a ring come from.
pub(crate) struct NameKey(Hkdf<Sha256>);

impl NameKey {
    pub(crate) fn new(secret: &[u8]) -> Self {
        Self(Hkdf::new(Some(b"memo/v1/name"), secret))
    }

    pub(super) fn of(&self, namespace: &str, function: &str) -> FunctionNames {
        let info: [&[u8]; 3] = [b"ns", &len(namespace), namespace.as_bytes()];
        let key: Zeroizing<[u8; 32]> = expand(&self.0, &info);
        let mut names =
            Hmac::new_from_slice(key.as_slice()).expect("HMAC takes keys of any length");
        absorb(&mut names, function.as_bytes());
        FunctionNames(names)
    }
}

/// PRK_k and its id: what all writes under one data key come from.
pub(crate) struct DataKey {
    id: KeyId,
    prk: Hkdf<Sha256>,
}

impl DataKey {
    pub(crate) fn new(secret: &[u8]) -> Self {
        let prk = Hkdf::new(Some(b"memo/v1/data"), secret);
        let id = KeyId(*expand(&prk, &[b"kid"]));
        Self { id, prk }
    }

    pub(crate) fn id(&self) -> KeyId {
        self.id
    }

    pub(super) fn of(&self, namespace: &str, function: &str) -> FunctionKey {
        let info: [&[u8]; 5] = [
            b"fn",
            &len(namespace),
            namespace.as_bytes(),
            &len(function),
            function.as_bytes(),
        ];
        let key: Zeroizing<[u8; 32]> = expand(&self.prk, &info);
        let prk = Hkdf::from_prk(key.as_slice()).expect("32 bytes are a key for SHA-256");
        FunctionKey { id: self.id, prk }
    }
}

/// K_name, with the function's id absorbed.
pub(super) struct FunctionNames(Hmac<Sha256>);

impl FunctionNames {
    pub(super) fn digest(&self, version: u32, key: &Key) -> Digest {
        let mut mac = self.0.clone();
        absorb(&mut mac, &version.to_le_bytes());
        let instance = key.instance_name().map(plain_name).unwrap_or_default();
        absorb(&mut mac, instance.as_bytes());
        absorb(&mut mac, key.bytes());
        Digest(mac.finalize().into_bytes().into())
    }
}

/// K_fn and the id of its data key.
pub(super) struct FunctionKey {
    id: KeyId,
    prk: Hkdf<Sha256>,
}

impl FunctionKey {
    pub(super) fn id(&self) -> KeyId {
        self.id
    }

    pub(super) fn of(&self, id: WriteId, digest: &Digest) -> WriteKey {
        WriteKey(expand(&self.prk, &[b"mw1\0", &id.0, &digest.0]))
    }
}

/// DEK and commitment.
pub(super) struct WriteKey(Zeroizing<[u8; 48]>);

impl WriteKey {
    pub(super) fn dek(&self) -> &[u8; 32] {
        self.0.first_chunk().expect("48 bytes begin with 32")
    }

    pub(super) fn commitment(&self) -> &[u8; 16] {
        self.0.last_chunk().expect("48 bytes end with 16")
    }
}

fn expand<const N: usize>(prk: &Hkdf<Sha256>, info: &[&[u8]]) -> Zeroizing<[u8; N]> {
    let mut okm = Zeroizing::new([0; N]);
    prk.expand_multi_info(info, okm.as_mut_slice())
        .expect("HKDF gives up to 8160 bytes");
    okm
}

/// `lp(bytes)`: no two lists of texts look the same.
fn absorb(mac: &mut Hmac<Sha256>, bytes: &[u8]) {
    mac.update(&(bytes.len() as u64).to_le_bytes());
    mac.update(bytes);
}

fn len(text: &str) -> [u8; 8] {
    (text.len() as u64).to_le_bytes()
}
