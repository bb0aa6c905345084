//! Under which names things are stored.

use std::fmt;
use std::sync::Arc;

/// The name of something in a store: printable ASCII without blanks. Cloning shares the text.
///
/// ```
/// use memo_core::backend::{Group, Name};
///
/// let name = Name::new("shop:user:42", Group(7));
/// assert_eq!(name.as_str(), "shop:user:42");
/// assert_eq!(format!("{name:?}"), "Name(..)");
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Name {
    text: Arc<str>,
    group: Group,
}

/// The memoized function that an entry belongs to, as a number that means something in this process alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Group(pub u32);

impl Name {
    /// A name, and the group that it belongs to.
    pub fn new(text: impl Into<Arc<str>>, group: Group) -> Self {
        Self {
            text: text.into(),
            group,
        }
    }

    /// The name, as the store should have it.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The group, for stores in this process.
    pub fn group(&self) -> Group {
        self.group
    }
}

/// Plain names show arguments, and arguments are nobody's business.
impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Name(..)")
    }
}
