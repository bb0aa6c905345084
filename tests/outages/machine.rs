//! Whether this machine has time for tests of time.

use std::sync::{Mutex, Once, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::calls;
use crate::rig::DEADLINE;

/// What is over in a few milliseconds where there is time.
const MOMENT: Duration = Duration::from_millis(5);

/// When the machine last stood still, and for how long.
static STALLS: Mutex<Vec<(Instant, Duration)>> = Mutex::new(Vec::new());

/// Returns for how long the machine stood still at the longest since then, if that was a good part of a deadline. What was measured meanwhile is its
/// doing.
pub(crate) fn lateness_since(begin: Instant) -> Option<Duration> {
    let stalls = STALLS.lock().unwrap_or_else(PoisonError::into_inner);
    let since = stalls.iter().filter(|(when, _)| *when >= begin);
    since.map(|(_, late)| *late).max()
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
                let took = begin.elapsed();
                if took > DEADLINE / 10 {
                    let mut stalls = STALLS.lock().unwrap_or_else(PoisonError::into_inner);
                    stalls.push((Instant::now(), took));
                }
            }
        });
    });
}
