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

/// The first values of a type are read back, to see whether the codec carries the type, unless they are larger than this.
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
        let too_large = |_| self.too_large(spot);
        (wire.encode)(value, spot.manner.codec, spot.shape, &mut blocks)
            .map_err(|why| Unpacked::of(why, self.too_large(spot)))?;
        let length = blocks.finish().map_err(too_large)?;
        let packed = packer.finish().map_err(too_large)?;
        if is_due(spot, length) {
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

    /// Which limit a value is larger than.
    fn too_large(&self, spot: &Spot) -> Problem {
        let fits_an_entry = spot.max_raw < self.capability.max_value_bytes as u64;
        match spot.manner.large_data || fits_an_entry {
            true => Problem::OVER_LIMIT,
            false => Problem::OVER_ENTRY,
        }
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

impl From<Problem> for Unpacked {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl Unpacked {
    fn of(why: Unencodable, too_large: Problem) -> Self {
        match why {
            Unencodable::Overflow => Self::Problem(too_large),
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
    survives(spot, wire, value, raw.as_deref())
}

/// Whether a value is to be read back before it is stored: the first ones of a type, and each where the next one may be another's.
fn is_due(spot: &Spot, length: u64) -> bool {
    let shape = spot.shape;
    shape.ambiguity.is_some() || (!shape.proof.is_given() && length <= LARGEST_PROOF)
}

/// Finds out whether a value is what its encoding says. Noted for the type, unless that is known to be ambiguous: then it is this value's fault.
fn survives<V>(spot: &Spot, wire: Wire<V>, value: &V, raw: Option<&[u8]>) -> Result<(), Unpacked> {
    let (codec, shape) = (spot.manner.codec, spot.shape);
    let back = raw.and_then(|raw| (wire.decode)(codec, raw).ok());
    let survived = back.is_some_and(|back| !wire.differ(value, &back))
        && (wire.objection)(value, codec).is_none();
    match (&shape.ambiguity, survived) {
        (Some(words), false) => return Err(Problem::Unportable(words.clone()).into()),
        (Some(_), true) => {}
        (None, survived) => shape.proof.note(survived),
    }
    match survived {
        true => Ok(()),
        false => Err(Problem::DoesNotSurvive.into()),
    }
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
    encoded.map_err(|why| Unpacked::of(why, Problem::OVER_LIMIT))?;
    match is_due(spot, scratch.len() as u64) {
        true => survives(spot, wire, value, Some(scratch)),
        false => Ok(()),
    }
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
