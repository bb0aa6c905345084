//! Whether this machine has time for tests of time.

use std::sync::{Mutex, Once, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::calls;
use crate::rig::DEADLINE;

/// What is over in a few milliseconds where there is time.
const MOMENT: Duration = Duration::from_millis(5);

static LAST_STALL: Mutex<Option<Instant>> = Mutex::new(None);

/// Whether the machine stood still since then for a good part of a deadline. What was measured meanwhile is its doing.
pub(crate) fn stalled_since(begin: Instant) -> bool {
    let last = *LAST_STALL.lock().unwrap_or_else(PoisonError::into_inner);
    last.is_some_and(|last| last >= begin)
}

/// Watches the machine from now on.
pub(crate) fn watch() {
    static WATCHED: Once = Once::new();
    WATCHED.call_once(|| {
        thread::spawn(|| {
            loop {
                let begin = Instant::now();
                thread::sleep(MOMENT);
                calls::noise(0, 0, 10_000);
                if begin.elapsed() > DEADLINE / 10 {
                    *LAST_STALL.lock().unwrap_or_else(PoisonError::into_inner) =
                        Some(Instant::now());
                }
            }
        });
    });
}
