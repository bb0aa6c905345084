//! Why the next call would be a hit or a miss.

use std::fmt;
use std::time::Duration;

use crate::backend::{Answer, FaultKind};
use crate::cache::Cache;
use crate::clock::Tick;
use crate::context::{self, Mode};
use crate::entry::Place;
use crate::envelope::Meta;
use crate::far::{Load, Problem, Spot, Stock};
use crate::key::Key;
use crate::near::KeyRef;
use crate::reject::Reject;
use crate::waits::Waits;

/// What would happen to a call, and why: as data, and by `Display` in words.
///
/// ```
/// # use memo_core::__private::{Key, Returns, entry, rules, site}; use memo_core::{Entry, Site, Verdict};
/// # fn load_user_entry(id: u64) -> Entry<String> {
/// #     static SITE: Site = site(|| "docs::explained", "explained");
/// #     let mut key = Key::new();
/// #     key.part(&id);
/// #     entry(&SITE, key, rules(Returns::<String>::NEW.__memo_keep()))
/// # }
/// let ada = load_user_entry(42);
/// assert_eq!(ada.explain().verdict, Verdict::Absent);
/// ada.put("Ada".to_owned());
/// assert!(ada.explain().verdict.is_hit());
/// assert!(ada.explain().to_string().starts_with("a hit: stored 0s ago, fresh for another 30d"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Explanation {
    /// The function.
    pub function: &'static str,
    /// The name of the entry in a store outside the process.
    pub key: String,
    /// What the next call would meet.
    pub verdict: Verdict,
}

/// What the next call would meet.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// A value to serve.
    Hit {
        /// How long ago it was stored.
        age: Duration,
        /// How long it stays fresh; `None` is for ever.
        fresh_for: Option<Duration>,
        /// What it weighs, in bytes.
        weight: usize,
    },
    /// A value past its expiration.
    Expired {
        /// How long ago it expired.
        since: Duration,
    },
    /// Another caller is computing the value, and the call would wait for it.
    Computing,
    /// The value was evicted, not long ago, to make room.
    Evicted,
    /// Nothing: never computed, invalidated, refused, or forgotten long ago.
    Absent,
    /// The call is inside a [`refresh`](crate::refresh).
    Refreshing,
    /// The call is inside a [`bypass`](crate::bypass).
    Bypassed,
    /// The cache is [`Cache::disabled`].
    Disabled,
    /// An argument's `Serialize` failed, so there is no key.
    NoKey,
    /// There is an entry, and it is not to be served.
    Refused(Reject),
    /// The backend failed.
    Fault(FaultKind),
    /// The function's values are not cached.
    NotCached(Problem),
}

impl Verdict {
    /// Whether the next call would be a hit.
    pub fn is_hit(&self) -> bool {
        matches!(self, Self::Hit { .. })
    }
}

/// Whether a call could read these bytes.
type Reads<'a> = &'a (dyn Fn(&[u8]) -> bool + Sync);

pub(crate) async fn explain(
    cache: &Cache,
    key: &Key,
    place: &Place,
    address: &KeyRef<'_>,
    can_read: Reads<'_>,
    waits: Waits,
) -> Verdict {
    if let Some(verdict) = circumstances(cache, key) {
        return verdict;
    }
    match place {
        Place::Near => near_verdict(cache, address, cache.time().exact()),
        Place::Far(spot) => far_verdict(cache, spot, address, can_read, waits).await,
        Place::Nowhere(problem) => Verdict::NotCached(problem.clone()),
    }
}

/// What keeps a call from even looking.
fn circumstances(cache: &Cache, key: &Key) -> Option<Verdict> {
    match context::mode() {
        Mode::Bypass => Some(Verdict::Bypassed),
        _ if !cache.is_enabled() => Some(Verdict::Disabled),
        _ if key.is_faulty() => Some(Verdict::NoKey),
        Mode::Refresh => Some(Verdict::Refreshing),
        Mode::Normal => None,
    }
}

fn near_verdict(cache: &Cache, address: &KeyRef<'_>, now: Tick) -> Verdict {
    let expired = match cache.near().inspect(address) {
        Some(entry) if entry.expires_at > now => {
            return Verdict::Hit {
                age: Duration::from_millis(now.saturating_sub(entry.stored_at)),
                fresh_for: (entry.expires_at != Tick::MAX)
                    .then(|| Duration::from_millis(entry.expires_at - now)),
                weight: entry.weight,
            };
        }
        Some(entry) => Some(Verdict::Expired {
            since: Duration::from_millis(now - entry.expires_at),
        }),
        None => None,
    };
    if cache.flights().is_running(address) {
        return Verdict::Computing;
    }
    match expired {
        Some(expired) => expired,
        None if cache.near().was_evicted(address) => Verdict::Evicted,
        None => Verdict::Absent,
    }
}

