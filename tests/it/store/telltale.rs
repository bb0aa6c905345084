//! What a store did wrong, where a test fails.

use std::thread;

use memo::Event;
use memo_testkit::Recorder;

/// Says which faults there were, and what was not cached, when the test that has it fails.
#[derive(Clone, Debug)]
pub(crate) struct Telltale(Recorder);

impl Telltale {
    pub(crate) fn of(recorder: &Recorder) -> Self {
        Self(recorder.clone())
    }
}

impl Drop for Telltale {
    fn drop(&mut self) {
        if !thread::panicking() {
            return;
        }
        for event in self.0.events() {
            if matches!(event, Event::Faulty { .. } | Event::NotCached { .. }) {
                eprintln!("{event:?}");
            }
        }
    }
}
