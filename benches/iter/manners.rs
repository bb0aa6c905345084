//! How sequences are stored, and memo's part in both times.

use crate::records::Record;
use memo::{Cache, Policy};

/// One way of storing a sequence.
pub(crate) struct Manner {
    pub(crate) name: &'static str,
    policy: fn() -> Policy,
}

pub(crate) const MANNERS: [Manner; 4] = [
    Manner {
        name: "plain",
        policy: || Policy::named("plain").compress(false),
    },
    Manner {
        name: "lz4",
        policy: || Policy::named("lz4").compress(true),
    },
    Manner {
        name: "sealed",
        policy: || Policy::named("sealed").encrypt().compress(false),
    },
    Manner {
        name: "lz4_sealed",
        policy: || Policy::named("lz4_sealed").encrypt().compress(true),
    },
];

/// What tells calls apart: a number, and how many records there are.
pub(crate) type Call = (usize, usize);

impl Manner {
    /// The items of a call that was never made before: those of the body, stored as they pass.
    pub(crate) fn miss<'a>(
        &self,
        cache: &Cache,
        call: Call,
        records: &'a [Record],
    ) -> impl Iterator<Item = Record> + use<'a> {
        cache.iter(&call, &(self.policy)(), move || records.iter().cloned())
    }

    /// The items of a call that was made before.
    ///
    /// # Panics
    /// When it runs the body: what should have been a hit was none, and its time would mean nothing.
    pub(crate) fn hit(&self, cache: &Cache, call: Call) -> impl Iterator<Item = Record> + use<> {
        let body = || -> Vec<Record> { panic!("a hit runs no body") };
        cache.iter(&call, &(self.policy)(), body)
    }
}
