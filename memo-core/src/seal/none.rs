//! Sealing without the feature `encrypt`: there are no keys, so nothing here can exist.

use std::convert::Infallible;

use super::{Digest, KeyId, Place, TAG_BYTES, WriteId};
use crate::key::Key;
use crate::reject::Reject;

/// Never there. A field hides that from those who name it: code that goes on with one is not "unreachable" to the compiler.
#[derive(Clone)]
pub(crate) struct Seals(Infallible);

impl Seals {
    pub(crate) fn digest(&self, _version: u32, _: &Key) -> Digest {
        match self.0 {}
    }

    pub(crate) fn write(&self, _: &Digest, _: WriteId) -> Seal {
        match self.0 {}
    }

    pub(crate) fn read(
        &self,
        _: &Digest,
        _: WriteId,
        _: KeyId,
        _commitment: &[u8; 16],
    ) -> Result<Seal, Reject> {
        match self.0 {}
    }
}

/// Never there.
pub(crate) struct Seal(Infallible);

impl Seal {
    pub(crate) fn key_id(&self) -> KeyId {
        match self.0 {}
    }

    pub(crate) fn commitment(&self) -> [u8; 16] {
        match self.0 {}
    }

    pub(crate) fn seal(&self, _: Place, _header: &[u8], _body: &mut [u8]) -> [u8; TAG_BYTES] {
        match self.0 {}
    }

    pub(crate) fn open(
        &self,
        _: Place,
        _header: &[u8],
        _sealed: &[u8],
        _tag: &[u8; TAG_BYTES],
        _out: &mut Vec<u8>,
    ) -> Result<(), Reject> {
        match self.0 {}
    }
}
