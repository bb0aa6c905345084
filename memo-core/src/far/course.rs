//! Where the value of a call lives: as an object, as bytes, or nowhere.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;
use std::time::Duration;

use super::{Far, Problem};
use crate::backend::{Group, Name};
use crate::cache::Cache;
use crate::codec::{Codec, Wire};
use crate::envelope::{self, Binding, ITEMS_BLOCK, Keys, Wanted, WriteLock};
use crate::key::{DIGEST_BYTES, Key, plain_name};
use crate::keyring::Keyring;
use crate::near::KeyRef;
use crate::registry;
use crate::schema::{Shape, Watch};
use crate::seal::{Digest, Seals, WriteId};
use crate::site::{Site, State};

/// What the attribute says about values as bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Manner {
    pub(crate) large_data: bool,
    /// Whether the value is a sequence, written and read item by item.
    pub(crate) items: bool,
    pub(crate) encrypt: bool,
    pub(crate) compress: Option<bool>,
    pub(crate) codec: Codec,
    /// Who finds out that the type of the values has changed.
    pub(crate) watch: Watch,
    /// Whether there is a `version`, so that the author can say that it has.
    pub(crate) versioned: bool,
    /// For how long one process at a time computes, before it counts as dead.
    pub(crate) lock: Option<Duration>,
    /// For how long copies are kept in this process.
    pub(crate) near: Option<Duration>,
}

impl Manner {
    pub(crate) const DEFAULT: Self = Self {
        large_data: false,
        items: false,
        encrypt: false,
        compress: None,
        codec: Codec::Postcard,
        watch: Watch::Tag,
        versioned: false,
        lock: None,
        near: None,
    };

    /// That of a sequence: it may always be large.
    pub(crate) const fn of_items(self) -> Self {
        Self {
            large_data: true,
            items: true,
            near: None,
            ..self
        }
    }

    /// Whether values live as bytes whatever the cache is.
    #[inline]
    pub(crate) const fn is_bytes(self) -> bool {
        self.large_data || self.encrypt
    }
}

/// Where the value of a call lives.
pub(crate) enum Course<V> {
    /// In the near cache, as it is.
    Near,
    /// In the backend.
    Far(Box<Spot>, Wire<V>),
    /// Nowhere: calls share a computation, and that is all.
    Nowhere(Problem),
}

/// The entry of a call in the backend.
pub(crate) struct Spot {
    pub(crate) name: Name,
    state: &'static State,
    pub(crate) protection: Protection,
    pub(crate) manner: Manner,
    pub(crate) shape: &'static Shape,
    pub(crate) max_raw: u64,
}

/// What protects an entry from others.
pub(crate) enum Protection {
    Plain,
    Sealed { seals: Seals, digest: Digest },
}

/// What a chunk's name is longer than its entry's, in bytes: see docs/envelope.md, section 5.
const CHUNK_SUFFIX: usize = 40;
/// A backend must take names of this length: the digest of a long name, and what a chunk's name adds.
pub(crate) const LEAST_NAME: usize = DIGEST_BYTES + CHUNK_SUFFIX;
/// What tells types of one name apart in this process, in bytes.
const INSTANCE_SUFFIX: usize = 17;
/// Longer names are cut, whatever the backend takes.
const MAX_NAME: usize = 200;
/// The largest encoded values that are read or written. A plain entry is anybody's, and a megabyte of zeros can become a hundred times as
/// much in memory.
const MAX_SEALED: u64 = 1 << 30;
const MAX_PLAIN: u64 = 128 << 20;

impl<V> Course<V> {
    /// The course of a call.
    pub(crate) fn of(
        cache: &Cache,
        site: &'static Site,
        key: &Key,
        manner: Manner,
        keyring: Option<&Keyring>,
        wire: Option<Wire<V>>,
    ) -> Self {
        let (Some(wire), Some(far)) = (wire, cache.far()) else {
            return Self::Near;
        };
        let sealed = manner.encrypt || far.encrypt_all;
        if !(sealed || manner.large_data || far.takes_all) {
            return Self::Near;
        }
        let keyring = match (sealed, keyring.or(far.keyring.as_ref())) {
            (false, _) => None,
            (true, None) => return Self::Nowhere(Problem::NoKeyring),
            (true, keyring) => keyring,
        };
        let shape = (wire.shape)(manner.codec, manner.watch);
        if let (Some(words), None) = (&shape.ambiguity, wire.same) {
            return Self::Nowhere(Problem::Unportable(words.clone()));
        }
        match obstacle(far, site, key, manner, shape) {
            Some(problem) => Self::Nowhere(problem),
            None => {
                let spot = Spot::new(cache, far, site, key, manner, keyring, shape);
                Self::Far(Box::new(spot), wire)
            }
        }
    }
}

/// What keeps any value of the function out of the backend.
fn obstacle(
    far: &Far,
    site: &'static Site,
    key: &Key,
    manner: Manner,
    shape: &Shape,
) -> Option<Problem> {
    if !far.capability.in_process {
        // No other program reads what is in this process. Bytes that have names and kinds in them mean what they meant.
        let may_be_misread = !manner.codec.is_self_describing() && !manner.versioned;
        if let (Some(gap), true) = (&shape.gap, may_be_misread) {
            return Some(Problem::IncompleteSchema(gap.clone()));
        }
        if !site.state().has_own_names() {
            return Some(Problem::SharedPath);
        }
        if let Some(why) = key.instance_name().and_then(|types| nameless(types, key)) {
            return Some(Problem::Unportable(why.to_owned()));
        }
    }
    if shape.proof.is_refuted() {
        return Some(Problem::DoesNotSurvive);
    }
    shape.problem.clone().map(Problem::Unportable)
}

