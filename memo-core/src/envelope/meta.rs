//! What the body of an entry says of its value's age. docs/envelope.md, section 2.

use std::time::Duration;

use crate::varint;

/// How long after its end an entry is still served, in seconds: clocks differ.
const GRACE: u64 = 2;

/// The most, in seconds, by which what an entry has left is overstated: the time that it was made and the time now are rounded down, and its life is rounded up.
const ROUNDED: u64 = 2;

const HAS_SOFT_TTL: u8 = 1;
const HAS_COST: u8 = 1 << 1;
const IS_PREFIX: u8 = 1 << 2;

/// When an entry was made, when it ends, and whether it is all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Meta {
    /// Seconds since 2020-01-01T00:00:00Z.
    pub(crate) created: u32,
    /// Seconds after `created`; 0 is never.
    pub(crate) ttl: u64,
    /// Seconds after `created`.
    pub(crate) soft_ttl: Option<u64>,
    /// Milliseconds that the value took to compute.
    pub(crate) cost: Option<u64>,
    /// The sequence goes on: this is how it begins. Values are never prefixes.
    pub(crate) is_prefix: bool,
}

impl Meta {
    pub(super) fn to_bytes(self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(16);
        self.push(&mut bytes);
        bytes
    }

    /// Appends its bytes.
    pub(super) fn push(&self, out: &mut Vec<u8>) {
        let flag = |bit: u8, is_set: bool| if is_set { bit } else { 0 };
        out.extend_from_slice(&self.created.to_le_bytes());
        varint::push(out, self.ttl);
        out.push(
            flag(HAS_SOFT_TTL, self.soft_ttl.is_some())
                | flag(HAS_COST, self.cost.is_some())
                | flag(IS_PREFIX, self.is_prefix),
        );
        for field in [self.soft_ttl, self.cost].into_iter().flatten() {
            varint::push(out, field);
        }
    }

    /// Reads it off the front of a body: it and the payload.
    pub(super) fn split(body: &[u8]) -> Option<(Self, &[u8])> {
        let (created, rest) = body.split_first_chunk()?;
        let (ttl, rest) = varint::split(rest)?;
        let (&options, rest) = rest.split_first()?;
        if options & !(HAS_SOFT_TTL | HAS_COST | IS_PREFIX) != 0 {
            return None;
        }
        let (soft_ttl, rest) = split_option(options & HAS_SOFT_TTL != 0, rest)?;
        let (cost, rest) = split_option(options & HAS_COST != 0, rest)?;
        let meta = Self {
            created: u32::from_le_bytes(*created),
            ttl,
            soft_ttl,
            cost,
            is_prefix: options & IS_PREFIX != 0,
        };
        Some((meta, rest))
    }

    /// Returns the rest of the entry's life that is certain at `now`, in seconds since 2020-01-01T00:00:00Z; `None` is for ever.
    pub(crate) fn left(&self, now: u32) -> Option<Duration> {
        let end = u64::from(self.created).saturating_add(self.ttl);
        let left = Duration::from_secs(end.saturating_sub(u64::from(now) + ROUNDED));
        (self.ttl != 0).then_some(left)
    }

    /// Whether the entry is over at `now`, in seconds since 2020-01-01T00:00:00Z.
    pub(super) fn is_dead(&self, now: u32) -> bool {
        let end = u64::from(self.created).saturating_add(self.ttl);
        self.ttl != 0 && u64::from(now) > end.saturating_add(GRACE)
    }
}

fn split_option(present: bool, bytes: &[u8]) -> Option<(Option<u64>, &[u8])> {
    if !present {
        return Some((None, bytes));
    }
    let (value, rest) = varint::split(bytes)?;
    Some((Some(value), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    const META: Meta = Meta {
        created: 100,
        ttl: 60,
        soft_ttl: None,
        cost: None,
        is_prefix: false,
    };

    #[test]
    fn what_is_left_of_a_life_ends_with_it() {
        assert_eq!(META.left(101), Some(Duration::from_secs(57)));
        assert_eq!(META.left(160), Some(Duration::ZERO));
        assert_eq!(META.left(u32::MAX), Some(Duration::ZERO));
        let endless = Meta { ttl: 0, ..META };
        assert_eq!(endless.left(u32::MAX), None);
    }

    #[test]
    fn all_that_is_said_is_read_again() {
        for soft_ttl in [None, Some(0), Some(u64::MAX)] {
            for (cost, is_prefix) in [(None, true), (Some(300), true), (Some(300), false)] {
                let meta = Meta {
                    soft_ttl,
                    cost,
                    is_prefix,
                    ..META
                };
                let mut body = meta.to_bytes();
                body.extend_from_slice(b"rest");
                assert_eq!(Meta::split(&body), Some((meta, &b"rest"[..])));
            }
        }
    }

    #[test]
    fn every_truncation_is_refused() {
        let meta = Meta {
            soft_ttl: Some(30),
            cost: Some(300),
            ..META
        };
        let whole = meta.to_bytes();
        for len in 0..whole.len() {
            assert_eq!(Meta::split(&whole[..len]), None, "{len} bytes");
        }
    }

    #[test]
    fn unknown_options_are_refused() {
        for bit in 3..8 {
            let mut body = META.to_bytes();
            body[5] |= 1 << bit;
            body.extend_from_slice(&[1; 32]);
            assert_eq!(Meta::split(&body), None, "bit {bit}");
        }
    }

    #[test]
    fn clocks_may_differ_by_two_seconds() {
        assert!(!META.is_dead(159));
        assert!(!META.is_dead(162));
        assert!(META.is_dead(163));
    }

    #[test]
    fn a_ttl_of_zero_is_for_ever() {
        let meta = Meta { ttl: 0, ..META };
        assert!(!meta.is_dead(u32::MAX));
    }

    #[test]
    fn an_end_beyond_all_clocks_is_no_overflow() {
        let meta = Meta {
            created: u32::MAX,
            ttl: u64::MAX,
            ..META
        };
        assert!(!meta.is_dead(u32::MAX));
    }
}
