//! Sealing with the feature `encrypt`.

use std::sync::Arc;

use subtle::ConstantTimeEq;

use super::aead::Cipher;
use super::schedule::{FunctionKey, FunctionNames, WriteKey};
use super::{DataKey, Digest, KeyId, NameKey, Place, TAG_BYTES, WriteId};
use crate::key::Key;
use crate::reject::Reject;

/// The derived keys of one function in one namespace, under one state of a ring. Cloning shares them.
#[derive(Clone)]
pub(crate) struct Seals(Arc<Keys>);

struct Keys {
    names: FunctionNames,
    primary: FunctionKey,
    previous: Box<[FunctionKey]>,
}

impl Seals {
    pub(crate) fn derive(
        name: &NameKey,
        primary: &DataKey,
        previous: &[DataKey],
        namespace: &str,
        function: &str,
    ) -> Self {
        Self(Arc::new(Keys {
            names: name.of(namespace, function),
            primary: primary.of(namespace, function),
            previous: previous
                .iter()
                .map(|key| key.of(namespace, function))
                .collect(),
        }))
    }

    /// The digest of a call's key.
    pub(crate) fn digest(&self, version: u32, key: &Key) -> Digest {
        self.0.names.digest(version, key)
    }

    /// The seal of a new write, under the primary key.
    pub(crate) fn write(&self, digest: &Digest, id: WriteId) -> Seal {
        let key = &self.0.primary;
        Seal::new(key.id(), &key.of(id, digest), digest)
    }

    /// The seal of a write that is there: `UnknownKey` or `Commit` if it is not one of ours.
    pub(crate) fn read(
        &self,
        digest: &Digest,
        id: WriteId,
        key: KeyId,
        commitment: &[u8; 16],
    ) -> Result<Seal, Reject> {
        let function_key = self.find(key).ok_or(Reject::UnknownKey)?;
        let write_key = function_key.of(id, digest);
        if !bool::from(write_key.commitment().ct_eq(commitment)) {
            return Err(Reject::Commit);
        }
        Ok(Seal::new(key, &write_key, digest))
    }

    #[cfg(test)]
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    fn find(&self, id: KeyId) -> Option<&FunctionKey> {
        std::iter::once(&self.0.primary)
            .chain(&self.0.previous)
            .find(|key| key.id() == id)
    }
}

/// The key of one write.
pub(crate) struct Seal {
    key_id: KeyId,
    commitment: [u8; 16],
    digest: Digest,
    cipher: Cipher,
}

impl Seal {
    fn new(key_id: KeyId, key: &WriteKey, digest: &Digest) -> Self {
        Self {
            key_id,
            commitment: *key.commitment(),
            digest: *digest,
            cipher: Cipher::new(key.dek()),
        }
    }

    pub(crate) fn key_id(&self) -> KeyId {
        self.key_id
    }

    pub(crate) fn commitment(&self) -> [u8; 16] {
        self.commitment
    }

    /// Encrypts in place; answers the tag. `header` is the entry's bytes before the sealed part.
    pub(crate) fn seal(&self, place: Place, header: &[u8], body: &mut [u8]) -> [u8; TAG_BYTES] {
        self.cipher.seal(place, &self.aad(header), body)
    }

    /// Decrypts `sealed` to the end of `out`, which is as before where the tag is wrong.
    pub(crate) fn open(
        &self,
        place: Place,
        header: &[u8],
        sealed: &[u8],
        tag: &[u8; TAG_BYTES],
        out: &mut Vec<u8>,
    ) -> Result<(), Reject> {
        self.cipher.open(place, &self.aad(header), sealed, tag, out)
    }

    fn aad(&self, header: &[u8]) -> Vec<u8> {
        [header, &self.digest.0].concat()
    }
}
