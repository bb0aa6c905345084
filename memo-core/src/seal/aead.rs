//! AES-256-GCM, and the nonces of a write's parts.

use aes_gcm::aead::inout::InOutBuf;
use aes_gcm::{AeadInOut, Aes256Gcm, KeyInit};
use zeroize::Zeroize;

use super::{Place, TAG_BYTES};
use crate::reject::Reject;

/// The key of one write, expanded. It wipes itself.
pub(super) struct Cipher(Aes256Gcm);

impl Cipher {
    pub(super) fn new(dek: &[u8; 32]) -> Self {
        Self(Aes256Gcm::new(dek.into()))
    }

    /// Encrypts in place; answers the tag.
    pub(super) fn seal(&self, place: Place, aad: &[u8], body: &mut [u8]) -> [u8; TAG_BYTES] {
        self.0
            .encrypt_inout_detached(&place.nonce().into(), aad, body.into())
            .expect("an entry is shorter than 64 GiB")
            .into()
    }

    /// Decrypts to the end of `out`, which is as before where the tag is wrong.
    pub(super) fn open(
        &self,
        place: Place,
        aad: &[u8],
        sealed: &[u8],
        tag: &[u8; TAG_BYTES],
        out: &mut Vec<u8>,
    ) -> Result<(), Reject> {
        let start = out.len();
        out.resize(start + sealed.len(), 0);
        let opened = match InOutBuf::new(sealed, &mut out[start..]) {
            Ok(body) => self
                .0
                .decrypt_inout_detached(&place.nonce().into(), aad, body, tag.into())
                .is_ok(),
            Err(_) => false,
        };
        if opened {
            return Ok(());
        }
        out[start..].zeroize();
        out.truncate(start);
        Err(Reject::Tag)
    }
}

impl Place {
    /// No two parts of a write have the same: that is all a nonce must be under a key of its own.
    pub(super) fn nonce(self) -> [u8; 12] {
        let (kind, index, last) = match self {
            Self::Inline => (1, 0, true),
            Self::Manifest => (2, 0, true),
            Self::Chunk { index, last } => (3, index, last),
        };
        let mut nonce = [0; 12];
        nonce[0] = kind;
        nonce[7..11].copy_from_slice(&index.to_be_bytes());
        nonce[11] = u8::from(last);
        nonce
    }
}
