//! When an operation is tried a second time.

use memo_core::backend::{Fault, FaultKind};

/// What doing an operation twice would do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Twice {
    /// The same as doing it once: reading, deleting.
    Same,
    /// Something else: counting, leasing, and setting, where the first try may arrive after others have changed what the second one set.
    Differs,
}

/// Whether an operation that failed so is tried again, on a new connection, in what is left of its time.
///
/// Only where the connection had been used before (a server that restarted leaves such connections behind), was cut
/// ([`FaultKind::Connect`]), and doing it twice is doing it once. A timeout is not: there is no time left. Nor is a refusal.
pub fn is_due(fault: &Fault, twice: Twice, connection_is_new: bool) -> bool {
    fault.kind() == FaultKind::Connect && twice == Twice::Same && !connection_is_new
}

#[cfg(test)]
mod tests {
    use super::*;

    const KINDS: [FaultKind; 9] = [
        FaultKind::Connect,
        FaultKind::Timeout,
        FaultKind::Auth,
        FaultKind::Protocol,
        FaultKind::Full,
        FaultKind::Busy,
        FaultKind::TooLarge,
        FaultKind::Unsupported,
        FaultKind::Other,
    ];

    #[test]
    fn only_what_may_be_done_twice_on_a_used_connection_that_was_cut_is_tried_again() {
        for kind in KINDS {
            let fault = Fault::new(kind, "as planned");
            assert_eq!(
                is_due(&fault, Twice::Same, false),
                kind == FaultKind::Connect
            );
            assert!(!is_due(&fault, Twice::Same, true));
            assert!(!is_due(&fault, Twice::Differs, false));
            assert!(!is_due(&fault, Twice::Differs, true));
        }
    }
}
