//! What can go wrong in a backend.

use std::borrow::Cow;
use std::fmt;

/// An operation of a backend that failed. The call that met it goes on without the cache.
///
/// ```
/// use memo_core::backend::{Fault, FaultKind};
///
/// let fault = Fault::new(FaultKind::Timeout, "no answer within 250 ms");
/// assert_eq!(fault.kind(), FaultKind::Timeout);
/// assert_eq!(fault.to_string(), "timeout: no answer within 250 ms");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    kind: FaultKind,
    message: Cow<'static, str>,
}

/// The kinds of faults, by what can be done about them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FaultKind {
    /// The store cannot be reached.
    Connect,
    /// No answer in time.
    Timeout,
    /// The store refuses who we are.
    Auth,
    /// The answer makes no sense.
    Protocol,
    /// The store has no room.
    Full,
    /// More callers in this process than it has connections, and none became free in time. The store itself was not asked, and may be well.
    Busy,
    /// The value or the name is too large for the store.
    TooLarge,
    /// The store has no such operation.
    Unsupported,
    /// Anything else.
    Other,
}

impl Fault {
    /// A fault with what a person should know of it. Secrets, names and values do not belong there.
    pub fn new(kind: FaultKind, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            kind,
            message: message.into(),
        }
    }

    pub(crate) fn unsupported(operation: &'static str) -> Self {
        Self::new(FaultKind::Unsupported, operation)
    }

    /// What can be done about it.
    pub fn kind(&self) -> FaultKind {
        self.kind
    }

    /// Whether the store is as good as not there: a call that meets such a fault does not ask it again, or it might wait once more.
    ///
    /// ```
    /// use memo_core::backend::{Fault, FaultKind};
    ///
    /// assert!(Fault::new(FaultKind::Timeout, "no answer").is_outage());
    /// assert!(!Fault::new(FaultKind::Full, "no room").is_outage());
    /// assert!(!Fault::new(FaultKind::Busy, "no connection is free").is_outage());
    /// ```
    pub fn is_outage(&self) -> bool {
        match self.kind {
            FaultKind::Connect | FaultKind::Timeout | FaultKind::Auth | FaultKind::Protocol => true,
            FaultKind::Full
            | FaultKind::Busy
            | FaultKind::TooLarge
            | FaultKind::Unsupported
            | FaultKind::Other => false,
        }
    }
}

impl Fault {
    /// Whether the store has refused to do it. After any other fault it may have been done, or may be done later.
    pub(crate) fn is_refusal(&self) -> bool {
        match self.kind {
            FaultKind::Busy
            | FaultKind::Auth
            | FaultKind::Full
            | FaultKind::TooLarge
            | FaultKind::Unsupported => true,
            FaultKind::Connect | FaultKind::Timeout | FaultKind::Protocol | FaultKind::Other => {
                false
            }
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            FaultKind::Connect => "connect",
            FaultKind::Timeout => "timeout",
            FaultKind::Auth => "auth",
            FaultKind::Protocol => "protocol",
            FaultKind::Full => "full",
            FaultKind::Busy => "busy",
            FaultKind::TooLarge => "too large",
            FaultKind::Unsupported => "unsupported",
            FaultKind::Other => "other",
        };
        write!(f, "{kind}: {}", self.message)
    }
}

impl std::error::Error for Fault {}