async fn far_verdict(
    cache: &Cache,
    spot: &Spot,
    address: &KeyRef<'_>,
    can_read: Reads<'_>,
    waits: Waits,
) -> Verdict {
    let address = &spot.address(*address);
    let copy = cache.far().and_then(|far| far.near_time(spot));
    let copy = copy.map(|_| near_verdict(cache, address, cache.time().exact()));
    if let Some(hit @ Verdict::Hit { .. }) = copy {
        return hit;
    }
    let found = if spot.manner.items {
        sequence(cache.stock_far(spot, address, waits).await, can_read)
    } else {
        value(cache.load_far(spot, address, waits).await.0, can_read)
    };
    match found {
        Ok((meta, weight)) => hit(meta, weight, cache.time().wall_seconds()),
        Err(_) if cache.flights().is_running(address) => Verdict::Computing,
        Err(verdict) => verdict,
    }
}

fn value(load: Load, can_read: Reads<'_>) -> Result<(Meta, usize), Verdict> {
    match load {
        Load::Found { raw, .. } if !can_read(&raw) => Err(Verdict::Refused(Reject::Decode)),
        Load::Found { meta, raw, .. } => Ok((meta, raw.len())),
        Load::Refused(refusal) => Err(Verdict::Refused(refusal.reject)),
        Load::Absent => Err(Verdict::Absent),
        Load::Faulty(fault) => Err(Verdict::Fault(fault.kind())),
    }
}

/// Chunks are fetched as they are read: what is wrong with one is not known before.
fn sequence(stock: Answer<Stock>, can_read: Reads<'_>) -> Result<(Meta, usize), Verdict> {
    match stock {
        Ok(Stock::Inline { raw, .. }) if !can_read(&raw) => Err(Verdict::Refused(Reject::Decode)),
        Ok(Stock::Inline { meta, raw, .. }) => Ok((meta, raw.len())),
        Ok(Stock::Chunked { manifest, .. }) => {
            let weight = usize::try_from(manifest.raw_len).unwrap_or(usize::MAX);
            Ok((manifest.meta, weight))
        }
        Ok(Stock::Refused(refusal)) => Err(Verdict::Refused(refusal.reject)),
        Ok(Stock::Absent) => Err(Verdict::Absent),
        Err(fault) => Err(Verdict::Fault(fault.kind())),
    }
}

fn hit(meta: Meta, weight: usize, now: u32) -> Verdict {
    let age = u64::from(now.saturating_sub(meta.created));
    Verdict::Hit {
        age: Duration::from_secs(age),
        fresh_for: (meta.ttl > 0).then(|| Duration::from_secs(meta.ttl.saturating_sub(age))),
        weight,
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} ({}, entry `{}`)",
            self.verdict, self.function, self.key
        )
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hit {
                age,
                fresh_for,
                weight,
            } => {
                write!(f, "a hit: stored {} ago, ", Coarsely(*age))?;
                match fresh_for {
                    Some(rest) => write!(f, "fresh for another {}", Coarsely(*rest))?,
                    None => f.write_str("fresh for ever")?,
                }
                write!(f, ", {weight} bytes")
            }
            Self::Expired { since } => {
                write!(f, "a miss: the value expired {} ago", Coarsely(*since))
            }
            Self::Computing => f.write_str("a wait: another caller is computing the value"),
            Self::Evicted => f.write_str(
                "a miss: the value was evicted to make room; a larger memory budget would keep it",
            ),
            Self::Absent => f.write_str(
                "a miss: nothing is stored (never computed, invalidated, or refused by the rules)",
            ),
            Self::Refreshing => {
                f.write_str("a miss: the call is inside `memo::refresh`, which computes anew")
            }
            Self::Refused(reject) => write!(f, "a miss: there is an entry, but {reject}"),
            Self::Fault(kind) => write!(f, "a miss: the backend failed ({kind:?})"),
            Self::NotCached(problem) => write!(f, "no cache: {problem}"),
            Self::Bypassed => f.write_str("no cache: the call is inside `memo::bypass`"),
            Self::Disabled => f.write_str("no cache: it is `Cache::disabled()`"),
            Self::NoKey => {
                f.write_str("no cache: an argument's `Serialize` failed, so the call has no key")
            }
        }
    }
}

/// A duration for people: its two largest units.
struct Coarsely(Duration);

impl fmt::Display for Coarsely {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs();
        let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
        match (days, hours, minutes) {
            (0, 0, 0) => write!(f, "{}s", seconds),
            (0, 0, _) => write!(f, "{minutes}m {}s", seconds % 60),
            (0, _, _) => write!(f, "{hours}h {minutes}m"),
            (_, 0, _) => write!(f, "{days}d"),
            _ => write!(f, "{days}d {hours}h"),
        }
    }
}
