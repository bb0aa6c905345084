//! Turning a value into the entries of one write.

use super::course::Protection;
use super::{Far, Problem, Remains, Spot};
use crate::codec::{Blocks, Full, Unencodable, Wire};
use crate::envelope::{self, Lock, Meta, Opened, Order, Packed, Packer};
use crate::event::Unstored;
use crate::expiration::Expiration;
use crate::seal::WriteId;

/// A value on its way to the backend.
pub(crate) struct Write {
    pub(crate) packed: Packed,
    pub(crate) write_id: WriteId,
    pub(crate) expiration: Expiration,
    /// How many chunks are in the backend already, before the packed ones.
    pub(crate) earlier: u32,
    /// What they take there, in bytes.
    pub(crate) earlier_weight: usize,
}

/// What memcached takes by default, less room for its bookkeeping and the name; other stores like such pieces as well, since they move and evict
/// whole values.
const PIECE: usize = (1 << 20) - 8192;

/// The first value of a type is read back, to see whether the codec carries the type, unless it is larger than this.
const LARGEST_PROOF: u64 = 1 << 20;

impl Far {
    /// Packs a value that is computed now.
    pub(crate) fn pack<V>(
        &self,
        spot: &Spot,
        value: &V,
        wire: Wire<V>,
        expiration: Expiration,
        now: u32,
    ) -> Result<Write, Unpacked> {
        let write_id = WriteId::random().map_err(|_| Unstored::NoRandom)?;
        let seal = match &spot.protection {
            Protection::Plain => None,
            Protection::Sealed { seals, digest } => Some(seals.write(digest, write_id)),
        };
        let order = Order {
            schema: spot.shape.tag,
            meta: meta(expiration, now),
            compress: spot.compresses(),
            max_entry: self.max_entry(spot),
            split: spot.manner.large_data,
            max_raw: spot.max_raw,
            write_id,
            lock: seal
                .as_ref()
                .map_or(Lock::Plain(spot.binding()), Lock::Sealed),
        };
        let mut packer = Packer::new(order);
        let size = packer.block_size();
        let mut blocks = Blocks::new(size, &mut packer);
        (wire.encode)(value, spot.manner.codec, spot.shape, &mut blocks).map_err(Unpacked::from)?;
        let length = blocks.finish().map_err(|_| Unstored::TooLarge)?;
        let packed = packer.finish().map_err(|_| Unstored::TooLarge)?;
        if !spot.shape.proof.is_given() && length <= LARGEST_PROOF {
            prove(spot, wire, value, &packed, now)?;
        }
        Ok(Write {
            packed,
            write_id,
            expiration,
            earlier: 0,
            earlier_weight: 0,
        })
    }

    /// The largest entry of a value: all that the backend takes, or a piece of it where the value may be split.
    pub(crate) fn max_entry(&self, spot: &Spot) -> usize {
        let most = self.capability.max_value_bytes;
        if spot.manner.large_data {
            most.min(PIECE)
        } else {
            most
        }
    }
}

impl Write {
    /// What would remain of it, were it replaced.
    pub(crate) fn remains(&self) -> Remains {
        let more = u32::try_from(self.packed.chunks.len()).unwrap_or(u32::MAX);
        let chunks = self.earlier.saturating_add(more);
        Remains::of_write(self.write_id, chunks, self.expiration)
    }

    /// What it takes in the backend, in bytes.
    pub(crate) fn weight(&self) -> usize {
        let chunks = self.packed.chunks.iter().map(bytes::Bytes::len);
        self.earlier_weight + self.packed.head.len() + chunks.sum::<usize>()
    }
}

/// Why a value is not packed.
pub(crate) enum Unpacked {
    Because(Unstored),
    /// Its author should know.
    Problem(Problem),
}

impl From<Unstored> for Unpacked {
    fn from(reason: Unstored) -> Self {
        Self::Because(reason)
    }
}

impl From<Unencodable> for Unpacked {
    fn from(why: Unencodable) -> Self {
        match why {
            Unencodable::Overflow => Self::Because(Unstored::TooLarge),
            Unencodable::Refused(words) => Self::Problem(Problem::Unportable(words)),
        }
    }
}

/// The metadata of a value that is computed now.
pub(crate) fn meta(expiration: Expiration, now: u32) -> Meta {
    let ttl = expiration.duration().map_or(0, |lifetime| {
        let part = u64::from(lifetime.subsec_nanos() > 0);
        let rounded_up = lifetime.as_secs().saturating_add(part);
        // 0 means never.
        rounded_up.max(1)
    });
    Meta {
        created: now,
        ttl,
        soft_ttl: None,
        cost: None,
        is_prefix: false,
    }
}

/// Reads a value back that was just packed: it must decode, and be what it was as far as its bytes tell.
fn prove<V>(
    spot: &Spot,
    wire: Wire<V>,
    value: &V,
    packed: &Packed,
    now: u32,
) -> Result<(), Unpacked> {
    let raw = read_back(spot, packed, now);
    if survives(spot, wire, value, raw.as_deref()) {
        Ok(())
    } else {
        Err(Unpacked::Problem(Problem::DoesNotSurvive))
    }
}

/// Whether a value is what its encoding says, as far as its bytes tell. Noted for the type.
fn survives<V>(spot: &Spot, wire: Wire<V>, value: &V, raw: Option<&[u8]>) -> bool {
    let codec = spot.manner.codec;
    let decodes = raw.is_some_and(|raw| (wire.decode)(codec, raw).is_ok());
    let survived = decodes && (wire.objection)(value, codec).is_none();
    spot.shape.proof.note(survived);
    survived
}

/// Encodes an item in place of what `scratch` held, and reads the first one of its type back.
pub(crate) fn encode_item<V>(
    spot: &Spot,
    wire: Wire<V>,
    value: &V,
    scratch: &mut Vec<u8>,
) -> Result<(), Unpacked> {
    scratch.clear();
    let most = usize::try_from(spot.max_raw).unwrap_or(usize::MAX);
    let mut full = Full;
    let mut blocks = Blocks::in_place(std::mem::take(scratch), most, &mut full);
    let encoded = (wire.encode)(value, spot.manner.codec, spot.shape, &mut blocks);
    *scratch = blocks.into_block();
    encoded.map_err(Unpacked::from)?;
    let proof = &spot.shape.proof;
    let is_due = !proof.is_given() && scratch.len() as u64 <= LARGEST_PROOF;
    if is_due && !survives(spot, wire, value, Some(scratch)) {
        return Err(Unpacked::Problem(Problem::DoesNotSurvive));
    }
    Ok(())
}

fn read_back(spot: &Spot, packed: &Packed, now: u32) -> Option<Vec<u8>> {
    match envelope::open(&packed.head, &spot.wanted(now)).ok()? {
        Opened::Inline { raw, .. } => Some(raw),
        Opened::Chunked(mut manifest) => {
            for chunk in &packed.chunks {
                manifest.take(chunk).ok()?;
            }
            manifest.finish().ok()
        }
    }
}
