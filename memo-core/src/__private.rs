//! What the attribute's expansions name. Not for anybody else: it changes without notice.

pub use crate::call::{call, call_async};
pub use crate::entry::{async_entry, async_items_entry, entry, items_entry};
pub use crate::fault::FromFault;
pub use crate::holder::named_instance;
pub use crate::keep::{Keep, Nothing, Returns};
pub use crate::key::{Around, Hole, Key, Type, type_of};
pub use crate::rules::{Rules, Ruling, bytes_rules, local_rules, rules};
pub use crate::sequence::{FromTorn, ItemRules, Yield, item_rules, iter};
#[cfg(feature = "stream")]
pub use crate::sequence::{collect, stream};
pub use crate::site::site;
