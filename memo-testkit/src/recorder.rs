//! A record of what happened.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use memo_core::{Event, Observer};

/// An observer that remembers every event, in order. Clones share the record.
///
/// ```
/// use std::sync::Arc;
/// use memo_core::{Cache, Event, Policy};
/// use memo_testkit::Recorder;
///
/// let recorder = Recorder::new();
/// let cache = Cache::builder().observer(Arc::new(recorder.clone())).build()?;
/// let policy = Policy::named("docs-recorder");
/// cache.get_or_compute(&1, &policy, || 1);
/// recorder.clear();
/// cache.get_or_compute(&1, &policy, || 1);
/// assert_eq!(recorder.events(), [Event::Hit { function: "docs-recorder" }]);
/// # Ok::<(), memo_core::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Recorder(Arc<Mutex<Vec<Event>>>);

impl Recorder {
    /// An empty record.
    pub fn new() -> Self {
        Self::default()
    }

    /// Everything so far.
    pub fn events(&self) -> Vec<Event> {
        self.lock().clone()
    }

    /// How many events so far are of a kind.
    pub fn count(&self, is_of_kind: impl Fn(&Event) -> bool) -> usize {
        self.lock().iter().filter(|event| is_of_kind(event)).count()
    }

    /// Forgets everything.
    pub fn clear(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Event>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Observer for Recorder {
    fn on(&self, event: &Event) {
        self.lock().push(event.clone());
    }
}
