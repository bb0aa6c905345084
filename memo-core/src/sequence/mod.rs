//! Sequences: memoized iterators and streams, written and read block by block.
//!
//! A [`Passage`](passage::Passage) brings the items from their source to the consumer: from what is stored (`reader`), from another call's production
//! (`follower`, by its `spool`), or from the body, whose items a `writer` stores as they pass. `iter` and `stream` drive it.

#[cfg(feature = "stream")]
mod collect;
mod consumer;
mod digest;
mod follower;
mod iter;
mod ledger;
mod passage;
mod patience;
mod reader;
mod scene;
mod spool;
#[cfg(feature = "stream")]
mod stream;
mod tape;
mod torn;
mod watch;
mod whole;
mod writer;
mod yields;

#[cfg(feature = "stream")]
pub use self::collect::collect;
pub use self::iter::{CachedIter, iter};
pub(crate) use self::scene::{Items, Scene};
#[cfg(feature = "stream")]
#[expect(unreachable_pub, reason = "a public method of a cache names it")]
pub use self::stream::OnPoll;
#[cfg(feature = "stream")]
pub use self::stream::{CachedStream, stream};
pub use self::torn::{FromTorn, Torn};
pub(crate) use self::whole::{items, pack, read};
pub(crate) use self::yields::Asked;
pub use self::yields::{ItemRules, Yield, item_rules};