/// Why the types of a key cannot be known by their names outside the process.
fn nameless(types: &'static str, key: &Key) -> Option<&'static str> {
    if plain_name(types).contains("{{closure}}") {
        return Some(
            "a type of its key is a closure, and closures have no names of their own outside the process: say `local`, or give it a function",
        );
    }
    registry::is_type_name_shared(types, key.instance_id()).then_some(
        "another type has the name of a type of its key (both stand in blocks of one function, or come from two versions of a crate), so \
         outside the process they would be one: say `local`, or rename one of them",
    )
}

impl Spot {
    fn new(
        cache: &Cache,
        far: &Far,
        site: &'static Site,
        key: &Key,
        manner: Manner,
        keyring: Option<&Keyring>,
        shape: &'static Shape,
    ) -> Self {
        let suffix = match far.capability.in_process {
            true => INSTANCE_SUFFIX,
            false => 0,
        };
        let max_bytes = far
            .capability
            .max_name_bytes
            .saturating_sub(CHUNK_SUFFIX + suffix)
            .min(MAX_NAME);
        let (text, protection) = match keyring {
            None => (cache.plain_name(site, key, max_bytes), Protection::Plain),
            Some(keyring) => {
                let seals = keyring.seals(cache.namespace(), &site.state().id);
                let digest = seals.digest(site.options().version, key);
                let text = envelope::sealed_name(cache.namespace(), &digest, max_bytes);
                (text, Protection::Sealed { seals, digest })
            }
        };
        // Types of one name: closures, two versions of a crate. In this process they are told apart.
        let text = match key.instance_name() {
            Some(_) if far.capability.in_process => {
                let mut hasher = DefaultHasher::new();
                key.instance_id().hash(&mut hasher);
                format!("{text}~{:016x}", hasher.finish())
            }
            _ => text,
        };
        let most = match protection {
            Protection::Plain => MAX_PLAIN,
            Protection::Sealed { .. } => MAX_SEALED,
        };
        Self {
            name: Name::new(text, Group(site.state().scope)),
            state: site.state(),
            protection,
            manner,
            shape,
            max_raw: far.max_value_bytes.unwrap_or(most),
        }
    }

    /// Where calls of this entry meet: one key under two rings is two entries, and callers with two rings share no computation.
    pub(crate) fn address<'a>(&'a self, plain: KeyRef<'a>) -> KeyRef<'a> {
        let Protection::Sealed { digest, .. } = &self.protection else {
            return plain;
        };
        let (head, _) = digest.0.split_first_chunk().expect("32 bytes begin with 8");
        KeyRef {
            hash: plain.hash ^ u64::from_le_bytes(*head),
            bytes: &digest.0,
            ..plain
        }
    }

    /// The function.
    pub(crate) fn state(&self) -> &'static State {
        self.state
    }

    pub(crate) fn is_plain(&self) -> bool {
        matches!(self.protection, Protection::Plain)
    }

    /// The name of a chunk of this entry.
    pub(crate) fn chunk_name(&self, id: WriteId, index: u32) -> Name {
        let text = envelope::chunk_name(self.name.as_str(), id, index);
        Name::new(text, self.name.group())
    }

    /// The names of several chunks of this entry.
    pub(crate) fn chunk_names(&self, id: WriteId, indices: Range<u32>) -> Vec<Name> {
        let texts = envelope::chunk_names(self.name.as_str(), id, indices);
        Vec::from_iter(texts.map(|text| Name::new(text, self.name.group())))
    }

    /// What a plain entry of this call is bound to.
    pub(crate) fn binding(&self) -> Binding<'_> {
        Binding {
            name: self.name.as_str(),
            function: &self.state.id,
        }
    }

    /// Returns the function of this program that has written this plain entry, which is not of this one.
    pub(crate) fn writer(&self, entry: &[u8]) -> Option<&'static State> {
        if self.state.told.has_shared_key() {
            return None;
        }
        let states = registry::functions().into_iter().map(Site::state);
        let others = states.filter(|state| state.id != self.state.id);
        envelope::writer(
            entry,
            self.name.as_str(),
            others.map(|state| (&*state.id, state)),
        )
    }

    /// What protects a new write.
    pub(crate) fn write_lock(&self, id: WriteId) -> WriteLock {
        let seal = match &self.protection {
            Protection::Plain => None,
            Protection::Sealed { seals, digest } => Some(seals.write(digest, id)),
        };
        WriteLock::new(id, self.binding(), seal)
    }

    pub(crate) fn wanted(&self, now: u32) -> Wanted<'_> {
        Wanted {
            binding: self.binding(),
            schema: self.shape.tag,
            now,
            max_raw: self.max_inline(),
            keys: match &self.protection {
                Protection::Plain => Keys::Plain,
                Protection::Sealed { seals, digest } => Keys::Sealed { seals, digest },
            },
        }
    }

    /// The longest value, or sequence in one entry. Items are limited one by one, so that many of them may be in a block.
    fn max_inline(&self) -> u64 {
        match self.manner.items {
            true => self.max_raw.max(ITEMS_BLOCK as u64),
            false => self.max_raw,
        }
    }

    /// Whether a value may be compressed: on by default where it may be large.
    pub(crate) fn compresses(&self) -> bool {
        self.manner.compress.unwrap_or(self.manner.large_data)
    }
}
